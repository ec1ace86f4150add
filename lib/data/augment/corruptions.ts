/**
 * What can happen to a picture that a person still reads: the fifteen corruptions of MNIST-C (Mu
 * and Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019,
 * https://arxiv.org/abs/1906.02337), to test on, never to train on.
 *
 * Written from their definitions, with the constants of the authors' code
 * (https://github.com/google-research/mnist-c). The pictures are not those of the authors' files:
 * random numbers are drawn in our order; results are rounded to bytes, not cut off; glass blurs
 * along both axes; the heights of fog are scaled by the extremes of every eighth point of its map.
 * Bilinear interpolation, Gaussian blur (cut off at four standard deviations) and Canny's edges
 * follow scikit-image, motion blur follows ImageMagick.
 */

import { cannyEdges } from "./canny_edges.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { gaussianBlur } from "../../image/gaussian_blur.ts";
import { movePicture } from "../../image/affine.ts";
import { drawClouds } from "./clouds.ts";
import type { Random } from "../random.ts";

/** Pixels 0–1, `[28, 28]`, in; a new picture out, which may leave that range. */
type Corruption = (pixels: Float32Array, random: Random) => Float32Array;

const CORRUPTIONS = {
  "shot noise": (pixels, random) => pixels.map((value) => poisson(value * 3, random) / 3),
  "impulse noise": (pixels, random) =>
    pixels.map((value) => random.uniform() < 0.17 ? random.integer(2) : value),
  "glass blur": blurByGlass,
  "motion blur": blurByMotion,
  "shear": (pixels, random) => {
    const angle = 0.4 * randomSign(random);
    return movePicture(pixels, { shear: -Math.tan(angle), scaleY: Math.cos(angle) });
  },
  "scale": (pixels) => movePicture(pixels, { scaleX: 1 / 0.7, scaleY: 1 / 0.7 }),
  "rotate": (pixels, random) => movePicture(pixels, { rotation: 0.4 * randomSign(random) }),
  "brightness": (pixels) => pixels.map((value) => value + 0.5),
  "translate": (pixels, random) =>
    movePicture(pixels, { shiftX: 3 * randomSign(random), shiftY: 3 * randomSign(random) }),
  "stripe": (pixels) =>
    pixels.map((value, i) => {
      const column = i % IMAGE_SIDE;
      return column < 7 || column >= 21 ? 1 - value : value;
    }),
  "fog": (pixels, random) => {
    const clouds = drawClouds(1.4, random);
    const brightest = pixels.reduce((a, b) => Math.max(a, b));
    return pixels.map((value, i) => (value + 3 * clouds[i]) * brightest / (brightest + 3));
  },
  "spatter": spatter,
  "dotted line": drawDottedLine,
  "zigzag": drawZigzag,
  "canny edges": cannyEdges,
} satisfies Record<string, Corruption>;

/** One of the fifteen. */
export type CorruptionName = keyof typeof CORRUPTIONS;

/** The fifteen, in the paper's order. */
export const CORRUPTION_NAMES = Object.keys(CORRUPTIONS) as CorruptionName[];

/**
 * Corrupts a picture.
 *
 * @param image Pixels 0–255, `[28, 28]`, white ink on black; it stays as it is.
 * @returns Pixels 0–255, `[28, 28]`.
 *
 * @example Stripe turns the outer quarters of a black picture white
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Random } from "../random.ts";
 * const corrupted = corrupt(new Uint8Array(784), "stripe", new Random(1));
 * assertEquals([...corrupted.subarray(5, 9)], [255, 255, 0, 0]);
 * ```
 */
export function corrupt(image: Uint8Array, name: CorruptionName, random: Random): Uint8Array {
  const pixels = new Float32Array(image).map((byte) => byte / 255);
  const corruption: Corruption = CORRUPTIONS[name];
  return new Uint8Array(
    corruption(pixels, random).map((value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
  );
}

/** A number from the Poisson distribution (Knuth, "Seminumerical Algorithms", 3.4.1, algorithm Q). */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

function randomSign(random: Random): 1 | -1 {
  return random.integer(2) ? 1 : -1;
}

/** Blurred, then shuffled in the small, twice, then blurred again. */
function blurByGlass(pixels: Float32Array, random: Random): Float32Array {
  const sigma = 0.7;
  const shuffled = gaussianBlur(pixels, sigma);
  for (let round = 0; round < 2; round++) {
    for (let row = IMAGE_SIDE - 1; row > 1; row--) {
      for (let column = IMAGE_SIDE - 1; column > 1; column--) {
        if (random.integer(2)) continue;
        const one = row * IMAGE_SIDE + column;
        const other = one - random.integer(2) - IMAGE_SIDE * random.integer(2);
        [shuffled[one], shuffled[other]] = [shuffled[other], shuffled[one]];
      }
    }
  }
  return gaussianBlur(shuffled, sigma);
}

/** Half a bell of 21 pixels, σ = 3, smears the picture at up to 45° to the rows. */
function blurByMotion(pixels: Float32Array, random: Random): Float32Array {
  const angle = random.uniform(-Math.PI / 4, Math.PI / 4);
  const weights = Float64Array.from({ length: 21 }, (_, i) => Math.exp(-(i ** 2) / (2 * 3 ** 2)));
  const sum = weights.reduce((sum, weight) => sum + weight);
  const offsets = [...weights.keys()].map((distance) => [
    Math.ceil(distance * Math.cos(angle) - 0.5),
    Math.ceil(distance * Math.sin(angle) - 0.5),
  ]);
  const inside = (position: number) => Math.min(Math.max(position, 0), IMAGE_SIDE - 1);
  return pixels.map((_, i) => {
    const [column, row] = [i % IMAGE_SIDE, Math.floor(i / IMAGE_SIDE)];
    let value = 0;
    for (const [step, [x, y]] of offsets.entries()) {
      value += weights[step] * pixels[inside(row + y) * IMAGE_SIDE + inside(column + x)];
    }
    return value / sum;
  });
}

/** Spots of dark grey mud: where blurred noise is above its mean. */
function spatter(pixels: Float32Array, random: Random): Float32Array {
  const noise = pixels.map(() => 0.65 + 0.3 * random.normal());
  const wet = gaussianBlur(noise, 1).map((value) => value > 0.65 ? 1 : 0);
  const cover = gaussianBlur(wet, 1.5).map((value) => value < 0.8 ? 0 : value);
  return pixels.map((value, i) => value * (1 - cover[i]) + 63 / 255 * cover[i]);
}

/** Two columns of every four of a straight line from the left border to the right. */
function drawDottedLine(pixels: Float32Array, random: Random): Float32Array {
  const line = straightLine(0, random.integer(27), 27, random.integer(27));
  return pixels.map((value, i) => value + (i % IMAGE_SIDE % 4 < 2 ? 0 : line[i]));
}

/** A zigzag of pieces 4 pixels long and 2 high, from column 2 to 25, along a slope of up to 5 pixels. */
function drawZigzag(pixels: Float32Array, random: Random): Float32Array {
  const [left, width] = [2, 23];
  const top = random.integer(27);
  const rise = random.integer(10) - 5;
  const length = Math.hypot(width, rise);
  const corners = [[0, 0], [2, 2], [6, -2], [10, 2], [14, -2], [18, 2], [22, -2]];
  corners.push([length, -1 / (length - 20)]);
  const turned = corners.map(([along, across]) => [
    left + (along * width - across * rise) / length,
    top + (along * rise + across * width) / length,
  ]);
  const drawn = pixels.slice();
  for (let i = 1; i < turned.length; i++) {
    const [[x0, y0], [x1, y1]] = [turned[i - 1], turned[i]];
    straightLine(x0, y0, x1, y1).forEach((value, pixel) =>
      drawn[pixel] = Math.min(1, drawn[pixel] + value)
    );
  }
  return drawn;
}

/** Ink of a line: 1 + ln(1 - d / 2.3), but at least 0, at the distance d above or below it. */
function straightLine(x0: number, y0: number, x1: number, y1: number): Float32Array {
  const [first, end] = [Math.floor(x0), Math.ceil(x1)];
  const slope = (y1 - y0) / (x1 - x0);
  return new Float32Array(IMAGE_PIXELS).map((_, i) => {
    const [column, row] = [i % IMAGE_SIDE, Math.floor(i / IMAGE_SIDE)];
    if (column < first || column >= end) return 0;
    const distance = Math.abs(row - y0 - slope * (column - x0));
    return distance < 2.3 ? Math.max(0, 1 + Math.log(1 - distance / 2.3)) : 0;
  });
}
