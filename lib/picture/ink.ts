/** Ink told from paper: how much of it there is, which of the two is darker, how noisy the paper is. */

import type { GreyPicture } from "./decode.ts";
import { fitPaper, type Paper } from "./paper.ts";

/** How much ink there is everywhere. */
interface InkLayer {
  width: number;
  height: number;
  /** Difference in brightness from the paper around, towards the ink: 0 (paper) to 255, `[height, width]`. */
  ink: Float32Array;
  /** Standard deviation of the paper's own texture, in the same unit. */
  noise: number;
  /** The least difference that is not the paper's texture. */
  least: number;
}

/** Largest difference from the paper that is counted; a fitted paper may leave the range of brightness. */
const LARGEST = 1023;

/**
 * Separates ink from paper, whatever the light does to it. Which side of the paper, dark or light,
 * the ink is on is found, and shadows are taken off.
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
export function separateInk(picture: GreyPicture): InkLayer {
  const { width, height } = picture;
  const paper = fitPaper(picture);
  const differences = differencesOf(paper);
  const { ink, skewness, counts } = flatten(picture, paper, differences);
  const sign = skewness > 0 ? 1 : -1;
  const shadow = paper.isSmall
    ? undefined
    : shadows(differences.map((value) => sign * value), paper);
  for (let y = 0, i = 0; y < height; y++) {
    const shade = shadow?.(y);
    for (let x = 0; x < width; x++, i++) {
      ink[i] = Math.max(0, sign * ink[i] - (shade ? shade[x] : 0));
    }
  }
  const noise = noiseOf(counts, sign);
  return { width, height, ink, noise, least: leastInk(noise, farthestOf(counts, sign)) };
}

/** How much brighter than the paper every square is. */
function differencesOf({ cells, columns, rows, along }: Paper): Float32Array {
  const differences = new Float32Array(columns * rows);
  for (let row = 0, i = 0; row < rows; row++) {
    const [start, slope, bend] = along(row + 0.5);
    for (let x = 0.5; x < columns; x++, i++) {
      differences[i] = cells[i] - start - (slope + bend * x) * x;
    }
  }
  return differences;
}

/**
 * Takes the paper's brightness off every pixel, and measures what is left.
 *
 * Ink is the minority nearly everywhere, so that differences from the mean around are skewed
 * towards it, the more the rarer it is, while a shadow's edge has as much on either side; where a
 * digit fills its picture, differences from the paper tell.
 *
 * @returns Differences; the skewness of both, more than 0 for bright ink; and how many differences
 * there are of each size, in steps of one half from -{@linkcode LARGEST} on.
 */
function flatten(
  { width, height, values }: GreyPicture,
  { columns, rows, side, along }: Paper,
  differences: Float32Array,
) {
  const reach = Math.round(Math.min(columns, rows) / 4);
  const means = movingMeans(movingMeans(differences, columns, reach), rows, reach);
  const ink = new Float32Array(values.length);
  const across = Float64Array.from({ length: width }, (_, x) => (x + 0.5) / side);
  const counts = new Uint32Array(4 * LARGEST + 1);
  let [square, cube, squareAround, cubeAround] = [0, 0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    const [start, slope, bend] = along((y + 0.5) / side);
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
  const skewness = cubeAround / Math.max(1, squareAround) ** 1.5 +
    cube / Math.max(1, square) ** 1.5;
  return { ink, skewness, counts };
}

/** Means along the rows over `reach` cells on either side; the result has columns for rows. */
function movingMeans(cells: Float32Array, columns: number, reach: number): Float32Array {
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

/**
 * Median absolute deviation of what cannot be ink: of what is on the other side of the paper, or of
 * the smaller three quarters, since shadows mislead the one and a digit that fills its picture
 * misleads the other.
 */
function noiseOf(counts: Uint32Array, sign: 1 | -1): number {
  const darker = counts.slice(0, 2 * LARGEST + 1).reverse();
  const lighter = counts.subarray(2 * LARGEST);
  return 1.4826 / 2 * Math.min(
    quantileOfCounts(sign > 0 ? darker : lighter, 0.5),
    quantileOfCounts(darker.map((count, i) => i === 0 ? count : count + lighter[i]), 0.75 * 0.5),
  );
}

/** How far the paper goes on the side on which there is no ink, but for one pixel in a thousand. */
function farthestOf(counts: Uint32Array, sign: 1 | -1): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  let [at, beyond] = [sign > 0 ? 0 : counts.length - 1, 0];
  while ((beyond += counts[at]) <= OUTLIERS * all) at += sign;
  return Math.max(0, Math.abs(at - 2 * LARGEST) / 2);
}

/** Dark things that a square of this share of the shorter side fits into are shadows, not ink. */
const SHADOW_SIDE = 0.42;

/**
 * Finds what is too broad to be ink, such as shadows: the opening of the picture by a square
 * (Serra 1982; on white ink, what bright things as large as the square are left of).
 *
 * @param ink Of every square, `[rows, columns]`.
 *
 * @returns It along any row, in pixels; the same array every time.
 */
function shadows(ink: Float32Array, { columns, rows, side, width }: Paper) {
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

/** Ink, and where it is. */
export interface InkSheet extends InkLayer {
  /** 1 where there is ink, `[height, width]`. */
  mask: Uint8Array;
  /** Ink that hangs together is some only if there is so much somewhere in it. */
  strong: number;
}

/** Share of the pixels that do not count where it is asked how far the paper goes. */
const OUTLIERS = 0.001;

/**
 * Ink goes so many times as far from the paper as the paper itself does on the other side, or so many times the
 * noise, where that is less: as far as that, noise goes on either side, in blots as large as its grain.
 */
const LEAST_BEYOND = 2;
const MOST_CONTRAST_TO_NOISE = 10;

/** Paper and ink differ by at least so much brightness, and by so many times the paper's noise. */
const LEAST_CONTRAST = 6;
const LEAST_CONTRAST_TO_NOISE = 4;

/**
 * Marks where there is ink: Otsu's threshold over all that is more than the paper's texture (strong),
 * and half of it where it hangs together with that.
 *
 * @returns Undefined if there is none.
 */
export function markInk(layer: InkLayer): InkSheet | undefined {
  const { ink, least } = layer;
  const histogram = new Uint32Array(256);
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] >= least) histogram[Math.min(255, Math.trunc(ink[i] + 0.5))]++;
  }
  if (!histogram.some((count) => count > 0)) return undefined;
  const strong = Math.max(least, otsuThreshold(histogram));
  const weak = Math.max(least, strong / 2);
  const mask = new Uint8Array(ink.length);
  for (let i = 0; i < mask.length; i++) mask[i] = ink[i] >= weak ? 1 : 0;
  return { ...layer, mask, strong };
}

function leastInk(noise: number, farthest: number): number {
  return Math.max(
    LEAST_CONTRAST,
    LEAST_CONTRAST_TO_NOISE * noise,
    Math.min(LEAST_BEYOND * farthest, MOST_CONTRAST_TO_NOISE * noise),
  );
}

/** The value from which on the upper of two classes begins, whose means lie farthest apart. */
function otsuThreshold(histogram: Uint32Array): number {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const sum = histogram.reduce((sum, count, value) => sum + count * value, 0);
  let [below, sumBelow, best, bestVariance] = [0, 0, 0, -1];
  for (let value = 0; value < 255; value++) {
    below += histogram[value];
    sumBelow += histogram[value] * value;
    if (below === 0 || below === total) continue;
    const distance = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * distance * distance;
    if (variance > bestVariance) [best, bestVariance] = [value + 1, variance];
  }
  return best;
}
