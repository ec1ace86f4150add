/**
 * Convolutions of one small picture with 3×3 filters, stride 1 and one pixel of padding, by Winograd's
 * F(2×2, 3×3): tiles of two rows and columns, of 16 points. Larger tiles need fewer multiplications, but
 * transforming the filter for them takes longer than all of this.
 */

import { multiply, packedRowsBytes, packRows } from "./gemm";
import { poolWindow } from "./pool";
import { FLOAT, VECTOR } from "./simd";
import { FILTER, INPUT, OUTPUT, transformTile } from "./transforms";
import { planeBytes } from "./winograd";

const POINTS: i32 = 16;
/** Bytes of what a transform works on, and of a tile of outputs. */
const TILE_BUFFERS: i32 = (POINTS + 4) * VECTOR;

// @ts-ignore: decorator
@inline
function paddedBytes(down: i32, across: i32, channels: i32): i32 {
  return (2 * down + 2) * (2 * across + 2) * channels * FLOAT;
}

/** @returns Bytes of scratch for {@link convolveSmall}. */
export function convolveSmallScratch(height: i32, width: i32, inputs: i32, outputs: i32): i32 {
  const down = (height + 1) >> 1, across = (width + 1) >> 1, tiles = down * across;
  return TILE_BUFFERS + paddedBytes(down, across, inputs) +
    POINTS * (planeBytes(inputs, outputs) + planeBytes(tiles, inputs) + planeBytes(tiles, outputs)) +
    packedRowsBytes(tiles, inputs);
}

/** Filter [3, 3, in, out] → U[point], in panels of eight columns. */
function transformFilter(filter: usize, u: usize, inputs: i32, outputs: i32, buffer: usize): void {
  const tap = inputs * outputs * FLOAT, plane = planeBytes(inputs, outputs);
  for (let o = 0; o < outputs; o += 8) {
    for (let i = 0; i < inputs; i++) {
      for (let half = 0; half < 8; half += 4) {
        const from = filter + (i * outputs + o + half) * FLOAT;
        transformTile(FILTER, 2, 2, from, 3 * tap, tap, u, 4 * plane, plane, buffer);
        u += VECTOR;
      }
    }
  }
}

/** Picture x[height, width, in] → V[point][tile][in]. */
function transformInput(
  x: usize,
  v: usize,
  height: i32,
  width: i32,
  down: i32,
  across: i32,
  inputs: i32,
  padded: usize,
  buffer: usize,
): void {
  const pixel = inputs * FLOAT, plane = planeBytes(down * across, inputs);
  const stride = (2 * across + 2) * pixel, rows = min(height, 2 * down + 1);
  memory.fill(padded, 0, paddedBytes(down, across, inputs));
  for (let i = 0; i < rows; i++) {
    const to = padded + (i + 1) * stride + pixel;
    memory.copy(to, x + i * width * pixel, min(width, 2 * across + 1) * pixel);
  }
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      const from = padded + 2 * i * stride + 2 * j * pixel;
      for (let c = 0; c < pixel; c += VECTOR) {
        transformTile(INPUT, 2, 2, from + c, stride, pixel, v, 4 * plane, plane, buffer);
        v += VECTOR;
      }
    }
  }
}

/** M[point][tile][out] → y[height, width, out], or with `affine` its maxima; see {@link convolveSmall}. */
function transformOutput(
  m: usize,
  y: usize,
  affine: usize,
  height: i32,
  width: i32,
  down: i32,
  across: i32,
  outputs: i32,
  square: usize,
  buffer: usize,
): void {
  const pixel = outputs * FLOAT, plane = planeBytes(down * across, outputs);
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      const bottom = 2 * i + 1 < height, right = 2 * j + 1 < width;
      let to = y + (affine ? i * across + j : 2 * (i * width + j)) * pixel;
      for (let c = 0; c < pixel; c += VECTOR) {
        transformTile(OUTPUT, 2, 2, m, 4 * plane, plane, square, 2 * VECTOR, VECTOR, buffer);
        const y00 = v128.load(square), y01 = v128.load(square, VECTOR);
        const y10 = v128.load(square, 2 * VECTOR), y11 = v128.load(square, 3 * VECTOR);
        if (affine) {
          poolWindow(y00, y01, y10, y11, to, 0, affine + c, pixel);
        } else {
          v128.store(to, y00);
          if (right) v128.store(to + pixel, y01);
          if (bottom) v128.store(to + width * pixel, y10);
          if (bottom && right) v128.store(to + (width + 1) * pixel, y11);
        }
        m += VECTOR;
        to += VECTOR;
      }
    }
  }
}

/**
 * y = x ∗ filter for x[height, width, inputs] and filter [3, 3, inputs, outputs], both numbers of
 * channels multiples of 8. With `affine` (scale[outputs], shift[outputs]), y gets
 * max(0, scale · maximum + shift) of every 2×2 instead.
 */
export function convolveSmall(
  x: usize,
  filter: usize,
  y: usize,
  affine: usize,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
): void {
  const down = affine ? height >> 1 : (height + 1) >> 1;
  const across = affine ? width >> 1 : (width + 1) >> 1;
  const tiles = down * across, square = scratch + POINTS * VECTOR;
  const padded = scratch + TILE_BUFFERS, u = padded + paddedBytes(down, across, inputs);
  const v = u + POINTS * planeBytes(inputs, outputs), m = v + POINTS * planeBytes(tiles, inputs);
  const blocks = m + POINTS * planeBytes(tiles, outputs);
  transformFilter(filter, u, inputs, outputs, scratch);
  transformInput(x, v, height, width, down, across, inputs, padded, scratch);
  for (let point = 0; point < POINTS; point++) {
    packRows(v + point * planeBytes(tiles, inputs), blocks, tiles, inputs);
    const b = u + point * planeBytes(inputs, outputs), c = m + point * planeBytes(tiles, outputs);
    multiply(blocks, b, c, outputs * FLOAT, tiles, outputs, inputs, false);
  }
  transformOutput(m, y, affine, height, width, down, across, outputs, square, scratch);
}
