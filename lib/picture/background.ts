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

/** Squares along the longer side, in which brightness is averaged before shadows are looked for. */
const SQUARES = 48;

/** The same before the paper is fitted. */
const COARSE_SQUARES = 24;

/** A picture whose shorter side is less than this, in pixels, has light taken as even. */
const SMALL_SIDE = 48;

/** How much more a square at the border counts: a digit seldom fills the rim of its picture. */
const BORDER_WEIGHT = 3;

const ITERATIONS = 10;

/** Largest difference from the paper that is counted; a fitted paper may leave the range of brightness. */
const LARGEST = 1023;

/**
 * A square whose brightness differs by no more than this from the paper's is met by the paper's
 * polynomial; the one that meets more is taken (as in RANSAC, Fischler and Bolles 1981).
 */
const INLIER = 6;

/** Dark things that a square of this share of the shorter side fits into are shadows, not ink. */
const SHADOW_SIDE = 0.42;

/**
 * Separates ink from paper. The paper's brightness is the one that most of the picture has, or a
 * polynomial of second degree in x and y, fitted by iteratively reweighted least squares to the
 * smallest sum of absolute differences (as in Schlossmacher 1973), so that ink, the minority, does
 * not count. Which side of the paper, dark or light, the ink is on is found, and shadows are taken
 * off.
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
  const squares = averageSquares(values, width, height, SQUARES);
  const { columns, rows, side } = squares;
  const small = Math.min(width, height) < SMALL_SIDE;
  const paper = fitPaper(squares, small);
  const differences = new Float32Array(columns * rows);
  for (let row = 0, i = 0; row < rows; row++) {
    const [start, slope, bend] = paper(row + 0.5);
    for (let x = 0.5; x < columns; x++, i++) {
      differences[i] = squares.cells[i] - start - (slope + bend * x) * x;
    }
  }
  const reach = Math.round(Math.min(columns, rows) / 4);
  const means = boxMeans(boxMeans(differences, columns, reach), rows, reach);

  const ink = new Float32Array(values.length);
  const across = Float64Array.from({ length: width }, (_, x) => (x + 0.5) / side);
  const counts = new Uint32Array(4 * LARGEST + 1); // of differences in steps of one half
  let [square, cube, squareAround, cubeAround] = [0, 0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    // The polynomial along a row.
    const [start, slope, bend] = paper((y + 0.5) / side);
    const firstMean = Math.floor(y / side) * columns;
    for (let x = 0; x < width; x++, i++) {
      const u = across[x];
      const difference = values[i] - start - (slope + bend * u) * u;
      ink[i] = difference;
      square += difference * difference;
      cube += difference * difference * difference;
      const excess = difference - means[firstMean + Math.trunc(u)];
      squareAround += excess * excess;
      cubeAround += excess * excess * excess;
      counts[Math.trunc(2 * (difference + LARGEST) + 0.5)]++;
    }
  }
  // Ink is the minority nearly everywhere, so that differences from the mean around are skewed
  // towards it, the more the rarer it is, while a shadow's edge has as much on either side; where a
  // digit fills its picture, differences from the paper tell.
  const skewness = cubeAround / Math.max(1, squareAround) ** 1.5 +
    cube / Math.max(1, square) ** 1.5;
  const sign = skewness > 0 ? 1 : -1;
  const shadow = small ? undefined : shadows(differences.map((value) => sign * value), squares);
  for (let y = 0, i = 0; y < height; y++) {
    const shade = shadow?.(y);
    for (let x = 0; x < width; x++, i++) {
      ink[i] = Math.max(0, sign * ink[i] - (shade ? shade[x] : 0));
    }
  }
  // Median absolute deviation of what cannot be ink: of what is on the other side of the paper, or
  // of the smaller three quarters, since shadows mislead the one and a digit that fills its picture
  // misleads the other.
  const darker = counts.slice(0, 2 * LARGEST + 1).reverse();
  const lighter = counts.subarray(2 * LARGEST);
  const noise = 1.4826 / 2 * Math.min(
    quantileOfCounts(sign > 0 ? darker : lighter, 0.5),
    quantileOfCounts(darker.map((count, i) => i === 0 ? count : count + lighter[i]), 0.75 * 0.5),
  );
  return { width, height, ink, noise };
}

/** Means along the rows over `reach` cells on either side; the result has columns for rows. */
function boxMeans(cells: Float32Array, columns: number, reach: number): Float32Array {
  const rows = cells.length / columns;
  const means = new Float32Array(cells.length);
  for (let row = 0; row < rows; row++) {
    const line = cells.subarray(row * columns, (row + 1) * columns);
    let sum = 0;
    for (let k = 0; k < reach; k++) sum += line[k];
    for (let column = 0; column < columns; column++) {
      if (column + reach < columns) sum += line[column + reach];
      if (column > reach) sum -= line[column - reach - 1];
      const count = Math.min(columns, column + reach + 1) - Math.max(0, column - reach);
      means[column * rows + row] = sum / count;
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
  return { cells, columns, rows, side, width };
}

/**
 * What is too broad to be ink, such as shadows: the opening of the picture by a square
 * (Serra 1982; on white ink, what bright things as large as the square are left of).
 *
 * @returns It along any row, in pixels; the same array every time.
 */
function shadows(ink: Float32Array, { columns, rows, side, width }: Squares) {
  const reach = Math.round(SHADOW_SIDE * Math.min(columns, rows) / 2);
  const eroded = leastNear(leastNear(ink, columns, reach), rows, reach).map((value) => -value);
  const opened = leastNear(leastNear(eroded, columns, reach), rows, reach).map((value) => -value);
  const between = (position: number, count: number): [before: number, share: number] => {
    const at = Math.min(Math.max((position + 0.5) / side - 0.5, 0), count - 1);
    const before = Math.min(Math.floor(at), Math.max(0, count - 2));
    return [before, at - before];
  };
  const lefts = new Int32Array(width);
  const shares = new Float32Array(width);
  for (let x = 0; x < width; x++) [lefts[x], shares[x]] = between(x, columns);
  const line = new Float32Array(columns + 1);
  const shade = new Float32Array(width);
  return (y: number) => {
    const [above, share] = between(y, rows);
    const below = Math.min(above + 1, rows - 1);
    for (let k = 0; k < columns; k++) {
      line[k] = opened[above * columns + k] * (1 - share) + opened[below * columns + k] * share;
    }
    for (let x = 0; x < width; x++) {
      const left = line[lefts[x]];
      shade[x] = left + (line[lefts[x] + 1] - left) * shares[x];
    }
    return shade;
  };
}

/** The least value within `reach` along the rows; the result has columns for rows. */
function leastNear(cells: Float32Array, columns: number, reach: number): Float32Array {
  const rows = cells.length / columns;
  const least = new Float32Array(cells.length);
  for (let row = 0; row < rows; row++) {
    const line = cells.subarray(row * columns, (row + 1) * columns);
    let at = -1;
    for (let column = 0; column < columns; column++) {
      const first = Math.max(0, column - reach);
      const last = Math.min(columns - 1, column + reach);
      // All of them are looked at only where the least has gone out of reach.
      if (at < first) {
        at = first;
        for (let k = first + 1; k <= last; k++) if (line[k] <= line[at]) at = k;
      } else if (line[last] <= line[at]) at = last;
      least[column * rows + row] = line[at];
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

/**
 * Brightness of the paper along a row: start + slope · x + bend · x², x and y in squares
 * from the top left.
 */
type Paper = (y: number) => [start: number, slope: number, bend: number];

function fitPaper({ cells, columns, rows }: Squares, alwaysEven: boolean): Paper {
  const coarse = weighSquares(averageSquares(cells, columns, rows, COARSE_SQUARES));
  const even = fitConstant(coarse);
  const uneven = alwaysEven ? even : fitPolynomial(coarse);
  const { coefficients } = uneven.met > even.met ? uneven : even;
  const [c, cx, cy, cxx, cxy, cyy] = coefficients;
  return (y) => [c + (cy + cyy * y) * y, cx + cxy * y, cxx];
}

interface Fit {
  /** Of 1, x, y, x², x·y, y². */
  coefficients: Iterable<number>;
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

function fitPolynomial(squares: WeighedSquare[]): Fit {
  const basis = new Float64Array(squares.length * TERMS);
  let count = 0;
  for (const { x, y } of squares) {
    for (const term of [1, x, y, x * x, x * y, y * y]) basis[count++] = term;
  }
  const residuals = new Float64Array(squares.length).fill(1);
  const weights = new Float64Array(squares.length);
  let coefficients = new Float64Array(TERMS);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const smallest = iteration < ITERATIONS / 2 ? 4 : 0.5;
    for (let i = 0; i < squares.length; i++) {
      weights[i] = squares[i].weight / Math.max(smallest, Math.abs(residuals[i]));
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
