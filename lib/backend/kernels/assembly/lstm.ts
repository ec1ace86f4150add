/** What a step of an LSTM does beside its products of matrices, and hyperbolic tangents by themselves. */

import { FLOAT, multiplyAdd, VECTOR } from "./simd";

/** 1 / ln 2. */
const PER_OCTAVE: f32 = 1.4426950408889634;
/** ln 2 in two parts, the first of few bits, so that whole multiples of it are exact. */
const OCTAVE: f32 = 0.693359375, OCTAVE_REST: f32 = -2.12194440e-4;
/** Below it the exponential is 0 beside 1. */
const LEAST: f32 = -87;

/**
 * @returns exp(x) − 1 for x ≤ 0: x is taken apart into whole octaves and a rest of at most ½ ln 2, of
 * which Taylor's series has seven terms and an error below 6e-9.
 */
// @ts-ignore: decorator
@inline
function exponentialLessOne(x: v128): v128 {
  const bounded = f32x4.max(x, f32x4.splat(LEAST));
  const octaves = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(PER_OCTAVE)));
  let rest = f32x4.sub(bounded, f32x4.mul(octaves, f32x4.splat(OCTAVE)));
  rest = f32x4.sub(rest, f32x4.mul(octaves, f32x4.splat(OCTAVE_REST)));
  let series = f32x4.splat(1.0 / 5040);
  series = multiplyAdd(series, rest, f32x4.splat(1.0 / 720));
  series = multiplyAdd(series, rest, f32x4.splat(1.0 / 120));
  series = multiplyAdd(series, rest, f32x4.splat(1.0 / 24));
  series = multiplyAdd(series, rest, f32x4.splat(1.0 / 6));
  series = multiplyAdd(series, rest, f32x4.splat(0.5));
  series = multiplyAdd(f32x4.mul(series, rest), rest, rest);
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(octaves), i32x4.splat(127));
  const power = i32x4.shl(exponent, 23);
  return multiplyAdd(power, series, f32x4.sub(power, f32x4.splat(1)));
}

// @ts-ignore: decorator
@inline
function tanhOf(x: v128): v128 {
  const low = exponentialLessOne(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const size = f32x4.div(f32x4.neg(low), f32x4.add(low, f32x4.splat(2)));
  return v128.bitselect(x, size, i32x4.splat(i32.MIN_VALUE));
}

/** The activation of a gate: a sigmoid, or where `hard` the straight line in its place. */
// @ts-ignore: decorator
@inline
function gateOf(x: v128, hard: bool): v128 {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  if (hard) {
    const line = f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5));
    return f32x4.min(f32x4.max(line, zero), one);
  }
  const low = f32x4.add(exponentialLessOne(f32x4.neg(f32x4.abs(x))), one);
  return f32x4.div(v128.bitselect(low, one, f32x4.lt(x, zero)), f32x4.add(low, one));
}

/** The gradient `dy` of {@link gateOf}, which gave `y`, times its slope. */
// @ts-ignore: decorator
@inline
function throughGate(dy: v128, y: v128, hard: bool): v128 {
  const one = f32x4.splat(1);
  if (!hard) return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)));
  const isInside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one));
  return v128.and(f32x4.mul(dy, f32x4.splat(0.2)), isInside);
}

/** y = tanh(x). */
export function tanh(x: usize, y: usize, size: i32): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(y + i * FLOAT, tanhOf(v128.load(x + i * FLOAT)));
  for (; i < size; i++) {
    const value = tanhOf(v128.load32_splat(x + i * FLOAT));
    store<f32>(y + i * FLOAT, f32x4.extract_lane(value, 0));
  }
}

/**
 * From the sums of the gates' inputs `z` and of what is in `gates`, both [rows, 4 · units] in the order
 * input, forget, candidate, output, and the cells `before`: the gates, the cells and the outputs.
 */
export function lstmStep(
  z: usize,
  gates: usize,
  before: usize,
  cells: usize,
  outputs: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const width = units * FLOAT;
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < width; at += VECTOR) {
      const input = gateOf(sumAt(z + at, gates + at), hard);
      const forget = gateOf(sumAt(z + at + width, gates + at + width), hard);
      const candidate = tanhOf(sumAt(z + at + 2 * width, gates + at + 2 * width));
      const output = gateOf(sumAt(z + at + 3 * width, gates + at + 3 * width), hard);
      const kept = f32x4.mul(forget, v128.load(before + at));
      const cell = f32x4.add(kept, f32x4.mul(input, candidate));
      v128.store(gates + at, input);
      v128.store(gates + at + width, forget);
      v128.store(gates + at + 2 * width, candidate);
      v128.store(gates + at + 3 * width, output);
      v128.store(cells + at, cell);
      v128.store(outputs + at, f32x4.mul(output, tanhOf(cell)));
    }
    z += 4 * width;
    gates += 4 * width;
    before += width;
    cells += width;
    outputs += width;
  }
}

// @ts-ignore: decorator
@inline
function sumAt(a: usize, b: usize): v128 {
  return f32x4.add(v128.load(a), v128.load(b));
}

/**
 * The gradient of {@link lstmStep}: of the outputs it is the sum of `dy` and `dOutputs`, of the cells
 * `dCells`, which becomes that of the cells before; `dz` is [rows, 4 · units].
 */
export function lstmStepGradient(
  gates: usize,
  before: usize,
  cells: usize,
  dy: usize,
  dOutputs: usize,
  dCells: usize,
  dz: usize,
  rows: i32,
  units: i32,
  hard: bool,
): void {
  const width = units * FLOAT, one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < width; at += VECTOR) {
      const input = v128.load(gates + at), forget = v128.load(gates + at + width);
      const candidate = v128.load(gates + at + 2 * width), output = v128.load(gates + at + 3 * width);
      const dOutput = sumAt(dy + at, dOutputs + at), level = tanhOf(v128.load(cells + at));
      const slope = f32x4.sub(one, f32x4.mul(level, level));
      const dCell = f32x4.add(
        v128.load(dCells + at),
        f32x4.mul(f32x4.mul(dOutput, output), slope),
      );
      const dInput = f32x4.mul(dCell, candidate), dForget = f32x4.mul(dCell, v128.load(before + at));
      const bend = f32x4.sub(one, f32x4.mul(candidate, candidate));
      v128.store(dz + at, throughGate(dInput, input, hard));
      v128.store(dz + at + width, throughGate(dForget, forget, hard));
      v128.store(dz + at + 2 * width, f32x4.mul(f32x4.mul(dCell, input), bend));
      v128.store(dz + at + 3 * width, throughGate(f32x4.mul(dOutput, level), output, hard));
      v128.store(dCells + at, f32x4.mul(dCell, forget));
    }
    gates += 4 * width;
    before += width;
    cells += width;
    dy += width;
    dOutputs += width;
    dCells += width;
    dz += 4 * width;
  }
}
