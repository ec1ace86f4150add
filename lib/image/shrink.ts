/** Pictures made smaller: a pixel is the mean of those that it covers. */

import { IMAGE_SIDE } from "./size.ts";

/**
 * Averages boxes of a picture that lie side by side.
 *
 * @param values `[height, width]`, row by row.
 * @param columns First pixel across of each column of boxes, and the first behind the last.
 * @param rows The same down.
 * @returns Means, `[rows, columns]`; a box has a pixel each way at least.
 *
 * @example All of a picture
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(boxMeans(Uint8Array.of(1, 2, 3, 4), 2, [0, 2], [0, 2]), Float64Array.of(2.5));
 * ```
 */
export function boxMeans(
  values: Uint8Array | Float32Array,
  width: number,
  columns: number[],
  rows: number[],
): Float64Array {
  const count = columns.length - 1;
  const ends = columns.slice(1).map((end, i) => Math.max(columns[i] + 1, end));
  const means = new Float64Array((rows.length - 1) * count);
  for (let row = 0; row + 1 < rows.length; row++) {
    const sums = means.subarray(row * count, (row + 1) * count);
    const bottom = Math.max(rows[row] + 1, rows[row + 1]);
    for (let y = rows[row]; y < bottom; y++) {
      const start = y * width;
      for (let column = 0; column < count; column++) {
        let sum = 0;
        for (let x = columns[column]; x < ends[column]; x++) sum += values[start + x];
        sums[column] += sum;
      }
    }
    for (let column = 0; column < count; column++) {
      sums[column] /= (bottom - rows[row]) * (ends[column] - columns[column]);
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
  const edges = (length: number) =>
    Array.from({ length: IMAGE_SIDE + 1 }, (_, i) => Math.floor(i * length / IMAGE_SIDE));
  return Uint8Array.from(boxMeans(values, width, edges(width), edges(height)), Math.round);
}
