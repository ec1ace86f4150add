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

/** Slope of the kernel between the points of a grid. */
const GRID_SLOPE = -0.75;

/**
 * Prepares to interpolate between the points of square grids; beyond the outermost, their values go on.
 *
 * @param side Points along a side of a grid.
 * @param x Positions across: 0 is at the first point, 1 at the second.
 * @param y Positions down.
 * @returns From values at the points, `[side, side]`, to values at the positions, `[y, x]`.
 *
 * @example At a point, it alone counts
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const interpolate = gridInterpolation(2, Float64Array.of(0, 0.5, 1), Float64Array.of(1));
 * assertEquals(interpolate(Float64Array.of(5, 6, 7, 8)), Float64Array.of(7, 7.5, 8));
 * ```
 */
export function gridInterpolation(
  side: number,
  x: Float64Array,
  y: Float64Array,
): (grid: Float64Array) => Float64Array {
  const [across, down] = [gridWeights(x, side), gridWeights(y, side)];
  return (grid) => multiply(down, multiply(across, grid, side), side);
}

/** How much each of `count` points on a line counts at each position, `[positions, count]`. */
function gridWeights(positions: Float64Array, count: number): Float64Array {
  const weights = new Float64Array(positions.length * count);
  for (let i = 0; i < positions.length; i++) {
    const first = Math.floor(positions[i]) - 1;
    for (let tap = first; tap < first + 4; tap++) {
      const point = Math.min(Math.max(tap, 0), count - 1);
      weights[i * count + point] += keysKernel(Math.abs(positions[i] - tap), GRID_SLOPE);
    }
  }
  return weights;
}

/** Product of a matrix `[rows, inner]` and the transpose of another, `[columns, inner]`. */
function multiply(left: Float64Array, right: Float64Array, inner: number): Float64Array {
  const product = new Float64Array(left.length * right.length / inner ** 2);
  let i = 0;
  for (let row = 0; row < left.length; row += inner) {
    for (let column = 0; column < right.length; column += inner) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += left[row + k] * right[column + k];
      product[i++] = sum;
    }
  }
  return product;
}
