/** Convolutions of any size and stride, as products with the matrix of all windows. */

import {
  multiply,
  multiplyMatrices,
  multiplyMatricesScratch,
  packRows,
  packTransposed,
} from "./gemm";
import { addTo, FLOAT, VECTOR } from "./simd";

/** Windows at a time. */
const WINDOWS: i32 = 96;

/** @returns Bytes of scratch for {@link multiplyWindows} and {@link addWindows}. */
export function multiplyWindowsScratch(depth: i32, outputs: i32): i32 {
  return WINDOWS * depth * FLOAT +
    max(
      multiplyMatricesScratch(WINDOWS, outputs, depth),
      max(
        multiplyMatricesScratch(depth, outputs, WINDOWS),
        multiplyMatricesScratch(WINDOWS, depth, outputs),
      ),
    );
}

/**
 * Copies windows of x[batch, height, width, channels] to rows, one after the other; or, where `adds`, adds
 * the rows to where the windows are, channels in fours.
 */
// @ts-ignore: decorator
@inline
function moveWindows(
  adds: bool,
  x: usize,
  rows: usize,
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
        const isInside = row >= 0 && row < height && column >= 0 && column < width;
        const at = x + ((n * height + row) * width + column) * pixel;
        if (adds) {
          if (isInside) for (let k = 0; k < pixel; k += VECTOR) addTo(at + k, v128.load(rows + k));
        } else if (isInside) {
          let k = 0;
          for (; k + VECTOR <= pixel; k += VECTOR) v128.store(rows + k, v128.load(at + k));
          for (; k < pixel; k += FLOAT) store<f32>(rows + k, load<f32>(at + k));
        } else memory.fill(rows, 0, pixel);
        rows += pixel;
      }
    }
  }
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
  const depth = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth;
  const buffer = scratch + WINDOWS * depth * FLOAT;
  for (let begin = 0; begin < count; begin += WINDOWS) {
    const end = min(count, begin + WINDOWS), rows = end - begin, offset = begin * outputs * FLOAT;
    moveWindows(
      false,
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
    if (transpose) {
      multiplyMatrices(scratch, b + offset, c, depth, outputs, rows, true, false, begin > 0, buffer);
    } else {
      multiplyMatrices(scratch, b, c + offset, rows, outputs, depth, false, false, false, buffer);
    }
  }
}

/**
 * The adjoint of {@link multiplyWindows} in x: dx[batch, height, width, channels] from
 * dy[batch, outHeight, outWidth, outputs]; `channels` is a multiple of 8.
 */
export function addWindows(
  dy: usize,
  filter: usize,
  dx: usize,
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
  const panels = scratch + WINDOWS * depth * FLOAT;
  const packed = panels + depth * outputs * FLOAT;
  memory.fill(dx, 0, batch * height * width * channels * FLOAT);
  packTransposed(filter, panels, outputs, depth);
  for (let begin = 0; begin < count; begin += WINDOWS) {
    const end = min(count, begin + WINDOWS);
    packRows(dy + begin * outputs * FLOAT, packed, end - begin, outputs);
    multiply(packed, panels, scratch, depth * FLOAT, end - begin, depth, outputs, false);
    moveWindows(
      true,
      dx,
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
  }
}
