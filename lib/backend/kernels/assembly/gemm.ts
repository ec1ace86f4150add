/** Products of matrices: the right one packed in panels of eight columns, all strides in bytes. */

import { FLOAT, multiplyAdd, VECTOR } from "./simd";

/** Columns of a panel. */
const PANEL: i32 = 8;

/**
 * C[rows, 8] (+)= A[rows, depth] · panel[depth, 8], held in registers.
 *
 * A's element (row, k) lies at `a + row * rowStride + k * stepStride`. `most`, a literal, is how
 * many rows the compiled code computes; where fewer are left, it computes the last one repeatedly.
 */
// @ts-ignore: decorator
@inline
function tile(
  most: i32,
  rows: i32,
  a: usize,
  rowStride: i32,
  stepStride: i32,
  panel: usize,
  c: usize,
  cStride: i32,
  depth: i32,
  accumulate: bool,
): void {
  const last = rows - 1;
  let a0 = a;
  let a1 = a + min<i32>(1, last) * rowStride;
  let a2 = a + min<i32>(2, last) * rowStride;
  let a3 = a + min<i32>(3, last) * rowStride;
  let a4 = a + min<i32>(4, last) * rowStride;
  let a5 = a + min<i32>(5, last) * rowStride;
  let c00 = f32x4.splat(0);
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(panel), b1 = v128.load(panel, VECTOR);
    let v = v128.load_splat<f32>(a0);
    c00 = multiplyAdd(v, b0, c00);
    c01 = multiplyAdd(v, b1, c01);
    v = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(v, b0, c10);
    c11 = multiplyAdd(v, b1, c11);
    v = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(v, b0, c20);
    c21 = multiplyAdd(v, b1, c21);
    v = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(v, b0, c30);
    c31 = multiplyAdd(v, b1, c31);
    if (most > 4) {
      v = v128.load_splat<f32>(a4);
      c40 = multiplyAdd(v, b0, c40);
      c41 = multiplyAdd(v, b1, c41);
      v = v128.load_splat<f32>(a5);
      c50 = multiplyAdd(v, b0, c50);
      c51 = multiplyAdd(v, b1, c51);
      a4 += stepStride;
      a5 += stepStride;
    }
    a0 += stepStride;
    a1 += stepStride;
    a2 += stepStride;
    a3 += stepStride;
    panel += 2 * VECTOR;
  }
  storeRow(c, c00, c01, accumulate);
  if (rows > 1) storeRow(c + cStride, c10, c11, accumulate);
  if (rows > 2) storeRow(c + 2 * cStride, c20, c21, accumulate);
  if (rows > 3) storeRow(c + 3 * cStride, c30, c31, accumulate);
  if (most > 4) {
    if (rows > 4) storeRow(c + 4 * cStride, c40, c41, accumulate);
    if (rows > 5) storeRow(c + 5 * cStride, c50, c51, accumulate);
  }
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) {
    left = f32x4.add(left, v128.load(c));
    right = f32x4.add(right, v128.load(c, VECTOR));
  }
  v128.store(c, left);
  v128.store(c, right, VECTOR);
}

/** C[rows, columns] (+)= A[rows, depth] · B, with B as {@link pack} leaves it. */
export function multiply(
  a: usize,
  aStride: i32,
  panels: usize,
  c: usize,
  cStride: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  accumulate: bool,
): void {
  for (let j = 0; j < columns; j += PANEL) {
    const panel = panels + j * depth * FLOAT;
    const cj = c + j * FLOAT;
    let i = 0;
    for (; rows - i > 4 && (rows - i) != 8; i += 6) {
      tile(6, min(6, rows - i), a + i * aStride, aStride, FLOAT, panel, cj + i * cStride, cStride, depth, accumulate);
    }
    for (; i < rows; i += 4) {
      tile(4, min(4, rows - i), a + i * aStride, aStride, FLOAT, panel, cj + i * cStride, cStride, depth, accumulate);
    }
  }
}
/** C[rows, columns] (+)= Aᵀ · B for A[depth, rows], with B as {@link pack} leaves it. */
export function multiplyTransposed(
  a: usize,
  aStride: i32,
  panels: usize,
  c: usize,
  cStride: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  accumulate: bool,
): void {
  for (let j = 0; j < columns; j += PANEL) {
    const panel = panels + j * depth * FLOAT;
    const cj = c + j * FLOAT;
    let i = 0;
    for (; rows - i > 4 && (rows - i) != 8; i += 6) {
      tile(6, min(6, rows - i), a + i * FLOAT, FLOAT, aStride, panel, cj + i * cStride, cStride, depth, accumulate);
    }
    for (; i < rows; i += 4) {
      tile(4, min(4, rows - i), a + i * FLOAT, FLOAT, aStride, panel, cj + i * cStride, cStride, depth, accumulate);
    }
  }
}
/** B[depth, columns] row by row → [columns / 8][depth][8]. */
export function pack(b: usize, bStride: i32, panels: usize, depth: i32, columns: i32): void {
  for (let j = 0; j < columns; j += PANEL) {
    let source = b + j * FLOAT;
    for (let k = 0; k < depth; k++) {
      v128.store(panels, v128.load(source));
      v128.store(panels, v128.load(source, VECTOR), VECTOR);
      panels += 2 * VECTOR;
      source += bStride;
    }
  }
}

/**
 * C[rows, columns] = A · B, either of them given transposed; `columns` is a multiple of 8, and
 * `scratch` has room for depth · columns floats.
 */
export function multiplyMatrices(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  transposeA: bool,
  transposeB: bool,
  scratch: usize,
): void {
  if (transposeB) packTransposed(b, depth * FLOAT, scratch, depth, columns);
  else pack(b, columns * FLOAT, scratch, depth, columns);
  const stride = columns * FLOAT;
  if (transposeA) {
    multiplyTransposed(a, rows * FLOAT, scratch, c, stride, rows, columns, depth, false);
  } else {
    multiply(a, depth * FLOAT, scratch, c, stride, rows, columns, depth, false);
  }
}

/** Bᵀ for B[columns, depth] row by row → [columns / 8][depth][8]. */
function packTransposed(
  b: usize,
  bStride: i32,
  panels: usize,
  depth: i32,
  columns: i32,
): void {
  for (let j = 0; j < columns; j++) {
    const to = panels + ((j >> 3) * depth * PANEL + (j & 7)) * FLOAT;
    for (let k = 0; k < depth; k++) {
      store<f32>(to + k * PANEL * FLOAT, load<f32>(b + k * FLOAT));
    }
    b += bStride;
  }
}
