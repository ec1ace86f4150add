/** Pictures that show no digit, for a classifier to learn when to say "don't know". */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { addStroke, type Point } from "../../image/strokes.ts";
import type { Random } from "../random.ts";
import { drawAllograph } from "./draw.ts";
import { LETTER_ALLOGRAPHS } from "./letters.ts";

/** Kinds of pictures that {@linkcode drawNonDigit} draws. */
export const NON_DIGITS = ["letter", "scribble", "lines", "noise", "blot", "blank"] as const;

/** A kind of picture without a digit. */
export type NonDigit = typeof NON_DIGITS[number];

/**
 * Draws a picture without a digit: a letter or sign, a scribble of many turns, several straight lines across each
 * other, noise, a blot, or an almost empty sheet.
 *
 * @param kind What to draw.
 * @param random Everything else about it.
 * @returns Pixels 0–255, `[28, 28]`, white ink on black.
 */
export function drawNonDigit(kind: NonDigit, random: Random): Uint8Array {
  if (kind === "letter") {
    return drawAllograph(LETTER_ALLOGRAPHS[random.integer(LETTER_ALLOGRAPHS.length)], random);
  }
  const pixels = new Float32Array(IMAGE_PIXELS);
  DRAW[kind](pixels, random);
  return Uint8Array.from(pixels, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
}

const DRAW: Record<Exclude<NonDigit, "letter">, (pixels: Float32Array, random: Random) => void> = {
  scribble(pixels, random) {
    const corners = 7 + random.integer(10);
    addStroke(pixels, Array.from({ length: corners }, () => anywhere(random)), penWidth(random));
  },
  lines(pixels, random) {
    const [width, count] = [penWidth(random), 3 + random.integer(4)];
    for (let line = 0; line < count; line++) {
      addStroke(pixels, [anywhere(random), anywhere(random)], width);
    }
  },
  noise(pixels, random) {
    const [density, side] = [random.uniform(0.1, 0.6), 1 + random.integer(4)];
    const cells = Math.ceil(IMAGE_SIDE / side);
    const grid = Float32Array.from(
      { length: cells * cells },
      () => random.uniform() < density ? random.uniform(0.4, 1) : 0,
    );
    for (let i = 0; i < IMAGE_PIXELS; i++) {
      const [row, column] = [Math.floor(i / IMAGE_SIDE), i % IMAGE_SIDE];
      pixels[i] = grid[Math.floor(row / side) * cells + Math.floor(column / side)];
    }
  },
  blot(pixels, random) {
    const width = random.uniform(9, 18);
    const points = [0, 1].map((): Point => [random.uniform(10, 18), random.uniform(10, 18)]);
    addStroke(pixels, points, width);
  },
  blank(pixels, random) {
    const dots = random.integer(4);
    for (let dot = 0; dot < dots; dot++) {
      addStroke(pixels, [anywhere(random)], penWidth(random) / 2);
    }
    const grain = random.uniform(0, 0.15);
    for (let i = 0; i < IMAGE_PIXELS; i++) pixels[i] += grain * random.uniform();
  },
};

/** A point of the square of 20 × 20 pixels in which MNIST's digits lie. */
function anywhere(random: Random): Point {
  return [random.uniform(4, 24), random.uniform(4, 24)];
}

function penWidth(random: Random): number {
  return random.uniform(1.2, 4);
}
