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

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { gaussianBlur } from "../../image/gaussian_blur.ts";
import { movePicture } from "../../image/affine.ts";
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
    return movePicture(pixels, [{ shear: -Math.tan(angle), scaleY: Math.cos(angle) }]);
  },
  "scale": (pixels) => movePicture(pixels, [{ scaleX: 1 / 0.7, scaleY: 1 / 0.7 }]),
  "rotate": (pixels, random) => movePicture(pixels, [{ rotation: 0.4 * randomSign(random) }]),
  "brightness": (pixels) => pixels.map((value) => value + 0.5),
  "translate": (pixels, random) =>
    movePicture(pixels, [{ shiftX: 3 * randomSign(random), shiftY: 3 * randomSign(random) }]),
  "stripe": (pixels) =>
    pixels.map((value, i) => {
      const column = i % IMAGE_SIDE;
      return column < 7 || column >= 21 ? 1 - value : value;
    }),
  "fog": (pixels, random) => {
    const clouds = drawClouds(random);
    const brightest = pixels.reduce((a, b) => Math.max(a, b));
    return pixels.map((value, i) => (value + 3 * clouds[i]) * brightest / (brightest + 3));
  },
  "spatter": spatter,
  "dotted line": drawDottedLine,
  "zigzag": drawZigzag,
  "canny edges": cannyEdges,
} satisfies Record<string, Corruption>;

/** One of the fifteen. */
type CorruptionName = keyof typeof CORRUPTIONS;

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

/** scikit-image's defaults: blur in pixels, and the slopes at which an edge goes on and begins. */
const SIGMA = 1;
const [GOES_ON, BEGINS] = [0.1, 0.2];

/**
 * Finds edges (Canny, "A Computational Approach to Edge Detection", 1986): the blurred picture's
 * slope by Sobel's operator; of it, the ridges; of them, those that are steep somewhere.
 *
 * @returns 1 on an edge, else 0; the outermost pixels are never an edge.
 */
function cannyEdges(pixels: Float32Array): Float32Array {
  const ridges = ridgesOf(gaussianBlur(pixels, SIGMA));
  const edges = new Float32Array(IMAGE_PIXELS);
  const open = [...ridges.keys()].filter((i) => ridges[i] >= BEGINS);
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    edges[i] = 1;
    for (const step of NEIGHBOURS) {
      if (ridges[i + step] >= GOES_ON && !edges[i + step]) open.push(i + step);
    }
  }
  return edges;
}

/** Steps from a pixel to the eight around it. */
const NEIGHBOURS = [-1, 0, 1].flatMap((row) =>
  [-1, 0, 1].map((column) => row * IMAGE_SIDE + column)
).filter((step) => step !== 0);

/** Steepness where it is the greatest along the slope, else 0, `[28, 28]`. */
function ridgesOf(pixels: Float32Array): Float64Array {
  const [slopesX, slopesY, steepness] = [0, 0, 0].map(() => new Float64Array(IMAGE_PIXELS));
  const at = (row: number, column: number) => pixels[inside(row) * IMAGE_SIDE + inside(column)];
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      let [x, y] = [0, 0];
      for (const [offset, weight] of [[-1, 1], [0, 2], [1, 1]]) {
        x += weight * (at(row + offset, column + 1) - at(row + offset, column - 1));
        y += weight * (at(row + 1, column + offset) - at(row - 1, column + offset));
      }
      slopesX[i] = x;
      slopesY[i] = y;
      steepness[i] = Math.hypot(x, y);
    }
  }
  const ridges = new Float64Array(IMAGE_PIXELS);
  for (let row = 1; row < IMAGE_SIDE - 1; row++) {
    for (let column = 1; column < IMAGE_SIDE - 1; column++) {
      const i = row * IMAGE_SIDE + column;
      if (isRidge(steepness, i, slopesX[i], slopesY[i])) ridges[i] = steepness[i];
    }
  }
  return ridges;
}

function inside(position: number): number {
  return Math.min(Math.max(position, 0), IMAGE_SIDE - 1);
}

/** Whether the picture is no steeper a step up or down the slope, which ends between two pixels. */
function isRidge(steepness: Float64Array, i: number, x: number, y: number): boolean {
  const [along, across] = Math.abs(x) > Math.abs(y)
    ? [Math.sign(x), Math.sign(y) * IMAGE_SIDE]
    : [Math.sign(y) * IMAGE_SIDE, Math.sign(x)];
  const share = Math.min(Math.abs(x), Math.abs(y)) / Math.max(Math.abs(x), Math.abs(y));
  const nextTo = (direction: 1 | -1) =>
    (1 - share) * steepness[i + direction * along] +
    share * steepness[i + direction * (along + across)];
  return steepness[i] > 0 && nextTo(1) <= steepness[i] && nextTo(-1) <= steepness[i];
}

/** Side of the map, whose opposite borders meet; the clouds are cut from its upper left corner. */
const SIZE = 256;

/** Points of the whole map are this far apart; between them it is drawn where it is cut only. */
const COARSE = 8;

/** How much of the map around its corner is drawn: finer points take heights from so far beyond. */
const MARGIN = 2 * COARSE;

/** The random part of the first heights; it shrinks by the square of the other whenever the distance halves. */
const [FIRST_AMPLITUDE, DECAY] = [100 ** 2, 1.4];

/**
 * Draws clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter, "Computer
 * Rendering of Stochastic Models", 1982): a point is the mean of its four neighbours and a random
 * number, which shrinks as the points come closer.
 *
 * @returns Heights, on a scale on which every eighth point of the map is from 0 to 1.
 */
function drawClouds(random: Random): Float32Array {
  const map = new Float32Array(SIZE * SIZE);
  const at = (x: number, y: number) => (y & (SIZE - 1)) * SIZE + (x & (SIZE - 1));
  let amplitude = FIRST_AMPLITUDE;
  const height = (one: number, two: number, three: number, four: number) =>
    (map[one] + map[two] + map[three] + map[four]) / 4 + amplitude * random.uniform(-1, 1);
  let [least, most] = [0, 0];
  for (let step = SIZE; step >= 2; step /= 2, amplitude /= DECAY ** 2) {
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
  return new Float32Array(IMAGE_PIXELS).map((_, i) =>
    (map[at(i % IMAGE_SIDE, Math.floor(i / IMAGE_SIDE))] - least) / (most - least)
  );
}
