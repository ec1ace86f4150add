/** Sums over all but the last axis, and batch norm: x[rows, channels], channels a multiple of 4. */

import { addTo, FLOAT, multiplyAdd, VECTOR } from "./simd";

/** Rows summed before their sum joins the total, so that rounding errors stay small. */
const BLOCK: i32 = 128;
/** Rows that are read and written for one vector of channels after the other, from the first cache. */
const ROWS: i32 = 32;

/** sums[c] = factor · Σ x[·, c]. */
export function sumRows(x: usize, sums: usize, rows: i32, channels: i32, factor: f32): void {
  const pixel = channels * FLOAT;
  for (let c = 0; c < pixel; c += VECTOR) {
    let total = f32x4.splat(0);
    for (let begin = 0; begin < rows; begin += BLOCK) {
      let sum = f32x4.splat(0);
      let from = x + begin * pixel + c;
      for (let n = min(BLOCK, rows - begin); n > 0; n--) {
        sum = f32x4.add(sum, v128.load(from));
        from += pixel;
      }
      total = f32x4.add(total, sum);
    }
    v128.store(sums + c, f32x4.mul(total, f32x4.splat(factor)));
  }
}

/**
 * Mean and variance (not corrected for bias) of every channel.
 *
 * Sums differences from the first row, so that a mean far larger than the deviation costs no digits.
 */
export function moments(x: usize, mean: usize, variance: usize, rows: i32, channels: i32): void {
  const pixel = channels * FLOAT;
  const share = f32x4.splat(1 / f32(rows));
  memory.fill(mean, 0, pixel);
  memory.fill(variance, 0, pixel);
  for (let begin = 0; begin < rows; begin += BLOCK) {
    for (let c = 0; c < pixel; c += VECTOR) {
      const origin = v128.load(x + c);
      let sum = f32x4.splat(0), squares = sum;
      let from = x + begin * pixel + c;
      for (let n = min(BLOCK, rows - begin); n > 0; n--) {
        const difference = f32x4.sub(v128.load(from), origin);
        sum = f32x4.add(sum, difference);
        squares = multiplyAdd(difference, difference, squares);
        from += pixel;
      }
      addTo(mean + c, sum);
      addTo(variance + c, squares);
    }
  }
  for (let c = 0; c < pixel; c += VECTOR) {
    const offset = f32x4.mul(v128.load(mean + c), share);
    const squares = f32x4.mul(v128.load(variance + c), share);
    const spread = f32x4.sub(squares, f32x4.mul(offset, offset));
    v128.store(mean + c, f32x4.add(v128.load(x + c), offset));
    v128.store(variance + c, f32x4.pmax(spread, f32x4.splat(0)));
  }
}

/** affine = (scale, shift), with which scale · x + shift is the batch norm of x. */
export function affineOfNorm(
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  affine: usize,
  channels: i32,
): void {
  for (let c = 0; c < channels; c++) {
    const at = c * FLOAT;
    const inverse: f32 = 1 / sqrt<f32>(load<f32>(variance + at) + epsilon);
    const factor = inverse * (gamma ? load<f32>(gamma + at) : 1);
    store<f32>(affine + at, factor);
    const offset = beta ? load<f32>(beta + at) : 0;
    store<f32>(affine + (channels + c) * FLOAT, offset - factor * load<f32>(mean + at));
  }
}

/** y = scale · x + shift, and where `rectify` the larger of that and 0. */
export function applyAffine(
  x: usize,
  affine: usize,
  y: usize,
  rows: i32,
  channels: i32,
  rectify: bool,
): void {
  const pixel = channels * FLOAT;
  const floor = f32x4.splat(rectify ? 0 : -Infinity);
  for (let begin = 0; begin < rows; begin += ROWS) {
    for (let c = 0; c < pixel; c += VECTOR) {
      const factor = v128.load(affine + c), shift = v128.load(affine + pixel + c);
      let at = begin * pixel + c;
      for (let n = min(ROWS, rows - begin); n > 0; n--) {
        v128.store(y + at, f32x4.pmax(multiplyAdd(factor, v128.load(x + at), shift), floor));
        at += pixel;
      }
    }
  }
}

/**
 * sums = (Σ dz, Σ dz · (x − mean)) for every channel, with dz = dy where scale · x + shift > 0, or
 * everywhere where `affine` is 0.
 */
export function sumNormGradient(
  dy: usize,
  x: usize,
  mean: usize,
  affine: usize,
  sums: usize,
  rows: i32,
  channels: i32,
): void {
  const pixel = channels * FLOAT;
  memory.fill(sums, 0, 2 * pixel);
  for (let begin = 0; begin < rows; begin += BLOCK) {
    for (let c = 0; c < pixel; c += VECTOR) {
      const center = v128.load(mean + c);
      const factor = affine ? v128.load(affine + c) : center;
      const shift = affine ? v128.load(affine + pixel + c) : center;
      let sum = f32x4.splat(0), products = sum;
      let at = begin * pixel + c;
      for (let n = min(BLOCK, rows - begin); n > 0; n--) {
        const value = v128.load(x + at);
        let dz = v128.load(dy + at);
        if (affine) dz = v128.and(dz, f32x4.gt(multiplyAdd(factor, value, shift), f32x4.splat(0)));
        sum = f32x4.add(sum, dz);
        products = multiplyAdd(dz, f32x4.sub(value, center), products);
        at += pixel;
      }
      addTo(sums + c, sum);
      addTo(sums + pixel + c, products);
    }
  }
}

/**
 * From the sums of {@link sumNormGradient}: the gradients of gamma and beta, and slope and level of
 * the gradient of x, which is scale · dz + slope · x + level. They are written after scale and shift.
 *
 * Ioffe and Szegedy, "Batch Normalization" (2015, https://arxiv.org/abs/1502.03167), section 3.
 */
export function normGradient(
  sums: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  rows: i32,
  norm: usize,
  dGamma: usize,
  dBeta: usize,
  channels: i32,
): void {
  for (let c = 0; c < channels; c++) {
    const at = c * FLOAT;
    const sum = load<f32>(sums + at), products = load<f32>(sums + (channels + c) * FLOAT);
    const inverse: f32 = 1 / sqrt<f32>(load<f32>(variance + at) + epsilon);
    const share = load<f32>(norm + at) / f32(rows);
    const slope = -share * products * inverse * inverse;
    store<f32>(dBeta + at, sum);
    store<f32>(dGamma + at, products * inverse);
    store<f32>(norm + (2 * channels + c) * FLOAT, slope);
    store<f32>(norm + (3 * channels + c) * FLOAT, -share * sum - slope * load<f32>(mean + at));
  }
}

/**
 * The gradient of x from what {@link normGradient} leaves: scale · dz + slope · x + level, with dz = dy where scale · x + shift > 0, or
 * everywhere unless `rectify`.
 */
export function applyNormGradient(
  dy: usize,
  x: usize,
  norm: usize,
  dx: usize,
  rows: i32,
  channels: i32,
  rectify: bool,
): void {
  const pixel = channels * FLOAT;
  const floor = f32x4.splat(rectify ? 0 : -Infinity);
  for (let begin = 0; begin < rows; begin += ROWS) {
    for (let c = 0; c < pixel; c += VECTOR) {
      const factor = v128.load(norm + c), shift = v128.load(norm + pixel + c);
      const slope = v128.load(norm + 2 * pixel + c), level = v128.load(norm + 3 * pixel + c);
      let at = begin * pixel + c;
      for (let n = min(ROWS, rows - begin); n > 0; n--) {
        const value = v128.load(x + at);
        const open = f32x4.gt(multiplyAdd(factor, value, shift), floor);
        const dz = v128.and(v128.load(dy + at), open);
        v128.store(dx + at, multiplyAdd(factor, dz, multiplyAdd(slope, value, level)));
        at += pixel;
      }
    }
  }
}
