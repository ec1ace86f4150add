/** 2×2 max-pooling, and what stands around it in a block: batch norm and ReLU. */

import { FLOAT, lane, multiplyAdd, VECTOR } from "./simd";

/**
 * Writes the maxima of four vectors and which of the four they were, the first one where several
 * are equal; or, without a mask, their batch norm and ReLU.
 *
 * @param mask Gets a byte from 0 to 3 for each maximum, unless it is 0.
 * @param affine Without a mask: scale, and `pixel` bytes on, shift.
 */
// @ts-ignore: decorator
@inline
export function poolWindow(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  y: usize,
  mask: usize,
  affine: usize,
  pixel: i32,
): void {
  const upper = f32x4.pmax(x0, x1), lower = f32x4.pmax(x2, x3);
  const best = f32x4.pmax(upper, lower);
  if (mask) {
    // A comparison gives −1 where it holds.
    const inUpper = i32x4.sub(i32x4.splat(0), f32x4.gt(x1, x0));
    const inLower = i32x4.sub(i32x4.splat(2), f32x4.gt(x3, x2));
    v128.store(y, best);
    storeMask(mask, v128.bitselect(inLower, inUpper, f32x4.gt(lower, upper)));
  } else {
    const normed = multiplyAdd(v128.load(affine), best, v128.load(affine + pixel));
    v128.store(y, f32x4.pmax(normed, f32x4.splat(0)));
  }
}

/** Stores four 32-bit integers as bytes. */
// @ts-ignore: decorator
@inline
function storeMask(mask: usize, index: v128): void {
  const narrow = i16x8.narrow_i32x4_s(index, index);
  v128.store32_lane(mask, i8x16.narrow_i16x8_u(narrow, narrow), 0);
}

/** Loads four bytes as 32-bit integers. */
// @ts-ignore: decorator
@inline
export function loadMask(mask: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask)));
}

/** @returns The gradient where pooling chose the pixel with this index, else 0. */
// @ts-ignore: decorator
@inline
function pick(gradient: v128, chosen: v128, index: i32): v128 {
  return v128.and(gradient, i32x4.eq(chosen, i32x4.splat(index)));
}

/** Stores the gradient at the one of four pixels that pooling chose, and 0 at the others. */
// @ts-ignore: decorator
@inline
export function storePicked(gradient: v128, chosen: v128, to: usize, right: i32, below: i32): void {
  v128.store(to, pick(gradient, chosen, 0));
  v128.store(to + right, pick(gradient, chosen, 1));
  v128.store(to + below, pick(gradient, chosen, 2));
  v128.store(to + below + right, pick(gradient, chosen, 3));
}

/**
 * Gradient of z = ReLU(scale · p + shift), where scale and shift depend on p through the batch's
 * mean and variance: dp = scale · dz + slope · p + level, with dz = dy where z > 0.
 *
 * @param norm scale, shift, slope and level, `pixel` bytes from each other.
 */
// @ts-ignore: decorator
@inline
export function gradientOfNorm(dy: usize, p: usize, norm: usize, pixel: i32): v128 {
  const value = v128.load(p), factor = v128.load(norm);
  const open = f32x4.gt(multiplyAdd(factor, value, v128.load(norm + pixel)), f32x4.splat(0));
  const dz = v128.and(v128.load(dy), open);
  const rest = multiplyAdd(v128.load(norm + 2 * pixel), value, v128.load(norm + 3 * pixel));
  return multiplyAdd(factor, dz, rest);
}

/**
 * Gradient of the 2×2 maxima of x[batch, height, width, channels]: dy goes to the first of the
 * largest; NaN is never the largest, and nobody gets anything where all four are.
 */
export function maxPoolGradient(
  dy: usize,
  x: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
): void {
  const pixel = channels * FLOAT, stride = width * pixel;
  if ((height | width) & 1) memory.fill(dx, 0, batch * height * stride);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < height >> 1; i++) {
      let at = (n * height + 2 * i) * stride;
      for (let j = 0; j < width >> 1; j++) {
        for (let c = at; c < at + pixel; c += VECTOR) {
          let best = f32x4.splat(-Infinity);
          let index = i32x4.splat(-1);
          for (let k = 0; k < 4; k++) {
            const value = v128.load(x + c + (k >> 1) * stride + (k & 1) * pixel);
            const larger = f32x4.gt(value, best);
            best = v128.bitselect(value, best, larger);
            index = v128.bitselect(i32x4.splat(k), index, larger);
          }
          storePicked(v128.load(dy), index, dx + c, pixel, stride);
          dy += VECTOR;
        }
        at += 2 * pixel;
      }
    }
  }
}

// ---- The first layer: pictures with one channel ----

/** Copies a picture of one channel into one with a border of zeros. */
// @ts-ignore: decorator
@inline
function padPicture(x: usize, padded: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++) {
    memory.copy(padded + ((i + 1) * (width + 2) + 1) * FLOAT, x + i * width * FLOAT, width * FLOAT);
  }
}

/** Bytes of scratch for {@link convolvePicture} and {@link convolvePictureGradient}. */
export function convolvePictureScratch(height: i32, width: i32): i32 {
  return (height + 2) * (width + 2) * FLOAT;
}

/**
 * 3×3 convolution of pictures x[batch, height, width] with filter [3, 3, channels], padded by one
 * pixel, then 2×2 maxima; `mask` and `affine` as in `convolve`. Channels are a multiple of 4.
 */
export function convolvePicture(
  x: usize,
  filter: usize,
  y: usize,
  mask: usize,
  affine: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  padded: usize,
): void {
  const pixel = channels * FLOAT, stride = (width + 2) * FLOAT;
  memory.fill(padded, 0, convolvePictureScratch(height, width));
  for (let n = 0; n < batch; n++) {
    padPicture(x + n * height * width * FLOAT, padded, height, width);
    for (let c = 0; c < channels; c += 4) {
      const w = filter + c * FLOAT;
      const w0 = v128.load(w), w1 = v128.load(w + pixel), w2 = v128.load(w + 2 * pixel);
      const w3 = v128.load(w + 3 * pixel), w4 = v128.load(w + 4 * pixel);
      const w5 = v128.load(w + 5 * pixel), w6 = v128.load(w + 6 * pixel);
      const w7 = v128.load(w + 7 * pixel), w8 = v128.load(w + 8 * pixel);
      let to = n * (height >> 1) * (width >> 1) * channels + c;
      for (let i = 0; i < height >> 1; i++) {
        let row0 = padded + 2 * i * stride;
        let row1 = row0 + stride, row2 = row1 + stride, row3 = row2 + stride;
        for (let j = 0; j < width >> 1; j++) {
          let x = v128.load(row0);
          let v = lane(x, 0);
          let y0 = f32x4.mul(v, w0);
          v = lane(x, 1);
          y0 = multiplyAdd(v, w1, y0);
          let y1 = f32x4.mul(v, w0);
          v = lane(x, 2);
          y0 = multiplyAdd(v, w2, y0);
          y1 = multiplyAdd(v, w1, y1);
          v = lane(x, 3);
          y1 = multiplyAdd(v, w2, y1);

          x = v128.load(row1);
          v = lane(x, 0);
          y0 = multiplyAdd(v, w3, y0);
          let y2 = f32x4.mul(v, w0);
          v = lane(x, 1);
          y0 = multiplyAdd(v, w4, y0);
          y1 = multiplyAdd(v, w3, y1);
          y2 = multiplyAdd(v, w1, y2);
          let y3 = f32x4.mul(v, w0);
          v = lane(x, 2);
          y0 = multiplyAdd(v, w5, y0);
          y1 = multiplyAdd(v, w4, y1);
          y2 = multiplyAdd(v, w2, y2);
          y3 = multiplyAdd(v, w1, y3);
          v = lane(x, 3);
          y1 = multiplyAdd(v, w5, y1);
          y3 = multiplyAdd(v, w2, y3);

          x = v128.load(row2);
          v = lane(x, 0);
          y0 = multiplyAdd(v, w6, y0);
          y2 = multiplyAdd(v, w3, y2);
          v = lane(x, 1);
          y0 = multiplyAdd(v, w7, y0);
          y1 = multiplyAdd(v, w6, y1);
          y2 = multiplyAdd(v, w4, y2);
          y3 = multiplyAdd(v, w3, y3);
          v = lane(x, 2);
          y0 = multiplyAdd(v, w8, y0);
          y1 = multiplyAdd(v, w7, y1);
          y2 = multiplyAdd(v, w5, y2);
          y3 = multiplyAdd(v, w4, y3);
          v = lane(x, 3);
          y1 = multiplyAdd(v, w8, y1);
          y3 = multiplyAdd(v, w5, y3);

          x = v128.load(row3);
          v = lane(x, 0);
          y2 = multiplyAdd(v, w6, y2);
          v = lane(x, 1);
          y2 = multiplyAdd(v, w7, y2);
          y3 = multiplyAdd(v, w6, y3);
          v = lane(x, 2);
          y2 = multiplyAdd(v, w8, y2);
          y3 = multiplyAdd(v, w7, y3);
          v = lane(x, 3);
          y3 = multiplyAdd(v, w8, y3);

          poolWindow(y0, y1, y2, y3, y + to * FLOAT, mask ? mask + to : 0, affine + c * FLOAT, pixel);
          to += channels;
          row0 += 2 * FLOAT;
          row1 += 2 * FLOAT;
          row2 += 2 * FLOAT;
          row3 += 2 * FLOAT;
        }
      }
    }
  }
}

/** Gradient of {@link convolvePicture} for the filter; dy, pooled, mask and norm as in `convolveGradient`. */
export function convolvePictureGradient(
  x: usize,
  dy: usize,
  pooled: usize,
  mask: usize,
  norm: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  padded: usize,
): void {
  const pixel = channels * FLOAT, stride = (width + 2) * FLOAT;
  memory.fill(padded, 0, convolvePictureScratch(height, width));
  memory.fill(dw, 0, 9 * pixel);
  for (let n = 0; n < batch; n++) {
    padPicture(x + n * height * width * FLOAT, padded, height, width);
    for (let c = 0; c < channels; c += 4) {
      const w = dw + c * FLOAT;
      let w0 = v128.load(w), w1 = v128.load(w + pixel), w2 = v128.load(w + 2 * pixel);
      let w3 = v128.load(w + 3 * pixel), w4 = v128.load(w + 4 * pixel);
      let w5 = v128.load(w + 5 * pixel), w6 = v128.load(w + 6 * pixel);
      let w7 = v128.load(w + 7 * pixel), w8 = v128.load(w + 8 * pixel);
      let from = n * (height >> 1) * (width >> 1) * channels + c;
      for (let i = 0; i < height >> 1; i++) {
        let row0 = padded + 2 * i * stride;
        let row1 = row0 + stride, row2 = row1 + stride, row3 = row2 + stride;
        for (let j = 0; j < width >> 1; j++) {
          const g = gradientOfNorm(dy + from * FLOAT, pooled + from * FLOAT, norm + c * FLOAT, pixel);
          const chosen = loadMask(mask + from);
          const y0 = pick(g, chosen, 0), y1 = pick(g, chosen, 1);
          const y2 = pick(g, chosen, 2), y3 = pick(g, chosen, 3);

          let x = v128.load(row0);
          let v = lane(x, 0);
          w0 = multiplyAdd(v, y0, w0);
          v = lane(x, 1);
          w1 = multiplyAdd(v, y0, w1);
          w0 = multiplyAdd(v, y1, w0);
          v = lane(x, 2);
          w2 = multiplyAdd(v, y0, w2);
          w1 = multiplyAdd(v, y1, w1);
          v = lane(x, 3);
          w2 = multiplyAdd(v, y1, w2);

          x = v128.load(row1);
          v = lane(x, 0);
          w3 = multiplyAdd(v, y0, w3);
          w0 = multiplyAdd(v, y2, w0);
          v = lane(x, 1);
          w4 = multiplyAdd(v, y0, w4);
          w3 = multiplyAdd(v, y1, w3);
          w1 = multiplyAdd(v, y2, w1);
          w0 = multiplyAdd(v, y3, w0);
          v = lane(x, 2);
          w5 = multiplyAdd(v, y0, w5);
          w4 = multiplyAdd(v, y1, w4);
          w2 = multiplyAdd(v, y2, w2);
          w1 = multiplyAdd(v, y3, w1);
          v = lane(x, 3);
          w5 = multiplyAdd(v, y1, w5);
          w2 = multiplyAdd(v, y3, w2);

          x = v128.load(row2);
          v = lane(x, 0);
          w6 = multiplyAdd(v, y0, w6);
          w3 = multiplyAdd(v, y2, w3);
          v = lane(x, 1);
          w7 = multiplyAdd(v, y0, w7);
          w6 = multiplyAdd(v, y1, w6);
          w4 = multiplyAdd(v, y2, w4);
          w3 = multiplyAdd(v, y3, w3);
          v = lane(x, 2);
          w8 = multiplyAdd(v, y0, w8);
          w7 = multiplyAdd(v, y1, w7);
          w5 = multiplyAdd(v, y2, w5);
          w4 = multiplyAdd(v, y3, w4);
          v = lane(x, 3);
          w8 = multiplyAdd(v, y1, w8);
          w5 = multiplyAdd(v, y3, w5);

          x = v128.load(row3);
          v = lane(x, 0);
          w6 = multiplyAdd(v, y2, w6);
          v = lane(x, 1);
          w7 = multiplyAdd(v, y2, w7);
          w6 = multiplyAdd(v, y3, w6);
          v = lane(x, 2);
          w8 = multiplyAdd(v, y2, w8);
          w7 = multiplyAdd(v, y3, w7);
          v = lane(x, 3);
          w8 = multiplyAdd(v, y3, w8);

          from += channels;
          row0 += 2 * FLOAT;
          row1 += 2 * FLOAT;
          row2 += 2 * FLOAT;
          row3 += 2 * FLOAT;
        }
      }
      v128.store(w, w0);
      v128.store(w + pixel, w1);
      v128.store(w + 2 * pixel, w2);
      v128.store(w + 3 * pixel, w3);
      v128.store(w + 4 * pixel, w4);
      v128.store(w + 5 * pixel, w5);
      v128.store(w + 6 * pixel, w6);
      v128.store(w + 7 * pixel, w7);
      v128.store(w + 8 * pixel, w8);
    }
  }
}
