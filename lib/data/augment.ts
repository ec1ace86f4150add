/** Augmentation: the same digit as another hand might have put it on the paper. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "./dataset.ts";
import type { Random } from "./random.ts";

/** Strength of the augmentation of digits: light, so that a digit stays a plausible MNIST digit. */
const ROTATION = 10 * Math.PI / 180;
const LOG_SCALE = 0.1;
const SHEAR = 0.12;
const SHIFT = 1.2;
/** Standard deviation of the elastic field at its grid points, in half picture sides. */
const ELASTIC = 0.03;

/** Points of the elastic field's grid along a side. */
const GRID = 5;

/**
 * Draws a random variant of a digit: rotated by up to ±10°, scaled by up to
 * e^±0.1 in each axis, sheared by up to ±0.12, shifted by up to ±1.2 pixels and
 * warped by a smooth random field (after Simard et al. 2003).
 *
 * @param image Pixels 0–255, `[28, 28]`.
 * @param target Receives pixels 0–1, `[28, 28]`.
 *
 * @example Never twice the same
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 * import { Random } from "./random.ts";
 * const image = new Uint8Array(784).fill(255, 300, 500);
 * const [one, other] = [new Float32Array(784), new Float32Array(784)];
 * augmentDigit(image, one, new Random(1));
 * augmentDigit(image, other, new Random(2));
 * assertNotEquals(one, other);
 * ```
 */
export function augmentDigit(image: Uint8Array, target: Float32Array, random: Random): void {
  const symmetric = (limit: number) => random.uniform(-limit, limit);
  const rotation = symmetric(ROTATION);
  const [scaleX, scaleY] = [Math.exp(symmetric(LOG_SCALE)), Math.exp(symmetric(LOG_SCALE))];
  const shear = symmetric(SHEAR);
  const [shiftX, shiftY] = [symmetric(SHIFT), symmetric(SHIFT)];
  const [cosine, sine] = [Math.cos(rotation), Math.sin(rotation)];
  // From a pixel of the variant to a point of the original, both relative to the middle.
  const [xx, xy] = [cosine * scaleX, (shear * cosine - sine) * scaleY];
  const [yx, yy] = [sine * scaleX, (shear * sine + cosine) * scaleY];
  const middle = (IMAGE_SIDE - 1) / 2;
  const fieldX = smoothField(random);
  const fieldY = smoothField(random);
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      const [x, y] = [column - middle, row - middle];
      target[i] = sample(
        image,
        middle + xx * x + xy * y + shiftX + fieldX[i],
        middle + yx * x + yy * y + shiftY + fieldY[i],
      );
    }
  }
}

/**
 * Weights with which the 5 grid points enter each of the 28 positions along a side, `[28, 5]`
 * (cubic convolution, Keys 1981).
 */
const GRID_WEIGHTS = new Float64Array(IMAGE_SIDE * GRID);
for (let position = 0; position < IMAGE_SIDE; position++) {
  const at = position / (IMAGE_SIDE - 1) * (GRID - 1);
  for (let tap = Math.floor(at) - 1; tap <= Math.floor(at) + 2; tap++) {
    const point = Math.min(Math.max(tap, 0), GRID - 1);
    GRID_WEIGHTS[position * GRID + point] += keys(Math.abs(at - tap));
  }
}

function keys(distance: number): number {
  const a = -0.75;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance ** 2 + 1;
  return distance < 2 ? ((distance - 5) * distance + 8) * distance * a - 4 * a : 0;
}

/** Displacements in pixels, `[28, 28]`: random numbers on a 5×5 grid, interpolated. */
function smoothField(random: Random): Float32Array {
  const grid = new Float64Array(GRID * GRID);
  for (let i = 0; i < grid.length; i++) grid[i] = random.normal() * ELASTIC * IMAGE_SIDE / 2;
  const rows = new Float64Array(GRID * IMAGE_SIDE);
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < IMAGE_SIDE; x++) {
      rows[y * IMAGE_SIDE + x] = dot(GRID_WEIGHTS, x * GRID, grid, y * GRID, 1);
    }
  }
  const field = new Float32Array(IMAGE_PIXELS);
  for (let y = 0, i = 0; y < IMAGE_SIDE; y++) {
    for (let x = 0; x < IMAGE_SIDE; x++, i++) {
      field[i] = dot(GRID_WEIGHTS, y * GRID, rows, x, IMAGE_SIDE);
    }
  }
  return field;
}

/** Sum of five weights times every `stride`-th value. */
function dot(
  weights: Float64Array,
  first: number,
  values: Float64Array,
  start: number,
  stride: number,
): number {
  return weights[first] * values[start] +
    weights[first + 1] * values[start + stride] +
    weights[first + 2] * values[start + 2 * stride] +
    weights[first + 3] * values[start + 3 * stride] +
    weights[first + 4] * values[start + 4 * stride];
}

/** Brightness 0–1 between the pixels around (x, y), bilinear; black outside. */
function sample(image: Uint8Array, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < -1 || top < -1 || left >= IMAGE_SIDE || top >= IMAGE_SIDE) return 0;
  const rightShare = x - left;
  const lowerShare = y - top;
  const upper = pixel(image, left, top) * (1 - rightShare) +
    pixel(image, left + 1, top) * rightShare;
  const lower = pixel(image, left, top + 1) * (1 - rightShare) +
    pixel(image, left + 1, top + 1) * rightShare;
  return (upper * (1 - lowerShare) + lower * lowerShare) / 255;
}

function pixel(image: Uint8Array, column: number, row: number): number {
  const inside = column >= 0 && column < IMAGE_SIDE && row >= 0 && row < IMAGE_SIDE;
  return inside ? image[row * IMAGE_SIDE + column] : 0;
}
