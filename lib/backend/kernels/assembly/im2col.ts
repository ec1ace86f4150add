/** Convolutions of any size and stride, as a product with the matrix of all windows. */

import { multiplyMatrices, multiplyMatricesScratch } from "./gemm";
import { FLOAT } from "./simd";

/** Windows gathered at a time. */
const WINDOWS: i32 = 96;

/** Copies windows `begin` to `end` of x[·, height, width, channels], one a row. */
function gatherWindows(
  x: usize,
  windows: usize,
  begin: i32,
  end: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
): void {
  const pixel = channels * FLOAT;
  for (let window = begin; window < end; window++) {
    const n = window / outWidth / outHeight;
    const firstRow = window / outWidth % outHeight * strideHeight - top;
    const firstColumn = window % outWidth * strideWidth - left;
    for (let i = 0; i < filterHeight; i++) {
      const row = firstRow + i * dilationHeight;
      for (let j = 0; j < filterWidth; j++) {
        const column = firstColumn + j * dilationWidth;
        if (row < 0 || row >= height || column < 0 || column >= width) {
          memory.fill(windows, 0, pixel);
        } else {
          const from = x + ((n * height + row) * width + column) * pixel;
          for (let c = 0; c < pixel; c += FLOAT) store<f32>(windows + c, load<f32>(from + c));
        }
        windows += pixel;
      }
    }
  }
}

/** @returns Bytes of scratch for {@link convolveWindows} and {@link convolveWindowsGradient}. */
export function convolveWindowsScratch(depth: i32, outputs: i32): i32 {
  return WINDOWS * depth * FLOAT +
    max(
      multiplyMatricesScratch(WINDOWS, outputs, depth),
      multiplyMatricesScratch(depth, outputs, WINDOWS),
    );
}

/** y = x ∗ filter; `outputs` is a multiple of 8. */
export function convolveWindows(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  outputs: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const depth = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth;
  const buffer = scratch + WINDOWS * depth * FLOAT;
  for (let begin = 0; begin < count; begin += WINDOWS) {
    const end = min(count, begin + WINDOWS);
    gatherWindows(
      x,
      scratch,
      begin,
      end,
      height,
      width,
      channels,
      outHeight,
      outWidth,
      filterHeight,
      filterWidth,
      strideHeight,
      strideWidth,
      dilationHeight,
      dilationWidth,
      top,
      left,
    );
    const to = y + begin * outputs * FLOAT;
    multiplyMatrices(
      scratch,
      filter,
      to,
      end - begin,
      outputs,
      depth,
      false,
      false,
      false,
      buffer,
    );
  }
}

/** The filter's gradient dw[filterHeight, filterWidth, channels, outputs] of {@link convolveWindows}. */
export function convolveWindowsGradient(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  outputs: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const depth = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth;
  const buffer = scratch + WINDOWS * depth * FLOAT;
  for (let begin = 0; begin < count; begin += WINDOWS) {
    const end = min(count, begin + WINDOWS);
    gatherWindows(
      x,
      scratch,
      begin,
      end,
      height,
      width,
      channels,
      outHeight,
      outWidth,
      filterHeight,
      filterWidth,
      strideHeight,
      strideWidth,
      dilationHeight,
      dilationWidth,
      top,
      left,
    );
    multiplyMatrices(
      scratch,
      dy + begin * outputs * FLOAT,
      dw,
      depth,
      outputs,
      end - begin,
      true,
      false,
      begin > 0,
      buffer,
    );
  }
}
