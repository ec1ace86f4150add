/** The obvious way from a picture to 28 × 28 pixels, to compare a better one with. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import type { GreyPicture } from "../picture/decode.ts";

/**
 * Squeezes a whole picture into 28 × 28 pixels, each the mean brightness of what it covers.
 *
 * @param picture Of any size.
 * @returns Brightness 0–255, `[28, 28]`.
 *
 * @example Half black, half white
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const pixels = shrinkPicture({ width: 2, height: 1, values: Uint8Array.of(0, 255) });
 * assertEquals([pixels[13], pixels[14]], [0, 255]);
 * ```
 */
export function shrinkPicture({ width, height, values }: GreyPicture): Uint8Array {
  const columns = Array.from({ length: IMAGE_SIDE }, (_, x) => stretch(x, width));
  const pixels = new Uint8Array(IMAGE_PIXELS);
  for (let y = 0, i = 0; y < IMAGE_SIDE; y++) {
    const [top, bottom] = stretch(y, height);
    for (const [left, right] of columns) {
      let sum = 0;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) sum += values[row * width + column];
      }
      pixels[i++] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return pixels;
}

/** The pixels of a side of `length` that position `index` of 28 covers: first, and one behind the last. */
function stretch(index: number, length: number): [number, number] {
  const first = Math.floor(index * length / IMAGE_SIDE);
  return [first, Math.max(first + 1, Math.floor((index + 1) * length / IMAGE_SIDE))];
}
