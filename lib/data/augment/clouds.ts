/** Clouds of 28 × 28. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Random } from "../random.ts";

/** Side of the map, whose opposite borders meet; the clouds are cut from its upper left corner. */
const SIZE = 256;

/** Points of the whole map are this far apart; between them it is drawn where it is cut only. */
const COARSE = 8;

/** How much of the map around its corner is drawn: finer points take heights from so far beyond. */
const MARGIN = 2 * COARSE;

/** The random part of the first heights. */
const FIRST_AMPLITUDE = 100 ** 2;

/**
 * Draws clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter, "Computer
 * Rendering of Stochastic Models", 1982): a point is the mean of its four neighbours and a random
 * number, which shrinks as the points come closer.
 *
 * @param decay The range of the random numbers shrinks by its square whenever the distance halves.
 * @returns Heights `[28, 28]`, on a scale on which every eighth point of the map is from 0 to 1.
 */
export function drawClouds(decay: number, random: Random): Float32Array {
  const map = new Float32Array(SIZE * SIZE);
  const at = (x: number, y: number) => (y & (SIZE - 1)) * SIZE + (x & (SIZE - 1));
  let amplitude = FIRST_AMPLITUDE;
  const height = (one: number, two: number, three: number, four: number) =>
    (map[one] + map[two] + map[three] + map[four]) / 4 + amplitude * random.uniform(-1, 1);
  let [least, most] = [0, 0];
  for (let step = SIZE; step >= 2; step /= 2, amplitude /= decay ** 2) {
    const half = step / 2;
    const [first, end] = half >= COARSE ? [0, SIZE] : [-MARGIN, IMAGE_SIDE + MARGIN];
    for (let y = first; y < end; y += step) {
      for (let x = first; x < end; x += step) {
        const [right, below] = [x + step, y + step];
        map[at(x + half, y + half)] = height(
          at(x, y),
          at(right, y),
          at(x, below),
          at(right, below),
        );
      }
    }
    for (let y = first; y < end; y += step) {
      for (let x = first; x < end; x += step) {
        const [right, below] = [x + half, y + half];
        const middle = at(right, below);
        map[at(right, y)] = height(at(x, y), at(x + step, y), at(right, y - half), middle);
        map[at(x, below)] = height(at(x, y), at(x, y + step), at(x - half, below), middle);
      }
    }
  }
  for (let y = 0; y < SIZE; y += COARSE) {
    for (let x = 0; x < SIZE; x += COARSE) {
      least = Math.min(least, map[at(x, y)]);
      most = Math.max(most, map[at(x, y)]);
    }
  }
  const clouds = new Float32Array(IMAGE_PIXELS);
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      clouds[i] = (map[at(column, row)] - least) / (most - least);
    }
  }
  return clouds;
}
