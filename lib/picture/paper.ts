/** The paper: what the light does to it. */

import { boxMeans } from "../image/shrink.ts";
import type { GreyPicture } from "./decode.ts";

/** A picture in squares. */
interface Squares {
  /** Mean of every square, `[rows, columns]`. */
  cells: Float32Array;
  columns: number;
  rows: number;
  /** Side of a square in pixels. */
  side: number;
  /** Of the picture, in pixels. */
  width: number;
}

/** Averages squares, so that there are at most `count` along the longer side. */
function averageSquares(
  values: Float32Array | Uint8Array,
  width: number,
  height: number,
  count: number,
): Squares {
  const side = Math.max(1, Math.ceil(Math.max(width, height) / count));
  const [columns, rows] = [width, height].map((length) => Math.ceil(length / side));
  const edges = (count: number, length: number) =>
    Array.from({ length: count + 1 }, (_, i) => Math.min(i * side, length));
  const means = boxMeans(values, width, edges(columns, width), edges(rows, height));
  return { cells: new Float32Array(means), columns, rows, side, width };
}

/** Squares along the longer side of a picture, and while the paper is fitted. */
const SQUARES = 48;
const COARSE_SQUARES = 24;

/** A picture whose shorter side is less than this, in pixels, has light taken as even. */
const SMALL_SIDE = 48;

/** How much more a square at the border counts: a digit seldom fills the rim of its picture. */
const BORDER_WEIGHT = 3;

const ITERATIONS = 10;

/**
 * A square whose brightness differs by no more than this from the paper's is met by the paper's
 * polynomial; the one that meets more is taken (as in RANSAC, Fischler and Bolles 1981).
 */
const INLIER = 6;

/** So far a square may differ at first, and each time by such a share of it, where much of the picture is no paper. */
const FIRST_SCALE = 36;
const NEXT_SCALE = 0.8;

/** Where less than this share of the squares meets the paper, another is looked for that bends less. */
const LEAST_MET = 0.7;

/**
 * Where less than this share of the pixels meets the paper, there may be ink in nearly all squares, as on a form of small
 * boxes: so it is looked at in a picture that is so many times as wide as high that it is of several digits.
 */
const LEAST_PIXELS_MET = 0.5;
const SEVERAL_DIGITS = 1.2;

/** Pixels that are looked at for it. */
const SAMPLED_PIXELS = 20000;

/** In a square with ink in it, paper is as light as the pixel of this rank; as dark, where ink is light. */
const PAPER_RANK = 0.8;

/** The paper of a picture, in squares. */
export interface Paper extends Squares {
  /** Brightness along a row: start + slope · x + bend · x², x and y in squares from the top left. */
  along: (y: number) => [start: number, slope: number, bend: number];
  /** The picture is so small that its light was taken as even. */
  isSmall: boolean;
}

/**
 * Fits the paper's brightness: the one that most of the picture has, or a polynomial of second
 * degree in x and y, fitted by iteratively reweighted least squares to the smallest sum of absolute
 * differences (as in Schlossmacher 1973), so that ink, the minority, does not count.
 */
export function fitPaper({ width, height, values }: GreyPicture): Paper {
  const squares = averageSquares(values, width, height, SQUARES);
  const isSmall = Math.min(width, height) < SMALL_SIDE;
  const { cells, columns, rows } = squares;
  const coarse = weighSquares(averageSquares(cells, columns, rows, COARSE_SQUARES));
  const even = fitConstant(coarse);
  const total = coarse.reduce((sum, { weight }) => sum + weight, 0);
  const uneven = isSmall ? even : fitPolynomial(coarse);
  let better = uneven.met > even.met ? uneven : even;
  if (!isSmall && better.met < LEAST_MET * total) {
    const unbent = fitPolynomial(coarse, even.coefficients[0]);
    if (unbent.met >= LEAST_MET * total) better = unbent;
  }
  const { coefficients } = columns >= SEVERAL_DIGITS * rows
    ? fitCrowded(squares, values, better)
    : better;
  const [c, cx, cy, cxx, cxy, cyy] = coefficients;
  return { ...squares, along: (y) => [c + (cy + cyy * y) * y, cx + cxy * y, cxx], isSmall };
}

interface Fit {
  /** Of 1, x, y, x², x·y, y². */
  coefficients: ArrayLike<number> & Iterable<number>;
  /** Weight of the squares that it meets. */
  met: number;
}

/** The brightness that most of the picture has. */
function fitConstant(squares: WeighedSquare[]): Fit {
  const weights = new Float32Array(256);
  for (const { value, weight } of squares) weights[Math.round(value)] += weight;
  let [most, middle] = [-1, 0];
  for (let value = 0; value < 256; value++) {
    const met = weights.subarray(Math.max(0, value - INLIER), value + INLIER + 1)
      .reduce((sum, weight) => sum + weight, 0);
    if (met > most) [most, middle] = [met, value];
  }
  let [sum, met] = [0, 0];
  for (const { value, weight } of squares) {
    if (Math.abs(Math.round(value) - middle) > INLIER) continue;
    sum += weight * value;
    met += weight;
  }
  return { coefficients: [sum / met, 0, 0, 0, 0, 0], met };
}

/**
 * The fit, if enough pixels meet it; or of it, the brightness that most pixels have, and polynomials of the lightest and
 * the darkest in every square, the one that most pixels meet.
 */
function fitCrowded({ side, width, columns, rows }: Squares, values: Uint8Array, fit: Fit): Fit {
  const step = Math.ceil(values.length / SAMPLED_PIXELS);
  const met = ({ coefficients: [c, cx, cy, cxx, cxy, cyy] }: Fit) => {
    let count = 0;
    for (let i = 0; i < values.length; i += step) {
      const [x, y] = [(i % width + 0.5) / side, (Math.floor(i / width) + 0.5) / side];
      const paper = c + cx * x + cy * y + cxx * x * x + cxy * x * y + cyy * y * y;
      if (Math.abs(values[i] - paper) <= INLIER) count++;
    }
    return count * step / values.length;
  };
  if (met(fit) >= LEAST_PIXELS_MET) return fit;
  const sampled = Array.from(
    { length: Math.ceil(values.length / step) },
    (_, i) => ({ x: 0, y: 0, value: values[i * step], weight: 1 }),
  );
  const coarse = Math.ceil(Math.max(columns, rows) / COARSE_SQUARES);
  const bySquare = pixelsOf(values, width, side * coarse);
  const fits = [
    fit,
    fitConstant(sampled),
    ...[1 - PAPER_RANK, PAPER_RANK].map((rank) =>
      fitPolynomial(bySquare.map(({ x, y, pixels }) => ({
        x: x * coarse,
        y: y * coarse,
        value: pixels[Math.floor(rank * pixels.length)],
        weight: 1,
      })))
    ),
  ].map((fit) => ({ ...fit, met: met(fit) }));
  return fits.reduce((best, fit) => fit.met > best.met ? fit : best);
}

/** The pixels of every square from dark to light; its middle in squares. */
function pixelsOf(values: Uint8Array, width: number, side: number) {
  const height = values.length / width;
  const squares: { x: number; y: number; pixels: Uint8Array }[] = [];
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const lines: number[] = [];
      for (let y = top; y < Math.min(top + side, height); y++) {
        lines.push(...values.subarray(y * width + left, y * width + Math.min(left + side, width)));
      }
      squares.push({
        x: left / side + 0.5,
        y: top / side + 0.5,
        pixels: Uint8Array.from(lines).sort(),
      });
    }
  }
  return squares;
}

/**
 * @param around Squares count the less the more they differ from this brightness, later from the fit (Geman and
 * McClure 1987, graduated as in Blake and Zisserman 1987), so that a table beside the paper does not bend it.
 */
function fitPolynomial(squares: WeighedSquare[], around?: number): Fit {
  const basis = new Float64Array(squares.length * TERMS);
  let count = 0;
  for (const { x, y } of squares) {
    for (const term of [1, x, y, x * x, x * y, y * y]) basis[count++] = term;
  }
  const residuals = Float64Array.from(
    squares,
    ({ value }) => around === undefined ? 1 : value - around,
  );
  const weights = new Float64Array(squares.length);
  let coefficients = new Float64Array(TERMS);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const smallest = iteration < ITERATIONS / 2 ? 4 : 0.5;
    const scale = Math.max(INLIER, FIRST_SCALE * NEXT_SCALE ** iteration);
    for (let i = 0; i < squares.length; i++) {
      const size = Math.abs(residuals[i]);
      weights[i] = squares[i].weight /
        (around === undefined ? Math.max(smallest, size) : (1 + (size / scale) ** 2) ** 2);
    }
    coefficients = leastSquares(basis, squares, weights);
    for (let i = 0; i < squares.length; i++) {
      let residual = squares[i].value;
      for (let a = 0; a < TERMS; a++) residual -= basis[i * TERMS + a] * coefficients[a];
      residuals[i] = residual;
    }
  }
  let met = 0;
  residuals.forEach((residual, i) => {
    if (Math.abs(residual) <= INLIER) met += squares[i].weight;
  });
  return { coefficients, met };
}

interface WeighedSquare {
  /** Middle, in squares. */
  x: number;
  y: number;
  /** Mean brightness. */
  value: number;
  /** How much it counts. */
  weight: number;
}

function weighSquares({ cells, columns, rows, side }: Squares): WeighedSquare[] {
  return Array.from(cells, (value, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const atBorder = column === 0 || row === 0 || column === columns - 1 || row === rows - 1;
    return {
      x: (column + 0.5) * side,
      y: (row + 0.5) * side,
      value,
      weight: atBorder ? BORDER_WEIGHT : 1,
    };
  });
}

/** Coefficients of a polynomial of second degree in two variables. */
const TERMS = 6;

/** Weighted linear least squares by the normal equations and Gaussian elimination. */
function leastSquares(
  basis: Float64Array,
  squares: WeighedSquare[],
  weights: Float64Array,
): Float64Array<ArrayBuffer> {
  const matrix = Array.from({ length: TERMS }, () => new Float64Array(TERMS + 1));
  for (let a = 0; a < TERMS; a++) {
    const row = matrix[a];
    for (let i = 0; i < squares.length; i++) {
      const weighted = weights[i] * basis[i * TERMS + a];
      for (let b = a; b < TERMS; b++) row[b] += weighted * basis[i * TERMS + b];
      row[TERMS] += weighted * squares[i].value;
    }
  }
  for (let a = 0; a < TERMS; a++) for (let b = 0; b < a; b++) matrix[a][b] = matrix[b][a];
  for (let a = 0; a < TERMS; a++) {
    for (let b = a + 1; b < TERMS; b++) {
      const factor = matrix[b][a] / matrix[a][a];
      for (let column = a; column <= TERMS; column++) {
        matrix[b][column] -= factor * matrix[a][column];
      }
    }
  }
  const solution = new Float64Array(TERMS);
  for (let a = TERMS - 1; a >= 0; a--) {
    let sum = matrix[a][TERMS];
    for (let b = a + 1; b < TERMS; b++) sum -= matrix[a][b] * solution[b];
    solution[a] = sum / matrix[a][a];
  }
  return solution;
}
