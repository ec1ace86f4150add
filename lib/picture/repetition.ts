/** Small pictures that were enlarged by repeating their pixels. */

import type { GreyPicture } from "./decode.ts";

/** How a picture was enlarged. */
export interface Repetition {
  /** Pixels of the picture along a side for each of the original's; 1 if it was not enlarged. */
  factor: number;
  /** Column and row, less than `factor`, at which the first whole pixel of the original begins. */
  left: number;
  top: number;
}

/** A drawing with fewer changes along a side, such as a bar, may have any size of its own. */
const FEWEST_CHANGES = 5;

/**
 * Finds out whether a picture consists of squares of equal pixels.
 *
 * @example Three times as large, one pixel to the right
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [side, factor] = [21, 3];
 * const values = Uint8Array.from({ length: side ** 2 }, (_, i) => {
 *   const [x, y] = [Math.floor((i % side + 2) / factor), Math.floor(i / side / factor)];
 *   return 40 * ((x * x + 3 * y) % 7);
 * });
 * assertEquals(findRepetition({ width: side, height: side, values }), { factor, left: 1, top: 0 });
 * ```
 */
export function findRepetition({ width, height, values }: GreyPicture): Repetition {
  const columns = changes(width, (x) => {
    for (let i = x; i < values.length; i += width) if (values[i] !== values[i - 1]) return true;
    return false;
  });
  const rows = columns.step === 1 ? columns : changes(height, (y) => {
    for (let i = y * width, end = i + width; i < end; i++) {
      if (values[i] !== values[i - width]) return true;
    }
    return false;
  });
  const factor = greatestCommonDivisor(columns.step, rows.step);
  return { factor, left: columns.first % factor, top: rows.first % factor };
}

/** The first position from 1 on where something changes, and what all distances of changes are multiples of. */
function changes(length: number, differs: (position: number) => boolean) {
  let [first, step, count] = [0, 0, 0];
  for (let position = 1; position < length && step !== 1; position++) {
    if (!differs(position)) continue;
    if (count++ === 0) first = position;
    else step = greatestCommonDivisor(position - first, step);
  }
  return { first, step: count < FEWEST_CHANGES ? 1 : step };
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
