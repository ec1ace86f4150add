/** Pictures made smaller: a pixel is the mean of those that it covers. */

import { IMAGE_SIDE } from "./size.ts";

/** A stretch of a line of pixels: the first, and the one behind the last. */
type Span = readonly [first: number, end: number];

/**
 * Averages boxes of a picture.
 *
 * @param values `[height, width]`, row by row.
 * @param columns Pixels across of each column of boxes.
 * @param rows Pixels down of each row of boxes.
 * @returns Means, `[rows, columns]`.
 *
 * @example Two boxes of two pixels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const means = boxMeans(Uint8Array.of(1, 2, 3, 4), 2, [[0, 1], [1, 2]], [[0, 2]]);
 * assertEquals(means, Float64Array.of(2, 3));
 * ```
 */
export function boxMeans(
  values: Uint8Array | Float32Array,
  width: number,
  columns: Span[],
  rows: Span[],
): Float64Array {
  const means = new Float64Array(rows.length * columns.length);
  for (let row = 0, i = 0; row < rows.length; row++) {
    const [top, bottom] = rows[row];
    for (let column = 0; column < columns.length; column++, i++) {
      const [left, right] = columns[column];
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let at = y * width + left, end = y * width + right; at < end; at++) sum += values[at];
      }
      means[i] = sum / ((bottom - top) * (right - left));
    }
  }
  return means;
}

/**
 * Squeezes a whole picture into 28 × 28 pixels: the obvious way, to compare a better one with.
 *
 * @param picture Brightness 0–255, `[height, width]`, of any size.
 * @returns Brightness 0–255, `[28, 28]`.
 *
 * @example Half black, half white
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const pixels = shrinkPicture({ width: 2, height: 1, values: Uint8Array.of(0, 255) });
 * assertEquals([pixels[13], pixels[14]], [0, 255]);
 * ```
 */
export function shrinkPicture(
  { width, height, values }: { width: number; height: number; values: Uint8Array },
): Uint8Array {
  return Uint8Array.from(boxMeans(values, width, shares(width), shares(height)), Math.round);
}

/** What each of 28 pixels covers of a side. */
function shares(length: number): Span[] {
  return Array.from({ length: IMAGE_SIDE }, (_, i) => {
    const first = Math.floor(i * length / IMAGE_SIDE);
    return [first, Math.max(first + 1, Math.floor((i + 1) * length / IMAGE_SIDE))];
  });
}
