/** Augmentation: the same digit as another hand might have put it on other paper. */

import { Points } from "../../image/affine.ts";
import { keysWeights } from "../../image/keys_kernel.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Random } from "../random.ts";
import { type Change, change } from "./changes.ts";

/** A step that moves ink. */
type Movement =
  | {
    kind: "affine";
    /** Largest rotation in degrees, either way. */
    rotation: number;
    /** Largest natural logarithm of an axis's scale, up or down; each axis has its own. */
    logScale: number;
    /** Largest shear, either way: pixels across for a pixel down. */
    shear: number;
    /** Largest shift along each axis in pixels, either way. */
    shift: number;
  }
  /** A smooth random field of moves, after Simard, Steinkraus & Platt 2003. */
  | {
    kind: "elastic";
    /** Standard deviation of the moves at the 5 × 5 points of a grid, in half sides of the picture. */
    deviation: number;
  };

/** A step of an augmentation; after a stop, none is made. */
type AugmentationStep = (Movement | Change | { kind: "stop" }) & {
  /**
   * How often it is applied, 0–1.
   * @default {1}
   */
  share?: number;
};

/** Random changes, made one after the other. Plain data: workers get it as it is. */
export type Augmentation = readonly AugmentationStep[];

/**
 * Draws a random variant of a picture.
 *
 * Movements that follow one another are made together and the picture is sampled once, so that it
 * stays sharp.
 *
 * @param image Pixels 0–255, `[28, 28]`, white ink on black.
 * @param target Receives pixels 0–1, `[28, 28]`.
 * @param augmentation What to do; without a step the picture stays as it is.
 * @param random The same random numbers make the same variant.
 * @param character What the picture shows, if known: other hands write some digits in another way.
 *
 * @example Turned by up to 10°, and half of the time with a thicker or thinner pen
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * import { Random } from "../random.ts";
 * const augmentation: Augmentation = [
 *   { kind: "affine", rotation: 10, logScale: 0, shear: 0, shift: 0 },
 *   { kind: "stroke-width", growth: 1, share: 0.5 },
 * ];
 * const image = new Uint8Array(784).fill(255, 300, 500);
 * const [one, same, other] = [1, 1, 2].map((seed) => {
 *   const target = new Float32Array(784);
 *   augment(image, target, augmentation, new Random(seed));
 *   return target;
 * });
 * assertEquals(one, same);
 * assertNotEquals(one, other);
 * ```
 */
export function augment(
  image: Uint8Array,
  target: Float32Array,
  augmentation: Augmentation,
  random: Random,
  character?: string,
): void {
  let source: Uint8Array | Float32Array = image;
  let white = 255;
  /** Where `source` is still to be sampled, if it is. */
  let points: Points | undefined = new Points();
  for (const step of augmentation) {
    if (step.share !== undefined && random.uniform() < 1 - step.share) continue;
    if (step.kind === "stop") break;
    if (step.kind === "affine" || step.kind === "elastic") {
      if (!points) [source, white, points] = [target.slice(), 1, new Points()];
      move(points, step, random);
    } else {
      points?.sample(source, white, target);
      points = undefined;
      change(target, step, random, character);
    }
  }
  points?.sample(source, white, target);
}

function move(points: Points, step: Movement, random: Random): void {
  if (step.kind === "elastic") {
    const { x, y } = points;
    const fieldX = smoothField(step.deviation, random);
    const fieldY = smoothField(step.deviation, random);
    for (let i = 0; i < IMAGE_PIXELS; i++) {
      x[i] += fieldX[i];
      y[i] += fieldY[i];
    }
    return;
  }
  const symmetric = (limit: number) => random.uniform(-limit, limit);
  points.place({
    rotation: symmetric(step.rotation * Math.PI / 180),
    scaleX: Math.exp(symmetric(step.logScale)),
    scaleY: Math.exp(symmetric(step.logScale)),
    shear: symmetric(step.shear),
    shiftX: symmetric(step.shift),
    shiftY: symmetric(step.shift),
  });
}

/** Points of the elastic field's grid along a side. */
const GRID = 5;

/**
 * Weights with which the 5 grid points enter each of the 28 positions along a side, `[28, 5]`.
 */
const GRID_WEIGHTS = keysWeights(
  Float64Array.from(
    { length: IMAGE_SIDE },
    (_, position) => position / (IMAGE_SIDE - 1) * (GRID - 1),
  ),
  GRID,
  -0.75,
);

/** Displacements in pixels, `[28, 28]`: random numbers on a 5×5 grid, interpolated. */
function smoothField(deviation: number, random: Random): Float32Array {
  const grid = new Float64Array(GRID * GRID);
  for (let i = 0; i < grid.length; i++) grid[i] = random.normal() * deviation * IMAGE_SIDE / 2;
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
