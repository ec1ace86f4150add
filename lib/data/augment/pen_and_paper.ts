/** What pen, paper and camera do to a picture, its ink staying where it is. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { gaussianBlur } from "../../image/gaussian_blur.ts";
import type { Random } from "../random.ts";

/**
 * Moves the edge of every stroke by so many pixels: grey dilation or erosion with a cross of five
 * pixels, a part of it for what is less than a pixel.
 *
 * @param pixels Pixels 0–1, `[28, 28]`, white ink on black; changed in place.
 * @param growth Pixels outwards, or inwards if less than 0.
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

/**
 * Adds to every pixel a normally distributed number of its own, as a camera does in little light.
 *
 * @param pixels Pixels 0–1, `[28, 28]`; changed in place, and kept from 0 to 1.
 * @param deviation Standard deviation of the noise.
 */
export function addNoise(pixels: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    pixels[i] = clamp(pixels[i] + deviation * random.normal());
  }
}

/** What a sheet of paper and the light on it add to a picture. */
export interface Paper {
  /** Largest share of light, 0–1, that a corner of the picture lacks. */
  shade: number;
  /** Largest standard deviation of the paper's brightness from spot to spot, as a share of it. */
  grain: number;
  /** How often, 0–1, the paper has ruled lines, or squares. */
  ruled: number;
  /** Least share of light, 0–1, that full ink swallows. */
  contrast: number;
}

/** Size of the spots of {@linkcode Paper.grain}: standard deviation, in pixels, of the Gaussian that smooths it. */
const SPOT = 0.7;

/**
 * Puts the ink on a sheet of paper as a camera sees it: one corner darker than another, mottled,
 * sometimes with faint ruled lines or squares, the ink paler than black. Paper, shade, lines and ink
 * each swallow a share of the light that the others leave.
 *
 * @param pixels Pixels 0–1, `[28, 28]`, white ink on black; changed in place.
 */
export function addPaper(
  pixels: Float32Array,
  { shade, grain, ruled, contrast }: Paper,
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
