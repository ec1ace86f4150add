/** A digit's ink into MNIST's frame. */

import { type Box, boxAround } from "../image/box.ts";
import { distanceTransform } from "../image/distance_transform.ts";
import { keysKernel } from "../image/keys_kernel.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { strokeWidth } from "../image/strokes.ts";

/** Side in pixels of the box that MNIST's makers fitted digits into (LeCun, Cortes and Burges). */
const BOX_SIDE = 20;

/**
 * Pixel on which the centre of mass lies in MNIST, to half a pixel: measured, the middle of all of
 * its pictures is between 13.50 and 14.50, because the box was shifted by whole pixels.
 */
const CENTRE = 14;

/** Ink fainter than this share of full ink does not widen the box. */
const FAINTEST = 0.05;

/** Ink of at least this share of full ink is inside a stroke. */
const EDGE = 0.4;

/**
 * Strokes that are thinner or thicker than this, in pixels of MNIST's box, are drawn anew, as thick
 * as `THIN` or `THICK`. Of MNIST's digits 2 % are thinner and 0.5 % are thicker.
 */
const [THINNEST, THIN, THICK, THICKEST] = [1.5, 1.9, 4.2, 5];

/** Side of the box in which strokes are drawn anew, in pixels. */
const FINE_SIDE = 4 * BOX_SIDE;

/** Share of a pixel by which ink may stick out of the box. */
const TOLERANCE = 0.05;

/** The ink of one digit, with nothing else around it. */
interface Ink {
  width: number;
  height: number;
  /** Ink from 0 to 1, `[height, width]`. */
  values: Float32Array;
}

/**
 * Places a digit as MNIST's makers did: fitted into a box of 20 × 20 pixels without changing its
 * proportions, grey where it covers a pixel in part, and shifted by whole pixels so that its
 * centre of mass is in the middle of 28 × 28. Strokes that are thinner or thicker than nearly all
 * of MNIST's are evened first.
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
  if (!digit.values.some((value) => value >= FAINTEST)) return pixels;
  const { width, height, values } = fit(evenStroke(digit), BOX_SIDE);
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      mass += values[i];
      massX += values[i] * x;
      massY += values[i] * y;
    }
  }
  const left = shift(massX / mass, width);
  const top = shift(massY / mass, height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      pixels[(top + y) * IMAGE_SIDE + left + x] = Math.round(255 * values[i]);
    }
  }
  return pixels;
}

/** Where the box begins so that the centre of mass comes to lie on the middle, within the frame. */
function shift(centre: number, size: number): number {
  return Math.min(Math.max(Math.round(CENTRE - centre), 0), IMAGE_SIDE - size);
}

/** Resamples the ink so that its box has `side` pixels along its longer side. */
function fit(digit: Ink, side: number): Ink {
  const box = boxOfInk(digit);
  const step = Math.max(box.width, box.height) / side;
  const width = Math.ceil(box.width / step - TOLERANCE);
  const height = Math.ceil(box.height / step - TOLERANCE);
  const across = resampling(digit.width, box.left + box.width / 2, step, width);
  const down = resampling(digit.height, box.top + box.height / 2, step, height);
  const narrow = resample(digit.values, digit.width, across);
  const values = resample(narrow, digit.height, down);
  return { width, height, values: values.map((value) => Math.min(Math.max(value, 0), 1)) };
}

/** Resamples every row; the result has columns for rows. */
function resample(values: Float32Array, width: number, taps: Tap[]): Float32Array {
  const rows = values.length / width;
  const resampled = new Float32Array(rows * taps.length);
  taps.forEach(({ first, weights }, column) => {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * values[row * width + first + k];
      resampled[column * rows + row] = sum;
    }
  });
  return resampled;
}

function boxOfInk({ width, values }: Ink): Box {
  const box = boxAround(values, width, FAINTEST);
  return Math.max(box.width, box.height) < BOX_SIDE ? trim(box, width, values) : box;
}

/** Leaves off what the ink does not fill of the outermost pixels: it matters where there are few. */
function trim({ left, top, width, height }: Box, stride: number, values: Float32Array): Box {
  const empty = (x: number, y: number, stepX: number, stepY: number, count: number) => {
    let most = 0;
    for (let k = 0; k < count; k++) {
      most = Math.max(most, values[(y + k * stepY) * stride + x + k * stepX]);
    }
    return Math.max(0, 1 - most);
  };
  const [leftmost, rightmost] = [left, left + width - 1].map((x) => empty(x, top, 0, 1, height));
  const [topmost, lowest] = [top, top + height - 1].map((y) => empty(left, y, 1, 0, width));
  return {
    left: left + leftmost,
    top: top + topmost,
    width: Math.max(0.5, width - leftmost - rightmost),
    height: Math.max(0.5, height - topmost - lowest),
  };
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
      sum += weights[k] = keysKernel(Math.abs(first + k - middle) / widening, -0.5);
    }
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Draws the strokes of a hairline thicker and those of a marker thinner: all that is within some
 * distance of the ink's edge becomes ink, or stops being ink. Other digits stay as they are.
 */
function evenStroke(digit: Ink): Ink {
  const box = boxOfInk(digit);
  const width = strokeWidth(digit.values, digit.width, EDGE) * BOX_SIDE /
    Math.max(box.width, box.height);
  const wanted = width < THINNEST ? THIN : width > THICKEST ? THICK : width;
  if (wanted === width) return digit;
  const fine = fit(digit, FINE_SIDE);
  const growth = (wanted - width) / 2 * FINE_SIDE / BOX_SIDE;
  const margin = Math.ceil(Math.max(0, growth)) + 1;
  const side = FINE_SIDE + 2 * margin;
  const full = fine.values.reduce((most, value) => Math.max(most, value), 0);
  const ink = new Uint8Array(side * side);
  for (let y = 0, i = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++, i++) {
      if (fine.values[i] >= EDGE * full) ink[(y + margin) * side + x + margin] = 1;
    }
  }
  const values = growth > 0
    ? distanceTransform(ink, side).map((toInk) => Math.min(1, Math.max(0, growth - toInk + 1)))
    : distanceTransform(ink.map((value) => 1 - value), side)
      .map((toPaper) => Math.min(1, Math.max(0, growth + toPaper)));
  return { width: side, height: side, values };
}
