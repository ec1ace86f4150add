/** Augmentation: the same digit as another hand might have put it on other paper. */

import { type Move, movePicture } from "../../image/affine.ts";
import { gaussianBlur } from "../../image/gaussian_blur.ts";
import { gridInterpolation } from "../../image/keys_kernel.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { addStroke, type Point } from "../../image/strokes.ts";
import type { Random } from "../random.ts";
import { addNoise, changeHand, changeStrokeWidth } from "./hand.ts";

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

/** A step that changes the picture and leaves its ink where it is; {@linkcode change} makes it. */
type Change =
  /** Another writer, pen or scanner. */
  | { kind: "hand" }
  | {
    kind: "stroke-width";
    /** Largest move of the strokes' edges in pixels, outwards or inwards. */
    growth: number;
  }
  | {
    kind: "erasing";
    /** Largest share of the picture, 0.02–1. */
    area: number;
    /**
     * Greatest brightness of the box, 0–1; 0 is paper.
     * @default {0}
     */
    brightness?: number;
  }
  | {
    kind: "lines";
    /** Largest number of straight strokes, at least 1. */
    count: number;
  }
  | {
    kind: "filter";
    /** Largest share, 0–1, of the filtered picture in the result. */
    strength: number;
  }
  | {
    kind: "blur";
    /** Largest standard deviation of the Gaussian in pixels, more than 0; the least is a tenth of it. */
    deviation: number;
  }
  | {
    kind: "noise";
    /** Largest standard deviation; from black to white is 1. */
    deviation: number;
  }
  | {
    kind: "paper";
    /** Largest share of light, 0–1, that a corner of the picture lacks. */
    shade: number;
    /** Largest standard deviation of the paper's brightness from spot to spot, as a share of it. */
    grain: number;
    /** How often, 0–1, the paper has ruled lines, or squares. */
    ruled: number;
    /** Least share of light, 0–1, that full ink swallows. */
    contrast: number;
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
  /** How `source` is still to be moved before it is sampled, if it is. */
  let moves: Move[] | undefined = [];
  for (const step of augmentation) {
    if (step.share !== undefined && random.uniform() < 1 - step.share) continue;
    if (step.kind === "stop") break;
    if (step.kind === "affine" || step.kind === "elastic") {
      if (!moves) [source, white, moves] = [target.slice(), 1, []];
      moves.push(moveOf(step, random));
    } else {
      if (moves) target.set(movePicture(source, moves, { white }));
      moves = undefined;
      change(target, step, random, character);
    }
  }
  if (moves) target.set(movePicture(source, moves, { white }));
}

/** Makes a step that leaves the ink where it is, on pixels 0–1. */
function change(
  pixels: Float32Array,
  step: Change,
  random: Random,
  character?: string,
): void {
  switch (step.kind) {
    case "hand":
      return changeHand(pixels, character, random);
    case "stroke-width":
      return changeStrokeWidth(pixels, random.uniform(-step.growth, step.growth));
    case "erasing":
      return erase(pixels, step, random);
    case "lines":
      return addLines(pixels, 1 + random.integer(step.count), random);
    case "filter":
      return filter(pixels, random.uniform(0, step.strength), random);
    case "blur":
      return pixels.set(gaussianBlur(pixels, random.uniform(0.1, 1) * step.deviation));
    case "noise":
      return addNoise(pixels, random.uniform(0, step.deviation), random);
    case "paper":
      return addPaper(pixels, step, random);
    default:
      step satisfies never;
  }
}

/** Picks how a step moves ink. */
function moveOf(step: Movement, random: Random): Move {
  if (step.kind === "elastic") {
    return {
      shiftsX: smoothField(step.deviation, random),
      shiftsY: smoothField(step.deviation, random),
    };
  }
  const symmetric = (limit: number) => random.uniform(-limit, limit);
  return {
    rotation: symmetric(step.rotation * Math.PI / 180),
    scaleX: Math.exp(symmetric(step.logScale)),
    scaleY: Math.exp(symmetric(step.logScale)),
    shear: symmetric(step.shear),
    shiftX: symmetric(step.shift),
    shiftY: symmetric(step.shift),
  };
}

/** Points of the elastic field's grid along a side. */
const GRID = 5;

/** Where the pixels of a side lie in it. */
const POSITIONS = Float64Array.from(
  { length: IMAGE_SIDE },
  (_, position) => position / (IMAGE_SIDE - 1) * (GRID - 1),
);

const interpolate = gridInterpolation(GRID, POSITIONS, POSITIONS);

/** Displacements in pixels, `[28, 28]`: random numbers on a 5×5 grid, interpolated. */
function smoothField(deviation: number, random: Random): Float32Array {
  const grid = new Float64Array(GRID * GRID);
  for (let i = 0; i < grid.length; i++) grid[i] = random.normal() * deviation * IMAGE_SIDE / 2;
  return new Float32Array(interpolate(grid));
}

// What pen, paper and camera do to a picture

/** Size of the spots of grain: standard deviation, in pixels, of the Gaussian that smooths it. */
const SPOT = 0.7;

/**
 * Puts the ink on a sheet of paper as a camera sees it: one corner darker than another, mottled,
 * sometimes with faint ruled lines or squares, the ink paler than black. Paper, shade, lines and ink
 * each swallow a share of the light that the others leave.
 */
function addPaper(
  pixels: Float32Array,
  { shade, grain, ruled, contrast }: Extract<Change, { kind: "paper" }>,
  random: Random,
): void {
  const corners = Array.from({ length: 4 }, () => random.uniform(0, shade));
  const noise = new Float32Array(IMAGE_PIXELS);
  for (let i = 0; i < IMAGE_PIXELS; i++) noise[i] = random.normal();
  const mottling = gaussianBlur(noise, SPOT);
  // Smoothing leaves 1 / (2 √π SPOT) of the standard deviation of independent numbers.
  const grainScale = random.uniform(0, grain) * 2 * Math.sqrt(Math.PI) * SPOT;
  const ink = random.uniform(contrast, 1);
  const lines = drawRuling(ruled, random);
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    const down = row / (IMAGE_SIDE - 1);
    const [left, right] = [mix(corners[0], corners[2], down), mix(corners[1], corners[3], down)];
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      const light = (1 - mix(left, right, column / (IMAGE_SIDE - 1))) *
        (1 + grainScale * mottling[i]) * (1 - lines[i]);
      pixels[i] = clamp(1 - light * (1 - ink * pixels[i]));
    }
  }
}

/** Share of light that ruled lines swallow, by pixel: none, lines across, or squares. */
function drawRuling(ruled: number, random: Random): Float32Array {
  const lines = new Float32Array(IMAGE_PIXELS);
  if (random.uniform() >= ruled) return lines;
  const squares = random.uniform() < 0.5;
  // From a third of a digit's height to all of it.
  const distance = squares ? random.uniform(6, 12) : random.uniform(10, 20);
  const [width, darkness] = [random.uniform(0.4, 1), random.uniform(0.1, 0.35)];
  const tilt = random.uniform(-0.07, 0.07);
  const [phase, phaseAcross] = [random.uniform(0, distance), random.uniform(0, distance)];
  const cover = (position: number) => {
    const beyond = ((position % distance) + distance) % distance;
    return clamp(width / 2 + 0.5 - Math.min(beyond, distance - beyond)) * darkness;
  };
  for (let row = 0, i = 0; row < IMAGE_SIDE; row++) {
    for (let column = 0; column < IMAGE_SIDE; column++, i++) {
      const across = cover(row + tilt * column + phase);
      lines[i] = squares ? Math.max(across, cover(column - tilt * row + phaseAcross)) : across;
    }
  }
  return lines;
}

function mix(from: number, to: number, share: number): number {
  return from + share * (to - from);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

// What no pen, paper or camera does, and a network learns to see through

/** Width in pixels and ink of a line, from least to most. */
const [WIDTHS, INKS] = [[0.5, 2.5], [0.5, 1]] as const;

/** Draws straight strokes between random points. */
function addLines(pixels: Float32Array, count: number, random: Random): void {
  const point = (): Point => [random.uniform(0, IMAGE_SIDE), random.uniform(0, IMAGE_SIDE)];
  for (let i = 0; i < count; i++) {
    addStroke(pixels, [point(), point()], random.uniform(...WIDTHS), random.uniform(...INKS));
  }
}

/**
 * Convolves a picture with a random 3 × 3 kernel, so that shapes stay and textures do not: strokes
 * may become pale, hollow or smeared (random convolutions, Xu et al. 2021,
 * https://arxiv.org/abs/2007.13003; here magnitudes, stretched to full ink). `share` is that of the
 * result in a mixture with the picture as it was.
 */
function filter(pixels: Float32Array, share: number, random: Random): void {
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

/**
 * Blanks a box, so that a network does not rely on any one part of a digit: random erasing (Zhong et
 * al. 2017, https://arxiv.org/abs/1708.04896), its box of one grey, and its middle anywhere in the
 * picture, as in cutout (DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552).
 */
function erase(
  pixels: Float32Array,
  { area, brightness = 0 }: Extract<Change, { kind: "erasing" }>,
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
