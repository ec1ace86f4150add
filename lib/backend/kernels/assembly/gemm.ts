/**
 * Products of matrices of floats; strides are in bytes.
 *
 * Deno's V8 checks the bounds of every access to WASM memory, so that accesses, not multiplications,
 * would be the limit: one load of A brings four rows, which are spread by shuffles.
 */

import { FLOAT, lane, multiplyAdd, VECTOR } from "./simd";

/** Columns of a panel of B. */
const PANEL: i32 = 8;
/** Rows of a block of A. */
const BLOCK: i32 = 4;
/** Steps along the depth after which a panel would no longer stay in the first cache. */
const STEPS: i32 = 384;
/** Rows of B packed at a time. */
const ROWS: i32 = 16;

/**
 * C[rows, 8] (+)= block[·, depth] · panel[depth, 8] for 1 to 4 rows.
 *
 * @param block Four rows' elements of a step side by side, a step every `blockStride`.
 * @param panel Eight columns' elements of a step side by side, a step every `panelStride`.
 */
// @ts-ignore: decorator
@inline
function multiplyBlock(
  block: usize,
  blockStride: i32,
  panel: usize,
  panelStride: i32,
  c: usize,
  cStride: i32,
  rows: i32,
  depth: i32,
  accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (; depth > 0; depth--) {
    const a = v128.load(block), b0 = v128.load(panel), b1 = v128.load(panel, VECTOR);
    const a0 = lane(a, 0), a1 = lane(a, 1);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    const a2 = lane(a, 2), a3 = lane(a, 3);
    c20 = multiplyAdd(a2, b0, c20);
    c21 = multiplyAdd(a2, b1, c21);
    c30 = multiplyAdd(a3, b0, c30);
    c31 = multiplyAdd(a3, b1, c31);
    block += blockStride;
    panel += panelStride;
  }
  storeRow(c, c00, c01, accumulate);
  if (rows > 1) storeRow(c + cStride, c10, c11, accumulate);
  if (rows > 2) storeRow(c + 2 * cStride, c20, c21, accumulate);
  if (rows > 3) storeRow(c + 3 * cStride, c30, c31, accumulate);
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

/** C[rows, columns] (+)= A · B, with A as {@link packRows} and B as {@link pack} leaves it. */
export function multiply(
  blocks: usize,
  panels: usize,
  c: usize,
  cStride: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  accumulate: bool,
): void {
  for (let begin = 0; begin < depth; begin += STEPS) {
    const steps = min(STEPS, depth - begin);
    for (let j = 0; j < columns; j += PANEL) {
      const panel = panels + (j * depth + begin * PANEL) * FLOAT;
      let block = blocks + begin * VECTOR;
      for (let i = 0; i < rows; i += BLOCK) {
        const to = c + i * cStride + j * FLOAT, left = min(BLOCK, rows - i);
        multiplyBlock(
          block,
          VECTOR,
          panel,
          PANEL * FLOAT,
          to,
          cStride,
          left,
          steps,
          accumulate || begin > 0,
        );
        block += depth * VECTOR;
      }
    }
  }
}

/**
 * C[rows, columns] (+)= Aᵀ · B for A[depth, rows] and B[depth, columns] as they are; rows a multiple
 * of 4 and depth small enough for a panel of B to stay in the first cache.
 */
export function multiplyTransposed(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  accumulate: bool,
): void {
  const aStride = rows * FLOAT, bStride = columns * FLOAT;
  for (let j = 0; j < bStride; j += PANEL * FLOAT) {
    let to = c + j;
    for (let i = 0; i < aStride; i += VECTOR) {
      multiplyBlock(a + i, aStride, b + j, bStride, to, bStride, BLOCK, depth, accumulate);
      to += BLOCK * bStride;
    }
  }
}

/** @returns Bytes of A[rows, depth] packed by {@link packRows}. */
// @ts-ignore: decorator
@inline
export function packedRowsBytes(rows: i32, depth: i32): i32 {
  return (rows + BLOCK - 1) / BLOCK * depth * VECTOR;
}

/**
 * Four rows of a[·, depth] → `depth` vectors, one every `toStride`: one column of the four each. Rows
 * that are missing repeat the last.
 */
// @ts-ignore: decorator
@inline
export function interleave(a: usize, rows: i32, depth: i32, to: usize, toStride: i32): void {
  const stride = depth * FLOAT, last = rows - 1;
  let a0 = a;
  let a1 = a + min(1, last) * stride, a2 = a + min(2, last) * stride, a3 = a + min(3, last) * stride;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const x0 = v128.load(a0), x1 = v128.load(a1), x2 = v128.load(a2), x3 = v128.load(a3);
    const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to + toStride, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(to + 2 * toStride, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(to + 3 * toStride, v128.shuffle<f64>(high01, high23, 1, 3));
    to += 4 * toStride;
    a0 += VECTOR;
    a1 += VECTOR;
    a2 += VECTOR;
    a3 += VECTOR;
  }
  for (; k < depth; k++) {
    store<f32>(to, load<f32>(a0));
    store<f32>(to, load<f32>(a1), FLOAT);
    store<f32>(to, load<f32>(a2), 2 * FLOAT);
    store<f32>(to, load<f32>(a3), 3 * FLOAT);
    to += toStride;
    a0 += FLOAT;
    a1 += FLOAT;
    a2 += FLOAT;
    a3 += FLOAT;
  }
}

/** A[rows, depth] → [rows / 4][depth][4]; rows that are missing repeat the last. */
export function packRows(a: usize, blocks: usize, rows: i32, depth: i32): void {
  for (let i = 0; i < rows; i += BLOCK) {
    interleave(a + i * depth * FLOAT, min(BLOCK, rows - i), depth, blocks, VECTOR);
    blocks += depth * VECTOR;
  }
}

/** Aᵀ for A[depth, rows] → [rows / 4][depth][4]; rows that are missing repeat the last. */
function packRowsTransposed(a: usize, blocks: usize, rows: i32, depth: i32): void {
  for (let i = 0; i < rows; i += BLOCK) {
    const last = rows - 1 - i;
    let from = a + i * FLOAT;
    for (let k = 0; k < depth; k++) {
      if (last >= 3) {
        v128.store(blocks, v128.load(from));
      } else {
        for (let row = 0; row < BLOCK; row++) {
          store<f32>(blocks + row * FLOAT, load<f32>(from + min(row, last) * FLOAT));
        }
      }
      blocks += VECTOR;
      from += rows * FLOAT;
    }
  }
}

/** B[depth, columns] → [columns / 8][depth][8], a few rows at a time that stay in the first cache. */
export function pack(b: usize, panels: usize, depth: i32, columns: i32): void {
  const stride = columns * FLOAT;
  for (let begin = 0; begin < depth; begin += ROWS) {
    const end = min(depth, begin + ROWS);
    for (let j = 0; j < columns; j += PANEL) {
      let from = b + begin * stride + j * FLOAT;
      let to = panels + (j * depth + begin * PANEL) * FLOAT;
      for (let k = begin; k < end; k++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, VECTOR), VECTOR);
        to += PANEL * FLOAT;
        from += stride;
      }
    }
  }
}

/** Bᵀ for B[columns, depth] → [columns / 8][depth][8]. */
export function packTransposed(b: usize, panels: usize, depth: i32, columns: i32): void {
  const quarter = BLOCK * depth * FLOAT;
  for (let j = 0; j < columns; j += PANEL) {
    interleave(b, BLOCK, depth, panels, PANEL * FLOAT);
    interleave(b + quarter, BLOCK, depth, panels + VECTOR, PANEL * FLOAT);
    b += 2 * quarter;
    panels += 2 * quarter;
  }
}

/**
 * c[columns] (+)= a[depth] · B[depth, columns], with B as it is: for one row, packing B takes longer.
 * Sums are added in the order of {@link multiply}.
 */
function multiplyRow(
  a: usize,
  b: usize,
  c: usize,
  columns: i32,
  depth: i32,
  accumulate: bool,
): void {
  const stride = columns * FLOAT;
  for (let begin = 0; begin < depth; begin += STEPS) {
    const steps = min(STEPS, depth - begin);
    for (let j = 0; j < stride; j += PANEL * FLOAT) {
      let left = f32x4.splat(0), right = left, from = b + begin * stride + j;
      for (let k = begin; k < begin + steps; k++) {
        const factor = v128.load32_splat(a + k * FLOAT);
        left = multiplyAdd(factor, v128.load(from), left);
        right = multiplyAdd(factor, v128.load(from, VECTOR), right);
        from += stride;
      }
      storeRow(c + j, left, right, accumulate || begin > 0);
    }
  }
}

/** @returns Bytes of scratch for {@link multiplyMatrices}. */
export function multiplyMatricesScratch(rows: i32, columns: i32, depth: i32): i32 {
  return packedRowsBytes(rows, depth) + depth * columns * FLOAT;
}

/** C[rows, columns] (+)= A · B, either of them given transposed; `columns` is a multiple of 8. */
export function multiplyMatrices(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  transposeA: bool,
  transposeB: bool,
  accumulate: bool,
  scratch: usize,
): void {
  if (rows == 1 && !transposeB) return multiplyRow(a, b, c, columns, depth, accumulate);
  const panels = scratch + packedRowsBytes(rows, depth);
  if (transposeB) packTransposed(b, panels, depth, columns);
  else pack(b, panels, depth, columns);
  if (transposeA) packRowsTransposed(a, scratch, rows, depth);
  else packRows(a, scratch, rows, depth);
  multiply(scratch, panels, c, columns * FLOAT, rows, columns, depth, accumulate);
}
