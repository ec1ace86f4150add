/**
 * 3×3 convolutions of every channel by itself, in steps of one with a border of one pixel:
 * x[batch, height, width, channels] with filter [3, 3, channels], channels a multiple of 4.
 */

import { FLOAT, multiplyAdd, VECTOR } from "./simd";

/** @returns Bytes of scratch for {@link convolveDepthwise} and {@link convolveDepthwiseGradient}. */
export function convolveDepthwiseScratch(width: i32, channels: i32): i32 {
  return width * channels * FLOAT;
}

/**
 * y = x ∗ filter, the filter turned by 180° where `turned`: the gradient of x, when x is that of y.
 *
 * @param zeros Scratch, for the rows above and below.
 */
export function convolveDepthwise(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  turned: bool,
  zeros: usize,
): void {
  const pixel = channels * FLOAT, stride = width * pixel;
  const tap = turned ? -pixel : pixel;
  const first = turned ? filter + 8 * pixel : filter;
  memory.fill(zeros, 0, stride);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < pixel; c += VECTOR) {
      const w = first + c;
      const w0 = v128.load(w), w1 = v128.load(w + tap), w2 = v128.load(w + 2 * tap);
      const w3 = v128.load(w + 3 * tap), w4 = v128.load(w + 4 * tap), w5 = v128.load(w + 5 * tap);
      const w6 = v128.load(w + 6 * tap), w7 = v128.load(w + 7 * tap), w8 = v128.load(w + 8 * tap);
      for (let i = 0; i < height; i++) {
        const row = n * height + i;
        let row1 = x + row * stride + c;
        let row0 = i > 0 ? row1 - stride : zeros + c;
        let row2 = i + 1 < height ? row1 + stride : zeros + c;
        let to = y + row * stride + c;
        let x0 = v128.load(row0), x1 = v128.load(row1), x2 = v128.load(row2);
        // Sums of the columns so far for the pixel at hand and the one on its right.
        let here = multiplyAdd(x2, w7, multiplyAdd(x1, w4, f32x4.mul(x0, w1)));
        let right = multiplyAdd(x2, w6, multiplyAdd(x1, w3, f32x4.mul(x0, w0)));
        for (let j = 1; j < width; j++) {
          row0 += pixel;
          row1 += pixel;
          row2 += pixel;
          x0 = v128.load(row0);
          x1 = v128.load(row1);
          x2 = v128.load(row2);
          v128.store(to, multiplyAdd(x2, w8, multiplyAdd(x1, w5, multiplyAdd(x0, w2, here))));
          to += pixel;
          here = multiplyAdd(x2, w7, multiplyAdd(x1, w4, multiplyAdd(x0, w1, right)));
          right = multiplyAdd(x2, w6, multiplyAdd(x1, w3, f32x4.mul(x0, w0)));
        }
        v128.store(to, here);
      }
    }
  }
}

/** The filter's gradient of {@link convolveDepthwise}. */
export function convolveDepthwiseGradient(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  zeros: usize,
): void {
  const pixel = channels * FLOAT, stride = width * pixel;
  memory.fill(zeros, 0, stride);
  memory.fill(dw, 0, 9 * pixel);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < pixel; c += VECTOR) {
      let w0 = f32x4.splat(0), w1 = w0, w2 = w0, w3 = w0, w4 = w0, w5 = w0, w6 = w0, w7 = w0, w8 = w0;
      for (let i = 0; i < height; i++) {
        const row = n * height + i;
        let row1 = x + row * stride + c;
        let row0 = i > 0 ? row1 - stride : zeros + c;
        let row2 = i + 1 < height ? row1 + stride : zeros + c;
        let from = dy + row * stride + c;
        let left = f32x4.splat(0), here = v128.load(from);
        for (let j = 1; j <= width; j++) {
          from += pixel;
          const right = j < width ? v128.load(from) : f32x4.splat(0);
          const x0 = v128.load(row0), x1 = v128.load(row1), x2 = v128.load(row2);
          w0 = multiplyAdd(x0, right, w0);
          w1 = multiplyAdd(x0, here, w1);
          w2 = multiplyAdd(x0, left, w2);
          w3 = multiplyAdd(x1, right, w3);
          w4 = multiplyAdd(x1, here, w4);
          w5 = multiplyAdd(x1, left, w5);
          w6 = multiplyAdd(x2, right, w6);
          w7 = multiplyAdd(x2, here, w7);
          w8 = multiplyAdd(x2, left, w8);
          left = here;
          here = right;
          row0 += pixel;
          row1 += pixel;
          row2 += pixel;
        }
      }
      const to = dw + c;
      addTo(to, w0);
      addTo(to + pixel, w1);
      addTo(to + 2 * pixel, w2);
      addTo(to + 3 * pixel, w3);
      addTo(to + 4 * pixel, w4);
      addTo(to + 5 * pixel, w5);
      addTo(to + 6 * pixel, w6);
      addTo(to + 7 * pixel, w7);
      addTo(to + 8 * pixel, w8);
    }
  }
}

// @ts-ignore: decorator
@inline
function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value));
}
