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
 * import { Random } from "./lib/data/random.ts";
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

/** Weights with which the 5 grid points enter each of the 28 positions along a side (cubic convolution, Keys 1981). */
const GRID_WEIGHTS = Array.from({ length: IMAGE_SIDE }, (_, position) => {
  const at = position / (IMAGE_SIDE - 1) * (GRID - 1);
  const weights = new Float64Array(GRID);
  for (let tap = Math.floor(at) - 1; tap <= Math.floor(at) + 2; tap++) {
    weights[Math.min(Math.max(tap, 0), GRID - 1)] += keys(Math.abs(at - tap));
  }
  return weights;
});

function keys(distance: number): number {
  const a = -0.75;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance ** 2 + 1;
  return distance < 2 ? ((distance - 5) * distance + 8) * distance * a - 4 * a : 0;
}

/** Displacements in pixels, `[28, 28]`: random numbers on a 5×5 grid, interpolated. */
function smoothField(random: Random): Float32Array {
  const grid = Float64Array.from(
    { length: GRID * GRID },
    () => random.normal() * ELASTIC * IMAGE_SIDE / 2,
  );
  const rows = new Float64Array(GRID * IMAGE_SIDE);
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < IMAGE_SIDE; x++) {
      for (let k = 0; k < GRID; k++) {
        rows[y * IMAGE_SIDE + x] += GRID_WEIGHTS[x][k] * grid[y * GRID + k];
      }
    }
  }
  const field = new Float32Array(IMAGE_PIXELS);
  for (let y = 0, i = 0; y < IMAGE_SIDE; y++) {
    for (let x = 0; x < IMAGE_SIDE; x++, i++) {
      for (let k = 0; k < GRID; k++) field[i] += GRID_WEIGHTS[y][k] * rows[k * IMAGE_SIDE + x];
    }
  }
  return field;
}

/** Brightness 0–1 between the pixels around (x, y), bilinear; black outside. */
function sample(image: Uint8Array, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [rightShare, lowerShare] = [x - left, y - top];
  const pixel = (column: number, row: number) =>
    column >= 0 && column < IMAGE_SIDE && row >= 0 && row < IMAGE_SIDE
      ? image[row * IMAGE_SIDE + column]
      : 0;
  const upper = pixel(left, top) * (1 - rightShare) + pixel(left + 1, top) * rightShare;
  const lower = pixel(left, top + 1) * (1 - rightShare) + pixel(left + 1, top + 1) * rightShare;
  return (upper * (1 - lowerShare) + lower * lowerShare) / 255;
}
