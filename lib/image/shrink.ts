/** Pictures made smaller: a pixel is the mean of those that it covers. */

import { IMAGE_SIDE } from "./size.ts";

/** A stretch of a line of pixels: the first, and the one behind the last. */
interface Span {
  first: number;
  end: number;
}

/**
 * Averages boxes of a picture.
 *
 * @param values `[height, width]`, row by row.
 * @param columns Pixels across of each column of boxes.
 * @param rows Pixels down of each row of boxes.
 * @returns Means, `[rows, columns]`.
 *
 * @example All of a picture
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const both = { first: 0, end: 2 };
 * assertEquals(boxMeans(Uint8Array.of(1, 2, 3, 4), 2, [both], [both]), Float64Array.of(2.5));
 * ```
 */
export function boxMeans(
  values: Uint8Array | Float32Array,
  width: number,
  columns: Span[],
  rows: Span[],
): Float64Array {
  const means = new Float64Array(rows.length * columns.length);
  let i = 0;
  for (const { first: top, end: bottom } of rows) {
    for (const { first, end } of columns) {
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = first; x < end; x++) sum += values[y * width + x];
      }
      means[i++] = sum / ((bottom - top) * (end - first));
    }
  }
  return means;
}

/**
 * Squeezes a whole picture into 28 × 28 pixels: the obvious way, to compare a better one with.
 *
 * @param picture Brightness 0–255, `[height, width]`, of any size.
 * @returns Brightness 0–255, `[28, 28]`.
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
    return { first, end: Math.max(first + 1, Math.floor((i + 1) * length / IMAGE_SIDE)) };
  });
}
