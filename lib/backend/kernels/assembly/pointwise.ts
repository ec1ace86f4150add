/**
 * 1×1 convolutions of x[batch, height, width, inputs] with filter [inputs, outputs], both numbers of
 * channels multiples of 8: products of all pixels with one matrix, and the 2×2 maxima of what they give.
 */

import {
  multiply,
  multiplyMatrices,
  multiplyMatricesScratch,
  pack,
  packedRowsBytes,
  packRows,
  packTransposed,
} from "./gemm";
import { gradientOfNorm, loadMask, poolWindow, storePicked } from "./pool";
import { FLOAT, VECTOR } from "./simd";

/** Pixels multiplied at a time, unless a single picture has more: they stay in the second cache. */
const PIXELS: i32 = 192;

/** Pictures at a time. */
// @ts-ignore: decorator
@inline
function chunkOf(rows: i32, columns: i32): i32 {
  return max(1, PIXELS / (rows * columns));
}

/** @returns Bytes of scratch for {@link convolvePointwise} and {@link convolvePointwiseGradient}. */
export function convolvePointwiseScratch(
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  pools: bool,
): i32 {
  const rows = pools ? height & ~1 : height, columns = pools ? width & ~1 : width;
  const pixels = chunkOf(rows, columns) * rows * columns;
  return (inputs * outputs + pixels * (inputs + outputs)) * FLOAT +
    max(
      multiplyMatricesScratch(inputs, outputs, pixels),
      packedRowsBytes(pixels, max(inputs, outputs)),
    );
}

/** y = x ∗ filter; `mask` and `affine` as in `convolve`. */
export function convolvePointwise(
  x: usize,
  filter: usize,
  y: usize,
  mask: usize,
  affine: usize,
  batch: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
): void {
  const pools = mask || affine;
  const rows = pools ? height & ~1 : height, columns = pools ? width & ~1 : width;
  const chunk = chunkOf(rows, columns), most = chunk * rows * columns;
  const panels = scratch, gathered = panels + inputs * outputs * FLOAT;
  const products = gathered + most * inputs * FLOAT;
  const packed = products + most * outputs * FLOAT;
  const size = pools ? (rows >> 1) * (columns >> 1) * outputs : height * width * outputs;
  pack(filter, panels, inputs, outputs);
  for (let n = 0; n < batch; n += chunk) {
    const count = min(chunk, batch - n), pixels = count * rows * columns;
    const offset = n * height * width * inputs * FLOAT;
    const from = gather(x + offset, gathered, count, height, width, rows, columns, inputs * FLOAT);
    const to = y + n * size * FLOAT;
    packRows(from, packed, pixels, inputs);
    const result = pools ? products : to;
    multiply(packed, panels, result, outputs * FLOAT, pixels, outputs, inputs, false);
    if (pools) pool(products, to, mask ? mask + n * size : 0, affine, count, rows, columns, outputs);
  }
}

/**
 * Gradients of {@link convolvePointwise} for x, unless `dx` is 0, and for the filter, unless `dw` is
 * 0; dy, pooled, mask and norm as in `convolveGradient`.
 */
export function convolvePointwiseGradient(
  x: usize,
  filter: usize,
  dy: usize,
  pooled: usize,
  mask: usize,
  norm: usize,
  dx: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
): void {
  const rows = mask ? height & ~1 : height, columns = mask ? width & ~1 : width;
  const isWhole = rows == height && columns == width;
  const chunk = chunkOf(rows, columns), most = chunk * rows * columns;
  const panels = scratch, gathered = panels + inputs * outputs * FLOAT;
  const expanded = gathered + most * inputs * FLOAT;
  const packed = expanded + most * outputs * FLOAT;
  const size = mask ? (rows >> 1) * (columns >> 1) * outputs : height * width * outputs;
  if (dx) packTransposed(filter, panels, outputs, inputs);
  for (let n = 0; n < batch; n += chunk) {
    const count = min(chunk, batch - n), pixels = count * rows * columns;
    const offset = n * height * width * inputs * FLOAT;
    let gradient = dy + n * size * FLOAT;
    if (mask) {
      expand(
        gradient,
        pooled + n * size * FLOAT,
        mask + n * size,
        norm,
        expanded,
        count,
        rows,
        columns,
        outputs,
      );
      gradient = expanded;
    }
    if (dw) {
      const from = gather(x + offset, gathered, count, height, width, rows, columns, inputs * FLOAT);
      multiplyMatrices(from, gradient, dw, inputs, outputs, pixels, true, false, n > 0, packed);
    }
    if (dx) {
      const to = isWhole ? dx + offset : gathered;
      packRows(gradient, packed, pixels, outputs);
      multiply(packed, panels, to, inputs * FLOAT, pixels, inputs, outputs, false);
      if (!isWhole) {
        scatter(gathered, dx + offset, count, height, width, rows, columns, inputs * FLOAT);
      }
    }
  }
}

/** @returns Address of the first `rows` and `columns` of pictures, copied where these are not all. */
function gather(
  x: usize,
  gathered: usize,
  count: i32,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  pixel: i32,
): usize {
  if (rows == height && columns == width) return x;
  let to = gathered;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < rows; i++) {
      memory.copy(to, x + (n * height + i) * width * pixel, columns * pixel);
      to += columns * pixel;
    }
  }
  return gathered;
}

/** The adjoint of {@link gather}. */
function scatter(
  gathered: usize,
  dx: usize,
  count: i32,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  pixel: i32,
): void {
  memory.fill(dx, 0, count * height * width * pixel);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < rows; i++) {
      memory.copy(dx + (n * height + i) * width * pixel, gathered, columns * pixel);
      gathered += columns * pixel;
    }
  }
}

/** The 2×2 maxima of x[count, rows, columns, channels]; see {@link poolWindow}. */
function pool(
  x: usize,
  y: usize,
  mask: usize,
  affine: usize,
  count: i32,
  rows: i32,
  columns: i32,
  channels: i32,
): void {
  const pixel = channels * FLOAT, stride = columns * pixel;
  for (let i = 0; i < count * rows; i += 2) {
    let from = x + i * stride;
    for (let j = 0; j < columns; j += 2) {
      for (let c = 0; c < pixel; c += VECTOR) {
        poolWindow(
          v128.load(from),
          v128.load(from + pixel),
          v128.load(from + stride),
          v128.load(from + stride + pixel),
          y,
          mask,
          affine + c,
          pixel,
        );
        from += VECTOR;
        y += VECTOR;
        if (mask) mask += 4;
      }
      from += pixel;
    }
  }
}

/** The adjoint of {@link pool}, behind that of batch norm and ReLU: see {@link gradientOfNorm}. */
function expand(
  dy: usize,
  pooled: usize,
  mask: usize,
  norm: usize,
  dx: usize,
  count: i32,
  rows: i32,
  columns: i32,
  channels: i32,
): void {
  const pixel = channels * FLOAT, stride = columns * pixel;
  for (let i = 0; i < count * rows; i += 2) {
    let to = dx + i * stride;
    for (let j = 0; j < columns; j += 2) {
      for (let c = 0; c < pixel; c += VECTOR) {
        const gradient = gradientOfNorm(dy, pooled, norm + c, pixel);
        storePicked(gradient, loadMask(mask), to, pixel, stride);
        to += VECTOR;
        dy += VECTOR;
        pooled += VECTOR;
        mask += 4;
      }
      to += pixel;
    }
  }
}
