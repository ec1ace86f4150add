/** A digit's ink into MNIST's frame. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../data/dataset.ts";

/** Side in pixels of the box that MNIST's makers fitted digits into (LeCun, Cortes and Burges). */
const BOX_SIDE = 20;

/**
 * Pixel on which the centre of mass lies in MNIST, to half a pixel: measured, the middle of all of
 * its pictures is between 13.50 and 14.50, because the box was shifted by whole pixels.
 */
const CENTRE = 14;

/** Ink fainter than this share of full ink does not widen the box. */
const FAINTEST = 0.05;

/** Share of a pixel by which ink may stick out of the box. */
const TOLERANCE = 0.05;

/** The ink of one digit, with nothing else around it. */
export interface Ink {
  width: number;
  height: number;
  /** Ink from 0 to 1, `[height, width]`. */
  values: Float32Array;
}

/**
 * Places a digit as MNIST's makers did: fitted into a box of 20 × 20 pixels without changing its
 * proportions, grey where it covers a pixel in part, and shifted by whole pixels so that its
 * centre of mass is in the middle of 28 × 28.
 *
 * Resampled by cubic convolution (Keys 1981), widened where the picture shrinks.
 *
 * @returns White ink (255) on black (0), `[28, 28]`; all black if there is no ink.
 *
 * @example A vertical bar becomes 20 pixels high
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const pixels = placeDigit({ width: 10, height: 60, values: new Float32Array(600).fill(1) });
 * const rows = Array.from({ length: 28 }, (_, y) => pixels.subarray(28 * y, 28 * y + 28));
 * assertEquals(rows.filter((row) => row.some((value) => value > 0)).length, 20);
 * ```
 */
export function placeDigit(digit: Ink): Uint8Array {
  const pixels = new Uint8Array(IMAGE_PIXELS);
  const box = boxOfInk(digit);
  if (!box) return pixels;
  const step = Math.max(box.width, box.height) / BOX_SIDE;
  const columns = Math.ceil(box.width / step - TOLERANCE);
  const rows = Math.ceil(box.height / step - TOLERANCE);
  const across = resampling(digit.width, box.left + box.width / 2, step, columns);
  const down = resampling(digit.height, box.top + box.height / 2, step, rows);
  const narrow = new Float32Array(digit.height * columns);
  for (let y = 0; y < digit.height; y++) {
    for (let column = 0; column < columns; column++) {
      const { first, weights } = across[column];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k] * digit.values[y * digit.width + first + k];
      }
      narrow[y * columns + column] = sum;
    }
  }
  const small = new Float32Array(rows * columns);
  let [mass, massX, massY] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const { first, weights } = down[row];
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k] * narrow[(first + k) * columns + column];
      }
      const value = Math.min(Math.max(sum, 0), 1);
      small[row * columns + column] = value;
      mass += value;
      massX += value * column;
      massY += value * row;
    }
  }
  const left = shift(massX / mass, columns);
  const top = shift(massY / mass, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      pixels[(top + row) * IMAGE_SIDE + left + column] = Math.round(
        255 * small[row * columns + column],
      );
    }
  }
  return pixels;
}

/** Where the box begins so that the centre of mass comes to lie on the middle, within the frame. */
function shift(centre: number, size: number): number {
  return Math.min(Math.max(Math.round(CENTRE - centre), 0), IMAGE_SIDE - size);
}

interface InkBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

function boxOfInk({ width, height, values }: Ink): InkBox | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (values[i] < FAINTEST) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

interface Tap {
  /** Index of the first sample. */
  first: number;
  /** Weights of the samples from there on, summing to 1. */
  weights: Float32Array;
}

/** Weights that resample a line into `count` pixels of `step` samples each around `centre`. */
function resampling(length: number, centre: number, step: number, count: number): Tap[] {
  const widening = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const middle = centre + (i + 0.5 - count / 2) * step - 0.5;
    const first = Math.max(0, Math.ceil(middle - 2 * widening));
    const last = Math.min(length - 1, Math.floor(middle + 2 * widening));
    const weights = new Float32Array(last - first + 1);
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      sum += weights[k] = keys(Math.abs(first + k - middle) / widening);
    }
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Cubic convolution with a = -1/2 (Keys 1981, equation 15). */
function keys(distance: number): number {
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  return distance < 2 ? ((2.5 - 0.5 * distance) * distance - 4) * distance + 2 : 0;
}

/** Left alone for now. */
export function evenStroke(digit: Ink): Ink {
  return digit;
}
