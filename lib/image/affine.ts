/** Pictures put elsewhere: moved, turned, resized, sheared, or bent pixel by pixel. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "./size.ts";

/** Where the ink of a picture is put, relative to the picture's middle. */
interface Placement {
  /** Radians, counter-clockwise. */
  rotation?: number;
  /** Factors by which the picture shrinks. */
  scaleX?: number;
  scaleY?: number;
  shear?: number;
  /** Pixels to the left, and up. */
  shiftX?: number;
  shiftY?: number;
}

/** How far every pixel is moved, in pixels to the left and up, `[28, 28]`. */
interface Field {
  shiftsX: Float32Array;
  shiftsY: Float32Array;
}

/** A way to put a picture elsewhere. */
export type Move = Placement | Field;

/** Column and row of every pixel. */
const COLUMNS = Float64Array.from({ length: IMAGE_PIXELS }, (_, i) => i % IMAGE_SIDE);
const ROWS = Float64Array.from({ length: IMAGE_PIXELS }, (_, i) => Math.floor(i / IMAGE_SIDE));

/**
 * Puts a picture elsewhere, sampled once, between pixels (bilinear); black surrounds a picture.
 *
 * @param image Any pixels, `[28, 28]`.
 * @param moves Made one after the other.
 * @param options.white What becomes 1.
 * @returns The same kind of pixels, `[28, 28]`; 0 where nothing was.
 *
 * @example A row further up
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const moved = movePicture(new Uint8Array(784).fill(200, 28, 56), [{ shiftY: 1 }]);
 * assertEquals(moved, new Float32Array(784).fill(200, 0, 28));
 * ```
 */
export function movePicture(
  image: Uint8Array | Float32Array,
  moves: readonly Move[],
  { white = 1 } = {},
): Float32Array {
  const moved = new Float32Array(image);
  if (moves.every((move) => Object.keys(move).length === 0)) {
    for (let i = 0; i < IMAGE_PIXELS; i++) moved[i] /= white;
    return moved;
  }
  // For every pixel, the point of the picture that it shows.
  const [x, y] = [COLUMNS.slice(), ROWS.slice()];
  for (const move of moves) {
    if ("shiftsX" in move) bend(x, y, move);
    else place(x, y, move);
  }
  for (let i = 0; i < IMAGE_PIXELS; i++) moved[i] = sample(image, x[i], y[i]) / white;
  return moved;
}

function bend(x: Float64Array, y: Float64Array, { shiftsX, shiftsY }: Field): void {
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    x[i] += shiftsX[i];
    y[i] += shiftsY[i];
  }
}

function place(
  x: Float64Array,
  y: Float64Array,
  { rotation = 0, scaleX = 1, scaleY = 1, shear = 0, shiftX = 0, shiftY = 0 }: Placement,
): void {
  const [cosine, sine] = [Math.cos(rotation), Math.sin(rotation)];
  const [xx, xy] = [cosine * scaleX, (shear * cosine - sine) * scaleY];
  const [yx, yy] = [sine * scaleX, (shear * sine + cosine) * scaleY];
  const middle = (IMAGE_SIDE - 1) / 2;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    const [right, down] = [x[i] - middle, y[i] - middle];
    x[i] = middle + xx * right + xy * down + shiftX;
    y[i] = middle + yx * right + yy * down + shiftY;
  }
}

/** Brightness between the pixels around (x, y), bilinear; black outside. */
function sample(image: Uint8Array | Float32Array, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < -1 || top < -1 || left >= IMAGE_SIDE || top >= IMAGE_SIDE) return 0;
  const rightShare = x - left;
  const lowerShare = y - top;
  const upper = pixel(image, left, top) * (1 - rightShare) +
    pixel(image, left + 1, top) * rightShare;
  const lower = pixel(image, left, top + 1) * (1 - rightShare) +
    pixel(image, left + 1, top + 1) * rightShare;
  return upper * (1 - lowerShare) + lower * lowerShare;
}

function pixel(image: Uint8Array | Float32Array, column: number, row: number): number {
  const inside = column >= 0 && column < IMAGE_SIDE && row >= 0 && row < IMAGE_SIDE;
  return inside ? image[row * IMAGE_SIDE + column] : 0;
}
