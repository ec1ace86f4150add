/** Enlarging pictures. */

/**
 * Weight of a sample at a distance, in samples: cubic convolution with a = -1/2 (Keys, "Cubic
 * Convolution Interpolation for Digital Image Processing", 1981, equation 15).
 *
 * @param distance At least 0.
 *
 * @example The weights of the four nearest samples sum to 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * const sum = [1.3, 0.3, 0.7, 1.7].reduce((sum, distance) => sum + cubicWeight(distance), 0);
 * assertAlmostEquals(sum, 1);
 * ```
 */
export function cubicWeight(distance: number): number {
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  return distance < 2 ? ((2.5 - 0.5 * distance) * distance - 4) * distance + 2 : 0;
}
