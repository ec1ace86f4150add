/** Paper told from ink: what the light does to the paper, which of the two is darker, how noisy it is. */

import type { GreyPicture } from "./decode.ts";

/** How much ink there is everywhere. */
export interface InkLayer {
  width: number;
  height: number;
  /** Difference in brightness from the paper around, towards the ink: 0 (paper) to 255, `[height, width]`. */
  ink: Float32Array;
  /** Standard deviation of the paper's own texture, in the same unit. */
  noise: number;
}

/** Cells along the longer side, in which brightness is averaged before the paper is fitted. */
const CELLS = 24;

/** A picture whose shorter side is less than this, in pixels, has light taken as even. */
const SMALL_SIDE = 48;

/** How much more a cell at the border counts: a digit seldom fills the rim of its picture. */
const BORDER_WEIGHT = 3;

const ITERATIONS = 10;

/**
 * A cell whose brightness differs by no more than this from the paper's is met by the paper's
 * polynomial; the one that meets more is taken (as in RANSAC, Fischler and Bolles 1981).
 */
const INLIER = 6;

/** Cells along the longer side, in which brightness is averaged before shadows are looked for. */
const SHADOW_CELLS = 48;

/** Dark things that a square of this share of the shorter side fits into are shadows, not ink. */
const SHADOW_SIDE = 0.36;

/**
 * Separates ink from paper. The paper's brightness is a constant or a polynomial of second
 * degree in x and y, fitted by iteratively reweighted least squares to the smallest sum of absolute differences (as
 * in Schlossmacher 1973), so that ink, the minority, does not count. Which side of
 * the paper, dark or light, the ink is on is found, and shadows are taken off.
 *
 * @param picture Any picture.
 * @returns The ink, as white on black.
 *
 * @example Dark on light and light on dark are the same
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const dark = Uint8Array.from({ length: 100 }, (_, i) => i % 10 === 5 ? 50 : 250);
 * const light = dark.map((value) => 255 - value);
 * const [one, other] = [dark, light].map((values) =>
 *   separateInk({ width: 10, height: 10, values }).ink.map(Math.round)
 * );
 * assertEquals(one, other);
 * assertEquals(one[5], 200);
 * ```
 */
export function separateInk({ width, height, values }: GreyPicture): InkLayer {
  const paper = fitPaper({ width, height, values });
  const difference = new Float32Array(values.length);
  const sizes = new Uint32Array(512);
  for (let y = 0, i = 0; y < height; y++) {
    // The polynomial along a row, by forward differences.
    const [start, slope, bend] = paper.row(y);
    for (let x = 0; x < width; x++, i++) {
      const d = values[i] - (start + (slope + bend * x) * x);
      difference[i] = d;
      sizes[Math.min(511, Math.round(Math.abs(d) * 2))]++;
    }
  }
  // Median absolute deviation of what is not ink: of the smaller three quarters, to be safe.
  const noise = 1.4826 * quantileOfCounts(sizes, 0.75 * 0.5) / 2;
  const sign = inkSide(difference, width, height);
  for (let i = 0; i < difference.length; i++) difference[i] *= sign;
  if (Math.min(width, height) >= SMALL_SIDE) removeShadows(difference, width, height);
  for (let i = 0; i < difference.length; i++) difference[i] = Math.max(0, difference[i]);
  return { width, height, ink: difference, noise };
}

/**
 * Whether ink is brighter (1) or darker (-1) than paper: ink is the minority nearly everywhere, so
 * that differences from the mean around are skewed towards it, while a shadow's edge has as much
 * on either side. In a small picture, differences from the paper tell.
 */
function inkSide(difference: Float32Array, width: number, height: number): 1 | -1 {
  const small = Math.min(width, height) < SMALL_SIDE;
  const { cells, columns, rows, side } = averageSquares(difference, width, height, SHADOW_CELLS);
  const reach = Math.round(Math.min(columns, rows) / 4);
  const means = small ? cells.fill(0) : boxMeans(boxMeans(cells, columns, reach), rows, reach);
  let skewness = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / side);
    for (let x = 0; x < width; x++, i++) {
      const d = difference[i] - means[row * columns + Math.floor(x / side)];
      skewness += d * d * d;
    }
  }
  return skewness > 0 ? 1 : -1;
}

/** Means along the rows over `reach` cells on either side; the result has columns for rows. */
function boxMeans(cells: Float32Array, columns: number, reach: number): Float32Array {
  const rows = cells.length / columns;
  const means = new Float32Array(cells.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const first = Math.max(0, column - reach);
      const last = Math.min(columns - 1, column + reach);
      let sum = 0;
      for (let k = first; k <= last; k++) sum += cells[row * columns + k];
      means[column * rows + row] = sum / (last - first + 1);
    }
  }
  return means;
}

interface Squares {
  /** Mean of every square, `[rows, columns]`. */
  cells: Float32Array;
  columns: number;
  rows: number;
  /** Side of a square in pixels. */
  side: number;
}

/** Averages squares, so that there are at most `count` along the longer side. */
function averageSquares(
  values: Float32Array | Uint8Array,
  width: number,
  height: number,
  count: number,
): Squares {
  const side = Math.max(1, Math.ceil(Math.max(width, height) / count));
  const columns = Math.ceil(width / side);
  const rows = Math.ceil(height / side);
  const cells = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min((row + 1) * side, height);
    for (let column = 0; column < columns; column++) {
      const right = Math.min((column + 1) * side, width);
      let sum = 0;
      for (let y = row * side; y < bottom; y++) {
        for (let x = column * side; x < right; x++) sum += values[y * width + x];
      }
      cells[row * columns + column] = sum / ((bottom - row * side) * (right - column * side));
    }
  }
  return { cells, columns, rows, side };
}

/**
 * Subtracts what is too broad to be ink, such as shadows: the opening of the picture by a square
 * (Serra 1982; on white ink, what bright things as large as the square are left of).
 */
function removeShadows(ink: Float32Array, width: number, height: number): void {
  const { cells, columns, rows, side } = averageSquares(ink, width, height, SHADOW_CELLS);
  const reach = Math.round(SHADOW_SIDE * Math.min(columns, rows) / 2);
  const eroded = leastNear(leastNear(cells, columns, reach), rows, reach).map((value) => -value);
  const shadow = leastNear(leastNear(eroded, columns, reach), rows, reach).map((value) => -value);
  for (let y = 0, i = 0; y < height; y++) {
    const v = Math.min(Math.max((y + 0.5) / side - 0.5, 0), rows - 1);
    const upper = Math.min(Math.floor(v), Math.max(0, rows - 2));
    const below = Math.min(upper + 1, rows - 1);
    for (let x = 0; x < width; x++, i++) {
      const u = Math.min(Math.max((x + 0.5) / side - 0.5, 0), columns - 1);
      const left = Math.min(Math.floor(u), Math.max(0, columns - 2));
      const right = Math.min(left + 1, columns - 1);
      const [a, b] = [u - left, v - upper];
      ink[i] -= (shadow[upper * columns + left] * (1 - a) + shadow[upper * columns + right] * a) *
          (1 - b) +
        (shadow[below * columns + left] * (1 - a) + shadow[below * columns + right] * a) * b;
    }
  }
}

/** The least value within `reach` along the rows; the result has columns for rows. */
function leastNear(cells: Float32Array, columns: number, reach: number): Float32Array {
  const rows = cells.length / columns;
  const least = new Float32Array(cells.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const last = Math.min(columns - 1, column + reach);
      let value = Infinity;
      for (let k = Math.max(0, column - reach); k <= last; k++) {
        const cell = cells[row * columns + k];
        if (cell < value) value = cell;
      }
      least[column * rows + row] = value;
    }
  }
  return least;
}

/** The smallest value that a share of the counted values does not exceed. */
function quantileOfCounts(counts: Uint32Array, share: number): number {
  const rank = share * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return counts.findIndex((count) => (seen += count) >= rank);
}

/** Brightness of the paper: along row `y` it is start + slope · x + bend · x². */
interface Paper {
  row(y: number): [start: number, slope: number, bend: number];
}

function fitPaper(picture: GreyPicture): Paper {
  const { width, height } = picture;
  const cells = averageCells(picture);
  const even = fitPolynomial(cells, picture, 1);
  const uneven = Math.min(width, height) < SMALL_SIDE ? even : fitPolynomial(cells, picture, 6);
  const { coefficients } = uneven.inliers > even.inliers ? uneven : even;
  const [c, cx, cy, cxx, cxy, cyy] = coefficients;
  return {
    row(row) {
      // Pixel centres: x' = (2 · column + 1) / width - 1, and the same down.
      const y = (2 * row + 1) / height - 1;
      const [scale, offset] = [2 / width, 1 / width - 1];
      const linear = cx + cxy * y;
      return [
        c + cy * y + cyy * y * y + linear * offset + cxx * offset * offset,
        scale * (linear + 2 * cxx * offset),
        cxx * scale * scale,
      ];
    },
  };
}

/** Fits a polynomial with so many terms to the cells, and counts those that it meets. */
function fitPolynomial(
  cells: Cell[],
  { width, height }: GreyPicture,
  terms: number,
): { coefficients: Float64Array; inliers: number } {
  const basis = new Float64Array(cells.length * terms);
  cells.forEach(({ x, y }, i) =>
    basis.set(monomials(2 * x / width - 1, 2 * y / height - 1).slice(0, terms), i * terms)
  );
  const residuals = new Float64Array(cells.length).fill(1);
  const weights = new Float64Array(cells.length);
  let coefficients = new Float64Array(6);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const smallest = iteration < ITERATIONS / 2 ? 4 : 0.5;
    for (let i = 0; i < cells.length; i++) {
      weights[i] = (cells[i].border ? BORDER_WEIGHT : 1) /
        Math.max(smallest, Math.abs(residuals[i]));
    }
    coefficients = leastSquares(basis, terms, cells, weights);
    for (let i = 0; i < cells.length; i++) {
      let residual = cells[i].value;
      for (let a = 0; a < terms; a++) residual -= basis[i * terms + a] * coefficients[a];
      residuals[i] = residual;
    }
  }
  const inliers = residuals.filter((residual) => Math.abs(residual) <= INLIER).length;
  return { coefficients, inliers };
}

interface Cell {
  /** Middle, in pixels. */
  x: number;
  y: number;
  /** Mean brightness. */
  value: number;
  border: boolean;
}

function averageCells({ width, height, values }: GreyPicture): Cell[] {
  const { cells, columns, rows, side } = averageSquares(values, width, height, CELLS);
  return Array.from(cells, (value, i) => {
    const column = i % columns;
    const row = (i - column) / columns;
    return {
      x: (column * side + Math.min((column + 1) * side, width)) / 2,
      y: (row * side + Math.min((row + 1) * side, height)) / 2,
      value,
      border: column === 0 || row === 0 || column === columns - 1 || row === rows - 1,
    };
  });
}

function monomials(x: number, y: number): number[] {
  return [1, x, y, x * x, x * y, y * y];
}

/** Weighted linear least squares by the normal equations and Gaussian elimination. */
function leastSquares(
  basis: Float64Array,
  terms: number,
  cells: Cell[],
  weights: Float64Array,
): Float64Array<ArrayBuffer> {
  const matrix = Array.from({ length: terms }, () => new Float64Array(terms + 1));
  for (let i = 0; i < cells.length; i++) {
    for (let a = 0; a < terms; a++) {
      const weighted = weights[i] * basis[i * terms + a];
      for (let b = a; b < terms; b++) matrix[a][b] += weighted * basis[i * terms + b];
      matrix[a][terms] += weighted * cells[i].value;
    }
  }
  for (let a = 0; a < terms; a++) for (let b = 0; b < a; b++) matrix[a][b] = matrix[b][a];
  for (let a = 0; a < terms; a++) {
    for (let b = a + 1; b < terms; b++) {
      const factor = matrix[b][a] / matrix[a][a];
      for (let column = a; column <= terms; column++) {
        matrix[b][column] -= factor * matrix[a][column];
      }
    }
  }
  const solution = new Float64Array(6);
  for (let a = terms - 1; a >= 0; a--) {
    let sum = matrix[a][terms];
    for (let b = a + 1; b < terms; b++) sum -= matrix[a][b] * solution[b];
    solution[a] = sum / matrix[a][a];
  }
  return solution;
}
