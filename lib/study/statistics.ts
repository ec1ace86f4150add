/** What a few measurements come to. */

/**
 * The mean.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(mean([1, 2, 6]), 3);
 * ```
 */
export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The standard deviation of a sample: squares are divided by one less than the number of values.
 *
 * @returns 0 for a single value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([deviation([1, 3, 5]), deviation([7])], [2, 0]);
 * ```
 */
export function deviation(values: number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

/**
 * The median; the mean of the two middle values if their number is even.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
 * ```
 */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
