/** Edges of a picture of 28 × 28. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { gaussianBlur } from "../../image/gaussian_blur.ts";

/** scikit-image's defaults: blur in pixels, and the slopes at which an edge goes on and begins. */
const SIGMA = 1;
const [GOES_ON, BEGINS] = [0.1, 0.2];

/**
 * Finds edges (Canny, "A Computational Approach to Edge Detection", 1986): the blurred picture's
 * slope by Sobel's operator; of it, the ridges; of them, those that are steep somewhere.
 *
 * @param pixels Pixels 0–1, `[28, 28]`.
 * @returns 1 on an edge, else 0, `[28, 28]`; the outermost pixels are never an edge.
 */
export function cannyEdges(pixels: Float32Array): Float32Array {
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
