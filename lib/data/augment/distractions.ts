/** Changes that no pen, paper or camera makes, and that a network learns to see through. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Random } from "../random.ts";
import { addStroke, type Point } from "../../image/strokes.ts";

/** Width in pixels and ink of a line, from least to most. */
const [WIDTHS, INKS] = [[0.5, 2.5], [0.5, 1]] as const;

/**
 * Draws straight strokes between random points.
 *
 * @param pixels Pixels 0–1, `[28, 28]`, white ink on black; changed in place.
 * @param count Number of strokes.
 *
 * @example Ink comes, and none goes
 * ```ts
 * import { assert } from "@std/assert";
 * import { Random } from "../random.ts";
 * const pixels = new Float32Array(784).fill(0.2);
 * addLines(pixels, 2, new Random(1));
 * assert(pixels.every((value) => value >= 0.19) && pixels.some((value) => value > 0.5));
 * ```
 */
export function addLines(pixels: Float32Array, count: number, random: Random): void {
  const point = (): Point => [random.uniform(0, IMAGE_SIDE), random.uniform(0, IMAGE_SIDE)];
  for (let i = 0; i < count; i++) {
    addStroke(pixels, [point(), point()], random.uniform(...WIDTHS), random.uniform(...INKS));
  }
}

/**
 * Convolves a picture with a random 3 × 3 kernel, so that shapes stay and textures do not: strokes
 * may become pale, hollow or smeared (random convolutions, Xu et al. 2021,
 * https://arxiv.org/abs/2007.13003; here magnitudes, stretched to full ink).
 *
 * @param pixels Pixels 0–1, `[28, 28]`; changed in place.
 * @param share Share of the result, 0–1, in a mixture with the picture as it was.
 *
 * @example Black stays black where all around is black
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Random } from "../random.ts";
 * const pixels = new Float32Array(784).fill(1, 10 * 28, 12 * 28);
 * filter(pixels, 1, new Random(1));
 * assertEquals(pixels.subarray(0, 9 * 28), new Float32Array(9 * 28));
 * ```
 */
export function filter(pixels: Float32Array, share: number, random: Random): void {
  const kernel = Float64Array.from({ length: 9 }, () => random.normal());
  const responses = new Float32Array(IMAGE_PIXELS);
  const last = IMAGE_SIDE - 1;
  let largest = 0;
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      let sum = 0;
      for (let y = Math.max(0, row - 1); y <= Math.min(last, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(last, column + 1); x++) {
          sum += kernel[3 * (y - row + 1) + x - column + 1] * pixels[y * IMAGE_SIDE + x];
        }
      }
      responses[i] = Math.abs(sum);
      largest = Math.max(largest, responses[i]);
    }
  }
  const scale = largest === 0 ? 0 : 1 / largest;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    pixels[i] += share * (scale * responses[i] - pixels[i]);
  }
}
