/** Digits as people of many schools write them, drawn by program. */

import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Dataset } from "../dataset.ts";
import { Random } from "../random.ts";
import { inkStrokes } from "./pen.ts";
import { type Allograph, ALLOGRAPHS } from "./templates.ts";
import { writeAllograph } from "./write.ts";

/** Which pictures {@linkcode drawDigits} draws. */
interface DrawDigitsOptions {
  count: number;
  /** Names the whole series of pictures. */
  seed: number;
  /**
   * Index of the first picture in the series.
   * @default {0}
   */
  firstIndex?: number;
}

/** Tells the random numbers of these pictures from those of others with the same seed. */
const STREAM = 0x616c6c6f;

/**
 * Draws digits in the manner of MNIST's, in turn from 0 to 9. Picture `i` of a series depends on its
 * seed and on `i` alone.
 *
 * @returns Pictures and their digits.
 *
 * @example Each digit once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const { labels } = drawDigits({ count: 10, seed: 1 });
 * assertEquals([...labels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 */
export function drawDigits({ count, seed, firstIndex = 0 }: DrawDigitsOptions): Dataset {
  const images = new Uint8Array(count * IMAGE_PIXELS);
  const labels = Uint8Array.from({ length: count }, (_, i) => (firstIndex + i) % 10);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, STREAM, firstIndex + i);
    const allograph = pickAllograph(ALLOGRAPHS[labels[i]], random);
    images.set(drawAllograph(allograph, random), i * IMAGE_PIXELS);
  }
  return { count, images, labels };
}

/**
 * Draws a digit in a given way.
 *
 * @param random Everything else: the hand, the pen, the scanner.
 * @returns Pixels 0–255, `[28, 28]`, white ink on black, placed as in MNIST.
 */
export function drawAllograph(allograph: Allograph, random: Random): Uint8Array {
  return inkStrokes(writeAllograph(allograph, random), random);
}

function pickAllograph(allographs: readonly Allograph[], random: Random): Allograph {
  const total = allographs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random.uniform(0, total);
  return allographs.find(({ weight = 1 }) => (left -= weight) < 0) ?? allographs[0];
}
