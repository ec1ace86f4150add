/** Cubic convolution (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981). */

/**
 * Weight of a sample at a distance from a position, in samples.
 *
 * @param distance From 0 on; from 2 on, a sample does not count.
 * @param a Slope at 1: -0.5 in the article (equation 15), -0.75 for sharper pictures.
 *
 * @example The weights of the four nearest samples sum to 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * const sum = [1.3, 0.3, 0.7, 1.7].reduce((sum, distance) => sum + keysKernel(distance, -0.5), 0);
 * assertAlmostEquals(sum, 1);
 * ```
 */
export function keysKernel(distance: number, a: number): number {
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * (distance * distance) + 1;
  return distance < 2 ? ((distance - 5) * distance + 8) * distance * a - 4 * a : 0;
}

/**
 * How much each of `count` points on a line counts at each position; beyond the first and the last
 * point, the value there goes on.
 *
 * @param positions 0 is at the first point, 1 at the second.
 * @param a As for {@linkcode keysKernel}.
 * @returns `[positions, count]`.
 *
 * @example At a point, it alone counts
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(keysWeights(Float64Array.of(2), 4, -0.5), Float64Array.of(0, 0, 1, 0));
 * ```
 */
export function keysWeights(positions: Float64Array, count: number, a: number): Float64Array {
  const weights = new Float64Array(positions.length * count);
  for (let i = 0; i < positions.length; i++) {
    const first = Math.floor(positions[i]) - 1;
    for (let tap = first; tap < first + 4; tap++) {
      const point = Math.min(Math.max(tap, 0), count - 1);
      weights[i * count + point] += keysKernel(Math.abs(positions[i] - tap), a);
    }
  }
  return weights;
}
