/** Another writer, pen or scanner than MNIST's: what people's own digits look like. */

import { boxAround } from "../../image/box.ts";
import { keysKernel } from "../../image/keys_kernel.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { addStroke } from "../../image/strokes.ts";
import type { Random } from "../random.ts";

/** How often a picture is changed in each way. */
const [SHAPE, WIDTH, PEN, SCANNER, INK, GRAIN] = [0.4, 0.4, 0.6, 0.5, 0.5, 0.2];

/** Side of the box into which MNIST's makers fitted every digit. */
const BOX_SIDE = 20;

/** Pixels that count as ink where strokes are measured. */
const INKED = 0.4;

/**
 * Changes a digit as another writer, pen or scanner would: a flag and a foot for the 1, a bar for
 * the 7, as taught in much of Europe, and a tail that curls for the 9; a digit wider or narrower by up
 * to a third; strokes thinner or thicker by up to a pixel on either side; the resolution of an old
 * scanner, down to 8 pixels a digit; paler or fuller ink; grain.
 */
export function changeHand(
  pixels: Float32Array,
  character: string | undefined,
  random: Random,
): void {
  const chance = (share: number) => random.uniform() < share;
  if (character === "1" && chance(SHAPE)) addFlag(pixels, random);
  if (character === "7" && chance(SHAPE)) addBar(pixels, random);
  if (character === "9" && chance(SHAPE)) addTail(pixels, random);
  if (chance(WIDTH)) stretch(pixels, Math.exp(random.uniform(-0.3, 0.3)));
  if (chance(PEN)) changeStrokeWidth(pixels, random.uniform(-1.2, 1.2));
  if (chance(SCANNER)) loseResolution(pixels, COARSEST + random.integer(FINEST - COARSEST + 1));
  if (chance(INK)) {
    const [strength, gamma] = [random.uniform(0.7, 1.5), Math.exp(random.uniform(-0.5, 0.5))];
    for (let i = 0; i < IMAGE_PIXELS; i++) pixels[i] = Math.min(1, strength * pixels[i] ** gamma);
  }
  if (chance(GRAIN)) addNoise(pixels, random.uniform(0.02, 0.12), random);
}

/** A stroke from the upper end of a 1, down to the left, and sometimes a line to stand on. */
function addFlag(pixels: Float32Array, random: Random): void {
  const { top, bottom, height, width } = measureInk(pixels);
  if (height < 12 || width > 12) return;
  const pen = thickness(pixels, height);
  const x = middleOfRow(pixels, top);
  const [length, angle] = [height * random.uniform(0.25, 0.65), random.uniform(0.5, 1)];
  const y = top + pen / 2;
  addStroke(pixels, [[x, y], [x - length * Math.sin(angle), y + length * Math.cos(angle)]], pen);
  if (random.uniform() < 0.3) {
    const [foot, reach] = [middleOfRow(pixels, bottom), random.uniform(3, 6)];
    const level = bottom + 1 - pen / 2;
    addStroke(pixels, [[foot - reach, level], [foot + reach, level]], pen);
  }
}

/** A bar through the stem of a 7. */
function addBar(pixels: Float32Array, random: Random): void {
  const { top, height } = measureInk(pixels);
  if (height < 12) return;
  const y = top + height * random.uniform(0.42, 0.62);
  const x = middleOfRow(pixels, Math.round(y));
  const [reach, rise] = [random.uniform(2.5, 5.5), random.uniform(-1.5, 1)];
  addStroke(
    pixels,
    [[x - reach, y - rise], [x + reach, y + rise]],
    thickness(pixels, 1.6 * height),
  );
}

/** A curl to the left at the lower end of a 9. */
function addTail(pixels: Float32Array, random: Random): void {
  const { bottom, height } = measureInk(pixels);
  if (height < 12) return;
  const pen = thickness(pixels, 1.8 * height);
  const [x, y] = [middleOfRow(pixels, bottom), bottom + 0.5 - pen / 2];
  const [reach, rise] = [random.uniform(2, 8), random.uniform(-0.5, 2.5)];
  addStroke(pixels, [[x, y], [x - reach / 2, y + 0.5], [x - reach, y - rise]], pen);
}

/** Makes a picture wider around its middle, `factor` > 1, or narrower; as wide at most as MNIST's box. */
function stretch(pixels: Float32Array, factor: number): void {
  const { width } = measureInk(pixels);
  const scale = Math.min(factor, Math.max(1, BOX_SIDE / Math.max(1, width)));
  const middle = (IMAGE_SIDE - 1) / 2;
  for (let row = 0; row < IMAGE_SIDE; row++) {
    const line = pixels.slice(row * IMAGE_SIDE, (row + 1) * IMAGE_SIDE);
    for (let column = 0; column < IMAGE_SIDE; column++) {
      const x = middle + (column - middle) / scale;
      const left = Math.floor(x);
      const [a, b] = [line[left] ?? 0, line[left + 1] ?? 0];
      pixels[row * IMAGE_SIDE + column] = a + (x - left) * (b - a);
    }
  }
}

/** First and last row with ink, how far apart they are, and how many columns have ink. */
function measureInk(pixels: Float32Array) {
  const { top, width, height } = boxAround(pixels, IMAGE_SIDE, INKED);
  return { top, bottom: top + height - 1, height: height - 1, width };
}

/** Width of the pen, from the amount of ink and the length of the line. */
function thickness(pixels: Float32Array, length: number): number {
  const amount = pixels.reduce((sum, value) => sum + value, 0);
  return Math.min(5, Math.max(1.2, amount / length));
}

function middleOfRow(pixels: Float32Array, row: number): number {
  let [amount, sum] = [1e-9, 0];
  for (let column = 0; column < IMAGE_SIDE; column++) {
    const value = pixels[row * IMAGE_SIDE + column];
    amount += value;
    sum += value * (column + 0.5);
  }
  return sum / amount;
}

/** Pixels along the side of the coarsest and of the finest scan of the whole 28 × 28 square. */
const [COARSEST, FINEST] = [11, 22];

/**
 * What a scan of a line with fewer cells, spread to 28 pixels again, makes of it: pixel `i` is the sum of
 * the line times row `i` of `weights`, `[28, 28]`, from column `first[i]` up to `end[i]`.
 */
interface Scanner {
  weights: Float32Array;
  first: Uint8Array;
  end: Uint8Array;
}

const SCANNERS = Array.from({ length: FINEST + 1 }, (_, side): Scanner => {
  const weights = new Float32Array(IMAGE_PIXELS);
  const step = IMAGE_SIDE / Math.max(1, side);
  for (let row = 0; row < IMAGE_SIDE; row++) {
    // Between the middles of the four nearest cells, each the mean of what it covers, as small digits
    // are enlarged in use.
    const at = (row + 0.5) / step - 0.5;
    for (let tap = Math.floor(at) - 1; tap <= Math.floor(at) + 2; tap++) {
      const [weight, cell] = [
        keysKernel(Math.abs(at - tap), -0.5),
        Math.min(Math.max(tap, 0), side - 1),
      ];
      for (let column = 0; column < IMAGE_SIDE; column++) {
        const covered = Math.min(column + 1, (cell + 1) * step) - Math.max(column, cell * step);
        if (covered > 0) weights[row * IMAGE_SIDE + column] += weight * covered / step;
      }
    }
  }
  const lines = Array.from(
    { length: IMAGE_SIDE },
    (_, i) => weights.subarray(i * IMAGE_SIDE, (i + 1) * IMAGE_SIDE),
  );
  return {
    weights,
    first: Uint8Array.from(lines, (line) => line.findIndex((weight) => weight !== 0)),
    end: Uint8Array.from(lines, (line) => line.findLastIndex((weight) => weight !== 0) + 1),
  };
});

/** Looks at a picture through a scanner of `side` × `side` pixels. */
function loseResolution(pixels: Float32Array, side: number): void {
  const { weights, first, end } = SCANNERS[side];
  const lines = new Float32Array(IMAGE_PIXELS);
  for (let row = 0; row < IMAGE_SIDE; row++) {
    for (let k = first[row]; k < end[row]; k++) {
      const weight = weights[row * IMAGE_SIDE + k];
      for (let column = 0; column < IMAGE_SIDE; column++) {
        lines[row * IMAGE_SIDE + column] += weight * pixels[k * IMAGE_SIDE + column];
      }
    }
  }
  for (let row = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++) {
      let sum = 0;
      for (let k = first[column]; k < end[column]; k++) {
        sum += lines[row * IMAGE_SIDE + k] * weights[column * IMAGE_SIDE + k];
      }
      pixels[row * IMAGE_SIDE + column] = Math.min(1, Math.max(0, sum));
    }
  }
}

/**
 * Moves the edge of every stroke by so many pixels: grey dilation or erosion with a cross of five
 * pixels, a part of it for what is less than a pixel; inwards if `growth` is less than 0.
 */
export function changeStrokeWidth(pixels: Float32Array, growth: number): void {
  const sign = Math.sign(growth);
  const padded = new Float32Array(PADDED_SIDE ** 2);
  for (let left = Math.abs(growth); left > 0; left--) {
    const share = Math.min(1, left);
    for (let row = 0; row < IMAGE_SIDE; row++) {
      const line = pixels.subarray(row * IMAGE_SIDE, (row + 1) * IMAGE_SIDE);
      padded.set(line, (row + 1) * PADDED_SIDE + 1);
    }
    for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
      let at = (row + 1) * PADDED_SIDE + 1;
      for (let column = 0; column < IMAGE_SIDE; column++, i++, at++) {
        // The least is the greatest of the negatives, negated.
        const reached = sign * Math.max(
          sign * pixels[i],
          sign * padded[at - PADDED_SIDE],
          sign * padded[at + PADDED_SIDE],
          sign * padded[at - 1],
          sign * padded[at + 1],
        );
        pixels[i] += share * (reached - pixels[i]);
      }
    }
  }
}

/** Side of a picture with a black pixel on each side of it. */
const PADDED_SIDE = IMAGE_SIDE + 2;

/** Adds to every pixel a normally distributed number of its own, as a camera does in little light. */
export function addNoise(pixels: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    pixels[i] = Math.min(1, Math.max(0, pixels[i] + deviation * random.normal()));
  }
}
