/**
 * The one-dimensional transforms of Winograd's minimal filtering F(m, 3), m = 2, 4 or 6, and their
 * adjoints, on vectors of four channels.
 *
 * Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015,
 * https://arxiv.org/abs/1509.09308): y = Aᵀ[(G g) ⊙ (Bᵀ d)] correlates m + 2 numbers d with 3 taps
 * g. The interpolation points are 0, ∞ and the pairs ±1 (m ≥ 2), ±2 (m ≥ 4), ±½ (m = 6); transformed
 * numbers are in the order 0, 1, −1, 2, −2, ½, −½, ∞. Each pair needs the even and the odd part of a
 * polynomial once.
 *
 * Every function takes m as a literal, so that it is compiled once for each m without a branch.
 */

import { addTo, scale, scaleAdd, VECTOR } from "./simd";

/** @returns address + index · stride, by additions: engines would multiply anew at every use; `index` is a literal. */
// @ts-ignore: decorator
@inline
function step(address: usize, stride: i32, index: i32): usize {
  if (index == 0) return address;
  if (index == 1) return address + stride;
  if (index == 2) return address + stride + stride;
  if (index == 3) return address + stride + stride + stride;
  if (index == 4) return address + stride + stride + stride + stride;
  if (index == 5) return address + stride + stride + stride + stride + stride;
  if (index == 6) return address + stride + stride + stride + stride + stride + stride;
  return address + stride + stride + stride + stride + stride + stride + stride;
}

// @ts-ignore: decorator
@inline
function at(address: usize, stride: i32, index: i32): v128 {
  return v128.load(step(address, stride, index));
}

// @ts-ignore: decorator
@inline
function put(address: usize, stride: i32, index: i32, value: v128): void {
  v128.store(step(address, stride, index), value);
}

// @ts-ignore: decorator
@inline
function add(address: usize, stride: i32, index: i32, value: v128): void {
  addTo(step(address, stride, index), value);
}

/** Bᵀ: m + 2 inputs → m + 2 points. */
// @ts-ignore: decorator
@inline
function input(m: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const d0 = at(from, fromStride, 0), d1 = at(from, fromStride, 1);
  const d2 = at(from, fromStride, 2), d3 = at(from, fromStride, 3);
  if (m == 2) {
    put(to, toStride, 0, f32x4.sub(d0, d2));
    put(to, toStride, 1, f32x4.add(d2, d1));
    put(to, toStride, 2, f32x4.sub(d2, d1));
    put(to, toStride, 3, f32x4.sub(d3, d1));
    return;
  }
  const d4 = at(from, fromStride, 4), d5 = at(from, fromStride, 5);
  if (m == 4) {
    put(to, toStride, 0, scaleAdd(4, d0, scaleAdd(-5, d2, d4)));
    pair(to, toStride, 1, scaleAdd(-4, d2, d4), scaleAdd(-4, d1, d3));
    pair(to, toStride, 3, f32x4.sub(d4, d2), scale(2, f32x4.sub(d3, d1)));
    put(to, toStride, 5, scaleAdd(4, d1, scaleAdd(-5, d3, d5)));
    return;
  }
  const d6 = at(from, fromStride, 6), d7 = at(from, fromStride, 7);
  put(to, toStride, 0, scaleAdd(5.25, f32x4.sub(d4, d2), f32x4.sub(d0, d6)));
  pair(
    to,
    toStride,
    1,
    scaleAdd(-4.25, d4, f32x4.add(d2, d6)),
    scaleAdd(-4.25, d3, f32x4.add(d1, d5)),
  );
  const middle = scale(-2.5, d3);
  pair(
    to,
    toStride,
    3,
    scaleAdd(0.25, d2, scaleAdd(-1.25, d4, d6)),
    scaleAdd(0.5, d1, scaleAdd(2, d5, middle)),
  );
  pair(
    to,
    toStride,
    5,
    scaleAdd(4, d2, scaleAdd(-5, d4, d6)),
    scaleAdd(2, d1, scaleAdd(0.5, d5, middle)),
  );
  put(to, toStride, 7, scaleAdd(5.25, f32x4.sub(d3, d5), f32x4.sub(d7, d1)));
}

/** B: m + 2 points → m + 2 inputs, added to what is there. */
// @ts-ignore: decorator
@inline
function inputAdjoint(
  m: i32,
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  accumulate: bool,
): void {
  const v0 = at(from, fromStride, 0), v1 = at(from, fromStride, 1);
  const v2 = at(from, fromStride, 2), v3 = at(from, fromStride, 3);
  const s1 = f32x4.add(v1, v2), d1 = f32x4.sub(v1, v2);
  if (m == 2) {
    write(to, toStride, 0, v0, accumulate);
    write(to, toStride, 1, f32x4.sub(d1, v3), accumulate);
    write(to, toStride, 2, f32x4.sub(s1, v0), accumulate);
    write(to, toStride, 3, v3, accumulate);
    return;
  }
  const v4 = at(from, fromStride, 4), v5 = at(from, fromStride, 5);
  const s2 = f32x4.add(v3, v4), d2 = f32x4.sub(v3, v4);
  if (m == 4) {
    const twice = scale(2, d2);
    write(to, toStride, 0, scale(4, v0), accumulate);
    write(to, toStride, 1, f32x4.sub(scale(4, f32x4.sub(v5, d1)), twice), accumulate);
    write(to, toStride, 2, f32x4.sub(scaleAdd(-5, v0, scale(-4, s1)), s2), accumulate);
    write(to, toStride, 3, f32x4.add(scaleAdd(-5, v5, d1), twice), accumulate);
    write(to, toStride, 4, f32x4.add(v0, f32x4.add(s1, s2)), accumulate);
    write(to, toStride, 5, v5, accumulate);
    return;
  }
  const v6 = at(from, fromStride, 6), v7 = at(from, fromStride, 7);
  const s3 = f32x4.add(v5, v6), d3 = f32x4.sub(v5, v6);
  write(to, toStride, 0, v0, accumulate);
  write(
    to,
    toStride,
    1,
    f32x4.sub(scaleAdd(0.5, d2, scaleAdd(2, d3, d1)), v7),
    accumulate,
  );
  write(
    to,
    toStride,
    2,
    scaleAdd(-5.25, v0, scaleAdd(0.25, s2, scaleAdd(4, s3, s1))),
    accumulate,
  );
  write(
    to,
    toStride,
    3,
    scaleAdd(5.25, v7, scaleAdd(-2.5, f32x4.add(d2, d3), scale(-4.25, d1))),
    accumulate,
  );
  write(
    to,
    toStride,
    4,
    scaleAdd(5.25, v0, scaleAdd(-1.25, s2, scaleAdd(-5, s3, scale(-4.25, s1)))),
    accumulate,
  );
  write(
    to,
    toStride,
    5,
    scaleAdd(-5.25, v7, scaleAdd(2, d2, scaleAdd(0.5, d3, d1))),
    accumulate,
  );
  write(to, toStride, 6, f32x4.sub(f32x4.add(s1, f32x4.add(s2, s3)), v0), accumulate);
  write(to, toStride, 7, v7, accumulate);
}

/** Aᵀ: m + 2 points → m outputs. */
// @ts-ignore: decorator
@inline
function output(m: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const v1 = at(from, fromStride, 1), v2 = at(from, fromStride, 2);
  const s1 = f32x4.add(v1, v2), d1 = f32x4.sub(v1, v2);
  const first = f32x4.add(at(from, fromStride, 0), s1);
  const last = at(from, fromStride, m + 1);
  if (m == 2) {
    put(to, toStride, 0, first);
    put(to, toStride, 1, f32x4.add(last, d1));
    return;
  }
  const v3 = at(from, fromStride, 3), v4 = at(from, fromStride, 4);
  const s2 = f32x4.add(v3, v4), d2 = f32x4.sub(v3, v4);
  if (m == 4) {
    put(to, toStride, 0, f32x4.add(first, s2));
    put(to, toStride, 1, scaleAdd(2, d2, d1));
    put(to, toStride, 2, scaleAdd(4, s2, s1));
    put(to, toStride, 3, f32x4.add(last, scaleAdd(8, d2, d1)));
    return;
  }
  const v5 = at(from, fromStride, 5), v6 = at(from, fromStride, 6);
  const s3 = f32x4.add(v5, v6), d3 = f32x4.sub(v5, v6);
  put(to, toStride, 0, f32x4.add(first, f32x4.add(s2, s3)));
  put(to, toStride, 1, scaleAdd(2, d2, scaleAdd(0.5, d3, d1)));
  put(to, toStride, 2, scaleAdd(4, s2, scaleAdd(0.25, s3, s1)));
  put(to, toStride, 3, scaleAdd(8, d2, scaleAdd(0.125, d3, d1)));
  put(to, toStride, 4, scaleAdd(16, s2, scaleAdd(0.0625, s3, s1)));
  put(to, toStride, 5, f32x4.add(last, scaleAdd(32, d2, scaleAdd(0.03125, d3, d1))));
}

/** A: m outputs → m + 2 points. */
// @ts-ignore: decorator
@inline
function outputAdjoint(m: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const y0 = at(from, fromStride, 0), y1 = at(from, fromStride, 1);
  put(to, toStride, 0, y0);
  if (m == 2) {
    pair(to, toStride, 1, y0, y1);
    put(to, toStride, 3, y1);
    return;
  }
  const y2 = at(from, fromStride, 2), y3 = at(from, fromStride, 3);
  if (m == 4) {
    pair(to, toStride, 1, f32x4.add(y0, y2), f32x4.add(y1, y3));
    pair(to, toStride, 3, scaleAdd(4, y2, y0), scaleAdd(8, y3, scale(2, y1)));
    put(to, toStride, 5, y3);
    return;
  }
  const y4 = at(from, fromStride, 4), y5 = at(from, fromStride, 5);
  pair(to, toStride, 1, f32x4.add(y0, f32x4.add(y2, y4)), f32x4.add(y1, f32x4.add(y3, y5)));
  pair(
    to,
    toStride,
    3,
    scaleAdd(4, y2, scaleAdd(16, y4, y0)),
    scaleAdd(8, y3, scaleAdd(32, y5, scale(2, y1))),
  );
  pair(
    to,
    toStride,
    5,
    scaleAdd(0.25, y2, scaleAdd(0.0625, y4, y0)),
    scaleAdd(0.125, y3, scaleAdd(0.03125, y5, scale(0.5, y1))),
  );
  put(to, toStride, 7, y5);
}

/** G's factor of the point 0. */
// @ts-ignore: decorator
@inline
function factorOfZero(m: i32): f32 {
  return m == 4 ? 0.25 : 1;
}

/** G's factor of the points ±1. */
// @ts-ignore: decorator
@inline
function factorOfOne(m: i32): f32 {
  return m == 2 ? 1.0 / 2 : m == 4 ? -1.0 / 6 : -2.0 / 9;
}

/** G's factor of the points ±2. */
// @ts-ignore: decorator
@inline
function factorOfTwo(m: i32): f32 {
  return m == 4 ? 1.0 / 24 : 1.0 / 90;
}

/** G's factor of the points ±½. */
const FACTOR_OF_HALF: f32 = 32.0 / 45;

/** G: 3 taps → m + 2 points. */
// @ts-ignore: decorator
@inline
function filter(m: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const g0 = at(from, fromStride, 0), g1 = at(from, fromStride, 1), g2 = at(from, fromStride, 2);
  put(to, toStride, 0, scale(factorOfZero(m), g0));
  pair(to, toStride, 1, scale(factorOfOne(m), f32x4.add(g0, g2)), scale(factorOfOne(m), g1));
  if (m > 2) {
    pair(
      to,
      toStride,
      3,
      scale(factorOfTwo(m), scaleAdd(4, g2, g0)),
      scale(2 * factorOfTwo(m), g1),
    );
  }
  if (m > 4) {
    pair(
      to,
      toStride,
      5,
      scale(FACTOR_OF_HALF, scaleAdd(0.25, g2, g0)),
      scale(0.5 * FACTOR_OF_HALF, g1),
    );
  }
  put(to, toStride, m + 1, g2);
}

/** Gᵀ: m + 2 points → 3 taps. */
// @ts-ignore: decorator
@inline
function filterAdjoint(m: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  const u1 = at(from, fromStride, 1), u2 = at(from, fromStride, 2);
  const s1 = scale(factorOfOne(m), f32x4.add(u1, u2));
  let g0 = scaleAdd(factorOfZero(m), at(from, fromStride, 0), s1);
  let g1 = scale(factorOfOne(m), f32x4.sub(u1, u2));
  let g2 = f32x4.add(s1, at(from, fromStride, m + 1));
  if (m > 2) {
    const u3 = at(from, fromStride, 3), u4 = at(from, fromStride, 4);
    const s2 = f32x4.add(u3, u4);
    g0 = scaleAdd(factorOfTwo(m), s2, g0);
    g1 = scaleAdd(2 * factorOfTwo(m), f32x4.sub(u3, u4), g1);
    g2 = scaleAdd(4 * factorOfTwo(m), s2, g2);
  }
  if (m > 4) {
    const u5 = at(from, fromStride, 5), u6 = at(from, fromStride, 6);
    const s3 = f32x4.add(u5, u6);
    g0 = scaleAdd(FACTOR_OF_HALF, s3, g0);
    g1 = scaleAdd(0.5 * FACTOR_OF_HALF, f32x4.sub(u5, u6), g1);
    g2 = scaleAdd(0.25 * FACTOR_OF_HALF, s3, g2);
  }
  put(to, toStride, 0, g0);
  put(to, toStride, 1, g1);
  put(to, toStride, 2, g2);
}

/** Puts even + odd and even − odd at `index` and the next index. */
// @ts-ignore: decorator
@inline
function pair(to: usize, stride: i32, index: i32, even: v128, odd: v128): void {
  put(to, stride, index, f32x4.add(even, odd));
  put(to, stride, index + 1, f32x4.sub(even, odd));
}

// @ts-ignore: decorator
@inline
function write(to: usize, stride: i32, index: i32, value: v128, accumulate: bool): void {
  if (accumulate) add(to, stride, index, value);
  else put(to, stride, index, value);
}

/** Which transform {@link transformTile} does. */
export const INPUT: i32 = 0;
export const INPUT_ADJOINT: i32 = 1;
export const OUTPUT: i32 = 2;
export const OUTPUT_ADJOINT: i32 = 3;
export const FILTER: i32 = 4;
export const FILTER_ADJOINT: i32 = 5;

// @ts-ignore: decorator
@inline
function transform(
  kind: i32,
  m: i32,
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  accumulate: bool,
): void {
  if (kind == INPUT) input(m, from, fromStride, to, toStride);
  else if (kind == INPUT_ADJOINT) inputAdjoint(m, from, fromStride, to, toStride, accumulate);
  else if (kind == OUTPUT) output(m, from, fromStride, to, toStride);
  else if (kind == OUTPUT_ADJOINT) outputAdjoint(m, from, fromStride, to, toStride);
  else if (kind == FILTER) filter(m, from, fromStride, to, toStride);
  else filterAdjoint(m, from, fromStride, to, toStride);
}

// @ts-ignore: decorator
@inline
function lengthBefore(kind: i32, m: i32): i32 {
  return kind == OUTPUT_ADJOINT ? m : kind == FILTER ? 3 : m + 2;
}

// @ts-ignore: decorator
@inline
function lengthAfter(kind: i32, m: i32): i32 {
  return kind == OUTPUT ? m : kind == FILTER_ADJOINT ? 3 : m + 2;
}

/** Transforms the columns, then the rows of a tile; `m`, a literal, is the columns' length. */
// @ts-ignore: decorator
@inline
function transformColumns(
  kind: i32,
  m: i32,
  columns: i32,
  from: usize,
  rowStride: i32,
  columnStride: i32,
  to: usize,
): void {
  for (let j = 0; j < columns; j++) {
    transform(kind, m, from + j * columnStride, rowStride, to + j * VECTOR, columns * VECTOR, false);
  }
}

// @ts-ignore: decorator
@inline
function transformRows(
  kind: i32,
  m: i32,
  rows: i32,
  from: usize,
  to: usize,
  rowStride: i32,
  columnStride: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const row = from + i * lengthBefore(kind, m) * VECTOR;
    transform(kind, m, row, VECTOR, to + i * rowStride, columnStride, kind == INPUT_ADJOINT);
  }
}

/**
 * Transforms a tile of vectors in both dimensions; {@link INPUT_ADJOINT} adds to what is there.
 *
 * @param kind One of the constants above, as a literal.
 * @param mh Output rows of the tile: 2, 4 or 6.
 * @param mw Output columns of the tile: 2, 4 or 6.
 * @param buffer Room for 64 vectors.
 */
// @ts-ignore: decorator
@inline
export function transformTile(
  kind: i32,
  mh: i32,
  mw: i32,
  from: usize,
  fromRow: i32,
  fromColumn: i32,
  to: usize,
  toRow: i32,
  toColumn: i32,
  buffer: usize,
): void {
  const columns = lengthBefore(kind, mw), rows = lengthAfter(kind, mh);
  if (mh == 6) transformColumns(kind, 6, columns, from, fromRow, fromColumn, buffer);
  else if (mh == 4) transformColumns(kind, 4, columns, from, fromRow, fromColumn, buffer);
  else transformColumns(kind, 2, columns, from, fromRow, fromColumn, buffer);
  if (mw == 6) transformRows(kind, 6, rows, buffer, to, toRow, toColumn);
  else if (mw == 4) transformRows(kind, 4, rows, buffer, to, toRow, toColumn);
  else transformRows(kind, 2, rows, buffer, to, toRow, toColumn);
}
