/** What is learnt beside MNIST, so that a network reads people of other schools and says "don't know" to the rest. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { addStroke, type Point } from "../../image/strokes.ts";
import { type Dataset, join, NO_CLASS, slice, type Splits } from "../dataset.ts";
import { Random } from "../random.ts";
import { drawAllograph, drawDigits } from "./draw.ts";
import { ALLOGRAPHS } from "./templates.ts";

/** Pictures of MNIST that are learnt from. */
const MNIST_COUNT = 55_000;

/**
 * Pictures that are drawn for so many of MNIST's: digits, and of each kind of picture without one; of those that
 * look most like digits more.
 */
const DIGITS_COUNT = 8000;
const COUNTS = {
  letter: 4000,
  scribble: 1600,
  lines: 1600,
  noise: 300,
  blot: 300,
  blank: 300,
};

/** A kind of picture without a digit. */
type NonDigit = keyof typeof COUNTS;

const NON_DIGITS = Object.keys(COUNTS) as NonDigit[];

/** Pictures of each kind that are kept apart, for each picture of validation: 1 000. */
const APART_SHARE = 1 / 5;

/**
 * Adds to the digits that are learnt from others that are drawn as people of other schools write them,
 * and pictures without a digit; the like of them, by other random numbers, is kept apart.
 */
export function addHandwriting(data: Splits, seed: number): Splits {
  const { train, validation } = data;
  const share = train.count / MNIST_COUNT;
  const digits = Math.round(share * DIGITS_COUNT);
  const apart = Math.round(APART_SHARE * validation.count);
  const rest = NON_DIGITS.map((kind) => {
    const count = Math.round(share * COUNTS[kind]);
    return { kind, count, drawn: drawNonDigits(kind, count + apart, seed) };
  });
  return {
    ...data,
    train: join(
      train,
      drawDigits({ count: digits, seed }),
      ...rest.map(({ drawn, count }) => slice(drawn, 0, count)),
    ),
    apart: {
      "digits of other schools": drawDigits({ count: apart, seed, firstIndex: digits }),
      ...Object.fromEntries(
        rest.map(({ kind, drawn, count }) => [kind, slice(drawn, count, apart)]),
      ),
    },
  };
}

function drawNonDigits(kind: NonDigit, count: number, seed: number): Dataset {
  const images = new Uint8Array(count * IMAGE_PIXELS);
  for (let i = 0; i < count; i++) {
    const pixels = new Float32Array(IMAGE_PIXELS);
    DRAW[kind](pixels, new Random(seed, NON_DIGITS.indexOf(kind), i));
    const bytes = pixels.map((value) => Math.round(255 * Math.min(1, Math.max(0, value))));
    images.set(bytes, i * IMAGE_PIXELS);
  }
  return { count, images, labels: new Uint8Array(count).fill(NO_CLASS) };
}

/**
 * Draws a letter or sign, a scribble of many turns, several straight lines across each other, noise, a blot, or an
 * almost empty sheet, on black.
 */
const DRAW: Record<NonDigit, (pixels: Float32Array, random: Random) => void> = {
  letter(pixels, random) {
    drawAllograph(ALLOGRAPHS.sign, random).forEach((byte, i) => pixels[i] = byte / 255);
  },
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
