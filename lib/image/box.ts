/** Boxes in pictures. */

/** Where something is in a picture, in its pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Finds the box around what is bright in a picture.
 *
 * @param values `[height, width]`, row by row.
 * @param least Smallest value that counts.
 * @returns A box without a pixel if there is no such value.
 *
 * @example Two pixels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const box = boxAround(Uint8Array.of(0, 0, 5, 0, 9, 0, 1, 0, 0), 3, 5);
 * assertEquals(box, { left: 1, top: 0, width: 2, height: 2 });
 * ```
 */
export function boxAround(values: Uint8Array | Float32Array, width: number, least: number): Box {
  let [left, right, top, bottom] = [width, 0, 0, 0];
  for (let y = 0, i = 0; i < values.length; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (values[i] < least) continue;
      if (bottom === 0) top = y;
      bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
  }
  return bottom === 0
    ? { left: 0, top: 0, width: 0, height: 0 }
    : { left, top, width: right - left, height: bottom - top };
}
