/**
 * 3×3 convolutions of every channel by itself, in steps of one with a border of one pixel:
 * x[batch, height, width, channels] with filter [3, 3, channels], channels a multiple of 4.
 */

import { applyNormGradient } from "./norm";
import { addTo, FLOAT, multiplyAdd, VECTOR } from "./simd";

/** @returns Bytes of scratch for {@link convolveDepthwise} and {@link convolveDepthwiseGradient}. */
export function convolveDepthwiseScratch(height: i32, width: i32, channels: i32): i32 {
  return (height + 1) * width * channels * FLOAT;
}

/** y = x ∗ filter. */
export function convolveDepthwise(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  scratch: usize,
): void {
  const pixel = channels * FLOAT, picture = height * width * pixel;
  memory.fill(scratch, 0, width * pixel);
  for (let n = 0; n < batch; n++) {
    convolveOne(x + n * picture, filter, pixel, y + n * picture, height, width, pixel, scratch);
  }
}

/**
 * Gradients of {@link convolveDepthwise} for x, unless `dx` is 0, and for the filter, unless `dw` is 0.
 *
 * With `norm`, dy is the gradient of the batch norm of the product, and where `rectify` of its ReLU:
 * see {@link applyNormGradient}.
 */
export function convolveDepthwiseGradient(
  x: usize,
  filter: usize,
  dy: usize,
  product: usize,
  norm: usize,
  rectify: bool,
  dx: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  scratch: usize,
): void {
  const pixel = channels * FLOAT, picture = height * width * pixel;
  const zeros = scratch, buffer = zeros + width * pixel;
  memory.fill(zeros, 0, width * pixel);
  if (dw) memory.fill(dw, 0, 9 * pixel);
  for (let n = 0; n < batch; n++) {
    const offset = n * picture;
    let gradient = dy + offset;
    if (norm) {
      applyNormGradient(gradient, product + offset, norm, buffer, height * width, channels, rectify);
      gradient = buffer;
    }
    // The gradient of x is the convolution of that of y with the filter turned by 180°.
    if (dx) {
      convolveOne(gradient, filter + 8 * pixel, -pixel, dx + offset, height, width, pixel, zeros);
    }
    if (dw) addFilterGradient(x + offset, gradient, dw, height, width, pixel, zeros);
  }
}

/**
 * Convolves a picture.
 *
 * @param tap Bytes from each of the filter's nine taps to the next.
 * @param zeros A row of them, above and below the picture.
 */
function convolveOne(
  x: usize,
  filter: usize,
  tap: i32,
  y: usize,
  height: i32,
  width: i32,
  pixel: i32,
  zeros: usize,
): void {
  const stride = width * pixel;
  for (let c = 0; c < pixel; c += VECTOR) {
    const w = filter + c;
    const w0 = v128.load(w), w1 = v128.load(w + tap), w2 = v128.load(w + 2 * tap);
    const w3 = v128.load(w + 3 * tap), w4 = v128.load(w + 4 * tap), w5 = v128.load(w + 5 * tap);
    const w6 = v128.load(w + 6 * tap), w7 = v128.load(w + 7 * tap), w8 = v128.load(w + 8 * tap);
    for (let i = 0; i < height; i++) {
      let row1 = x + i * stride + c;
      let row0 = i > 0 ? row1 - stride : zeros + c;
      let row2 = i + 1 < height ? row1 + stride : zeros + c;
      let to = y + i * stride + c;
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

/** Adds what a picture contributes to the gradient of the filter. */
function addFilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  height: i32,
  width: i32,
  pixel: i32,
  zeros: usize,
): void {
  const stride = width * pixel;
  for (let c = 0; c < pixel; c += VECTOR) {
    let w0 = f32x4.splat(0), w1 = w0, w2 = w0, w3 = w0, w4 = w0, w5 = w0, w6 = w0, w7 = w0, w8 = w0;
    for (let i = 0; i < height; i++) {
      let row1 = x + i * stride + c;
      let row0 = i > 0 ? row1 - stride : zeros + c;
      let row2 = i + 1 < height ? row1 + stride : zeros + c;
      let from = dy + i * stride + c;
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
