/** What a few measurements come to. */

/** The mean. */
export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The standard deviation of a sample: squares are divided by one less than the number of values.
 *
 * @returns 0 for a single value.
 */
export function deviation(values: number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

/** Mean and standard deviation as a table has them. */
export function spread(values: number[]): string {
  return `${mean(values).toFixed(2)} ± ${deviation(values).toFixed(2)}`;
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

/**
 * By how much shares are larger than others that were measured on the same things, each compared with itself.
 *
 * @param shares 0–1, as many as `others`.
 * @returns The mean difference and its standard error, in percentage points.
 */
export function pairedDifference(
  shares: number[],
  others: number[],
): { difference: number; error: number } {
  const differences = shares.map((share, i) => 100 * (share - others[i]));
  return {
    difference: mean(differences),
    error: deviation(differences) / Math.sqrt(differences.length),
  };
}
