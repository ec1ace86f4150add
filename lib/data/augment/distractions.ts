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

/** Smallest share of the picture that is erased, and how far a box may be from a square. */
const [LEAST_AREA, LOG_ASPECT] = [0.02, 0.7];

/** What {@linkcode erase} puts over a picture. */
export interface Erasing {
  /** Largest share of the picture, 0.02–1. */
  area: number;
  /**
   * Greatest brightness of the box, 0–1; 0 is paper.
   * @default {0}
   */
  brightness?: number;
}

/**
 * Blanks a box, so that a network does not rely on any one part of a digit: random erasing (Zhong et
 * al. 2017, https://arxiv.org/abs/1708.04896), its box of one grey, and its middle anywhere in the
 * picture, as in cutout (DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552).
 *
 * @param pixels Pixels 0–1, `[28, 28]`; changed in place.
 */
export function erase(
  pixels: Float32Array,
  { area, brightness = 0 }: Erasing,
  random: Random,
): void {
  const box = random.uniform(LEAST_AREA, area) * IMAGE_PIXELS;
  const aspect = Math.exp(random.uniform(-LOG_ASPECT, LOG_ASPECT));
  const [left, right] = randomSpan(Math.sqrt(box * aspect), random);
  const [top, bottom] = randomSpan(Math.sqrt(box / aspect), random);
  const grey = random.uniform(0, brightness);
  for (let row = top; row < bottom; row++) {
    pixels.fill(grey, row * IMAGE_SIDE + left, row * IMAGE_SIDE + right);
  }
}

/** First and last pixel (excluded) of a span around any point of a side, as far as it is inside. */
function randomSpan(length: number, random: Random): [number, number] {
  const first = Math.round(random.uniform(0, IMAGE_SIDE) - length / 2);
  return [Math.max(0, first), Math.min(IMAGE_SIDE, first + Math.round(length))];
}
