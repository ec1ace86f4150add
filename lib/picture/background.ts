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
const CELLS = 32;

/** A picture whose shorter side is less than this, in pixels, has light taken as even. */
const SMALL_SIDE = 48;

/** How much more a cell at the border counts: a digit seldom fills the rim of its picture. */
const BORDER_WEIGHT = 3;

const ITERATIONS = 12;

/**
 * Separates ink from paper. The paper's brightness is a polynomial of second degree in x and y,
 * fitted by iteratively reweighted least squares to the smallest sum of absolute differences (as
 * in Schlossmacher 1973), so that ink, the minority, does not count. Ink is what differs from
 * the paper on the side, dark or light, on which more does.
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
  const threshold = Math.max(4 * noise, 8);
  let [darker, lighter] = [0, 0];
  for (const d of difference) {
    if (d > threshold) lighter += d;
    else if (d < -threshold) darker -= d;
  }
  const sign = darker >= lighter ? -1 : 1;
  for (let i = 0; i < difference.length; i++) difference[i] = Math.max(0, sign * difference[i]);
  return { width, height, ink: difference, noise };
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
  const terms = Math.min(width, height) < SMALL_SIDE ? 1 : 6;
  const cells = averageCells(picture);
  const basis = cells.map(({ x, y }) => monomials(2 * x / width - 1, 2 * y / height - 1, terms));
  let coefficients = new Float64Array(6);
  const residuals = cells.map(() => 1);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const smallest = iteration < ITERATIONS / 2 ? 4 : 0.5;
    const weights = cells.map(({ border }, i) =>
      (border ? BORDER_WEIGHT : 1) / Math.max(smallest, Math.abs(residuals[i]))
    );
    coefficients = leastSquares(basis, cells.map(({ value }) => value), weights);
    cells.forEach(({ value }, i) => residuals[i] = value - dot(basis[i], coefficients));
  }
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

interface Cell {
  /** Middle, in pixels. */
  x: number;
  y: number;
  /** Mean brightness. */
  value: number;
  border: boolean;
}

function averageCells({ width, height, values }: GreyPicture): Cell[] {
  const side = Math.max(1, Math.ceil(Math.max(width, height) / CELLS));
  const cells: Cell[] = [];
  for (let top = 0; top < height; top += side) {
    const bottom = Math.min(top + side, height);
    for (let left = 0; left < width; left += side) {
      const right = Math.min(left + side, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += values[y * width + x];
      }
      cells.push({
        x: (left + right) / 2,
        y: (top + bottom) / 2,
        value: sum / ((right - left) * (bottom - top)),
        border: left === 0 || top === 0 || right === width || bottom === height,
      });
    }
  }
  return cells;
}

function monomials(x: number, y: number, terms: number): number[] {
  return [1, x, y, x * x, x * y, y * y].slice(0, terms);
}

/** Weighted linear least squares by the normal equations and Gaussian elimination. */
function leastSquares(
  basis: number[][],
  values: number[],
  weights: number[],
): Float64Array<ArrayBuffer> {
  const terms = basis[0].length;
  const matrix = Array.from({ length: terms }, () => new Float64Array(terms + 1));
  basis.forEach((row, i) => {
    for (let a = 0; a < terms; a++) {
      const weighted = weights[i] * row[a];
      for (let b = 0; b < terms; b++) matrix[a][b] += weighted * row[b];
      matrix[a][terms] += weighted * values[i];
    }
  });
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

function dot(row: number[], coefficients: Float64Array): number {
  return row.reduce((sum, value, i) => sum + value * coefficients[i], 0);
}
