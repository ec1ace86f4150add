/** Convolutions of any size and stride, as a product with the matrix of all windows. */

import { multiplyMatrices, multiplyMatricesScratch } from "./gemm";
import { FLOAT } from "./simd";

/** Windows gathered at a time. */
const WINDOWS: i32 = 96;

/** @returns Bytes of scratch for {@link multiplyWindows}. */
export function multiplyWindowsScratch(depth: i32, outputs: i32): i32 {
  return WINDOWS * depth * FLOAT +
    max(
      multiplyMatricesScratch(WINDOWS, outputs, depth),
      multiplyMatricesScratch(depth, outputs, WINDOWS),
    );
}

/**
 * C = W · B, or where `transpose` C = Wᵀ · B, with the windows of x[batch, height, width, channels]
 * as the rows of W: y from the filter, or the filter's gradient dw[filterHeight, filterWidth,
 * channels, outputs] from dy; `outputs` is a multiple of 8.
 */
export function multiplyWindows(
  x: usize,
  b: usize,
  c: usize,
  transpose: bool,
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
  const pixel = channels * FLOAT;
  const depth = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth;
  const buffer = scratch + WINDOWS * depth * FLOAT;
  for (let begin = 0; begin < count; begin += WINDOWS) {
    const end = min(count, begin + WINDOWS);
    let to = scratch;
    for (let window = begin; window < end; window++) {
      const n = window / outWidth / outHeight;
      const firstRow = window / outWidth % outHeight * strideHeight - top;
      const firstColumn = window % outWidth * strideWidth - left;
      for (let i = 0; i < filterHeight; i++) {
        const row = firstRow + i * dilationHeight;
        for (let j = 0; j < filterWidth; j++) {
          const column = firstColumn + j * dilationWidth;
          if (row < 0 || row >= height || column < 0 || column >= width) {
            memory.fill(to, 0, pixel);
          } else {
            const from = x + ((n * height + row) * width + column) * pixel;
            for (let k = 0; k < pixel; k += FLOAT) store<f32>(to + k, load<f32>(from + k));
          }
          to += pixel;
        }
      }
    }
    const rows = end - begin, offset = begin * outputs * FLOAT;
    if (transpose) {
      multiplyMatrices(scratch, b + offset, c, depth, outputs, rows, true, false, begin > 0, buffer);
    } else {
      multiplyMatrices(scratch, b, c + offset, rows, outputs, depth, false, false, false, buffer);
    }
  }
}
