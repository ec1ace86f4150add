/** Kernels that treat every element alike. */

import { FLOAT, multiplyAdd, VECTOR } from "./simd";

/** Copies rows of `width` floats, which begin every so many floats. */
export function copyRows(
  x: usize,
  y: usize,
  rows: i32,
  width: i32,
  fromStride: i32,
  toStride: i32,
): void {
  for (let row = 0; row < rows; row++) {
    let i = 0;
    for (; i + 4 <= width; i += 4) v128.store(y + i * FLOAT, v128.load(x + i * FLOAT));
    for (; i < width; i++) store<f32>(y + i * FLOAT, load<f32>(x + i * FLOAT));
    x += fromStride * FLOAT;
    y += toStride * FLOAT;
  }
}

/** dx = dy where x > 0, NaN where x is NaN, else 0. */
export function rectifierGradient(dy: usize, x: usize, dx: usize, size: i32): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const at = i * FLOAT;
    const value = v128.load(x + at);
    const open = f32x4.gt(value, f32x4.splat(0));
    // All bits set, which is what differs from itself gives, are NaN.
    v128.store(dx + at, v128.or(v128.and(v128.load(dy + at), open), f32x4.ne(value, value)));
  }
  for (; i < size; i++) {
    const at = i * FLOAT;
    const value = load<f32>(x + at);
    store<f32>(dx + at, value > 0 ? load<f32>(dy + at) : value <= 0 ? 0 : NaN);
  }
}

/** y = x, at least `low` and at most `high`; NaN stays. */
export function clip(x: usize, y: usize, size: i32, low: f32, high: f32): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const at = i * FLOAT;
    const value = f32x4.max(v128.load(x + at), f32x4.splat(low));
    v128.store(y + at, f32x4.min(value, f32x4.splat(high)));
  }
  for (; i < size; i++) {
    const at = i * FLOAT;
    store<f32>(y + at, min<f32>(max<f32>(load<f32>(x + at), low), high));
  }
}

/** y[r, c] = y[r, c] + bias[c] unless `bias` is 0, and where `rectify` the larger of that and 0. */
export function addBias(y: usize, bias: usize, rows: i32, channels: i32, rectify: bool): void {
  const floor = f32x4.splat(rectify ? 0 : -Infinity);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < channels * FLOAT; c += VECTOR) {
      let value = v128.load(y + c);
      if (bias) value = f32x4.add(value, v128.load(bias + c));
      v128.store(y + c, f32x4.pmax(value, floor));
    }
    y += channels * FLOAT;
  }
}

/**
 * One step of AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019,
 * https://arxiv.org/abs/1711.05101), algorithm 2. The
 * moments `mean` and `square` take their new values where they lie;
 * updated = keep · weight − rate · mean / (√(correction · square) + epsilon).
 *
 * @param keep 1 − learning rate · weight decay.
 * @param rate learning rate / (1 − beta1^step).
 * @param correction 1 / (1 − beta2^step).
 */
export function adamW(
  weight: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  updated: usize,
  size: i32,
  beta1: f32,
  beta2: f32,
  keep: f32,
  rate: f32,
  correction: f32,
  epsilon: f32,
): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const at = i * FLOAT;
    const g = v128.load(gradient + at);
    const m = multiplyAdd(
      f32x4.splat(beta1),
      v128.load(mean + at),
      f32x4.mul(f32x4.splat(1 - beta1), g),
    );
    const v = multiplyAdd(
      f32x4.splat(beta2),
      v128.load(square + at),
      f32x4.mul(f32x4.splat(1 - beta2), f32x4.mul(g, g)),
    );
    v128.store(mean + at, m);
    v128.store(square + at, v);
    const root = f32x4.sqrt(f32x4.mul(v, f32x4.splat(correction)));
    const step = f32x4.div(f32x4.mul(f32x4.splat(rate), m), f32x4.add(root, f32x4.splat(epsilon)));
    const kept = f32x4.mul(f32x4.splat(keep), v128.load(weight + at));
    v128.store(updated + at, f32x4.sub(kept, step));
  }
  for (; i < size; i++) {
    const at = i * FLOAT;
    const g = load<f32>(gradient + at);
    const m = beta1 * load<f32>(mean + at) + (1 - beta1) * g;
    const v = beta2 * load<f32>(square + at) + (1 - beta2) * g * g;
    store<f32>(mean + at, m);
    store<f32>(square + at, v);
    const step = rate * m / (sqrt<f32>(v * correction) + epsilon);
    store<f32>(updated + at, keep * load<f32>(weight + at) - step);
  }
}
