/** Pictures put elsewhere: moved, turned, resized, sheared, or bent point by point. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "./size.ts";

/** Where the ink of a picture is put, relative to the picture's middle. */
export interface Placement {
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

/**
 * Puts a picture elsewhere, sampled once.
 *
 * @param image Any pixels, `[28, 28]`.
 * @returns The same kind of pixels, `[28, 28]`; 0 where nothing was.
 *
 * @example A row further up
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const moved = movePicture(new Uint8Array(784).fill(200, 28, 56), { shiftY: 1 });
 * assertEquals(moved, new Float32Array(784).fill(200, 0, 28));
 * ```
 */
export function movePicture(
  image: Uint8Array | Float32Array,
  placement: Placement,
): Float32Array {
  if (Object.keys(placement).length === 0) return Float32Array.from(image);
  const points = new Points();
  points.place(placement);
  const target = new Float32Array(IMAGE_PIXELS);
  points.sample(image, 1, target);
  return target;
}

/** Column and row of every pixel. */
const COLUMNS = Float64Array.from({ length: IMAGE_PIXELS }, (_, i) => i % IMAGE_SIDE);
const ROWS = Float64Array.from({ length: IMAGE_PIXELS }, (_, i) => Math.floor(i / IMAGE_SIDE));

/** For every pixel of a variant, the point of the original that it shows; at first the pixel itself. */
export class Points {
  readonly x = COLUMNS.slice();
  readonly y = ROWS.slice();

  /** Moves the points as a placement says, after the moves that they have made already. */
  place(
    { rotation = 0, scaleX = 1, scaleY = 1, shear = 0, shiftX = 0, shiftY = 0 }: Placement,
  ): void {
    const { x, y } = this;
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

  /**
   * Looks up the brightness at the points, between the pixels around them (bilinear); black surrounds a picture.
   *
   * @param white What full ink is in `source`; it is 1 in `target`.
   */
  sample(source: Uint8Array | Float32Array, white: number, target: Float32Array): void {
    const { x, y } = this;
    for (let i = 0; i < IMAGE_PIXELS; i++) target[i] = sample(source, x[i], y[i]) / white;
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
