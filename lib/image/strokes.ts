/** Strokes of a pen, drawn and measured. */

import { IMAGE_SIDE } from "./size.ts";

/** A point of a picture in pixels, from its upper left corner. */
export type Point = readonly [x: number, y: number];

/**
 * Draws a line of straight pieces, with edges a pixel soft. Where there is ink already, the darker
 * of the two counts.
 *
 * @param pixels Pixels 0–1, `[28, 28]`, white ink on black.
 * @param points Corners of the line, one for a dot.
 * @param width Width of the pen in pixels.
 * @param ink Value of full ink.
 */
export function addStroke(pixels: Float32Array, points: Point[], width: number, ink = 1): void {
  const reach = width / 2 + 0.5;
  for (let i = 0; i < points.length; i++) {
    const [ax, ay] = points[Math.max(0, i - 1)];
    const [bx, by] = points[i];
    const [dx, dy] = [bx - ax, by - ay];
    const squaredLength = Math.max(1e-9, dx * dx + dy * dy);
    const inside = (value: number) => Math.min(IMAGE_SIDE - 1, Math.max(0, Math.floor(value)));
    const [left, right] = [Math.min(ax, bx) - reach, Math.max(ax, bx) + reach].map(inside);
    const [top, bottom] = [Math.min(ay, by) - reach, Math.max(ay, by) + reach].map(inside);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) / squaredLength));
        const cover = reach - Math.hypot(px - t * dx, py - t * dy);
        const value = ink * Math.min(1, Math.max(0, cover));
        const pixel = y * IMAGE_SIDE + x;
        if (value > pixels[pixel]) pixels[pixel] = value;
      }
    }
  }
}

/**
 * Measures the mean width of strokes: twice the amount of ink over the length of its edge.
 *
 * @param values Ink from 0 to 1, `[height, width]`, not on the left and upper border.
 * @param least What is at least so much ink is inside a stroke.
 * @returns Pixels; 0 without ink.
 *
 * @example A ring, two pixels wide
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * const ring = Uint8Array.from({ length: 50 * 50 }, (_, i) => {
 *   const radius = Math.hypot(i % 50 - 25, Math.floor(i / 50) - 25);
 *   return radius > 19 && radius < 21 ? 1 : 0;
 * });
 * assertAlmostEquals(strokeWidth(ring, 50, 1), 2, 0.2);
 * ```
 */
export function strokeWidth(
  values: Uint8Array | Float32Array,
  width: number,
  least: number,
): number {
  let [amount, edges] = [0, 0];
  const lastRow = values.length - width;
  for (let y = 0, i = 0; i < values.length; y++) {
    for (let x = 0; x < width; x++, i++) {
      amount += values[i];
      if (values[i] < least) continue;
      if (x > 0 && values[i - 1] < least) edges++;
      if (x + 1 === width || values[i + 1] < least) edges++;
      if (y > 0 && values[i - width] < least) edges++;
      if (i >= lastRow || values[i + width] < least) edges++;
    }
  }
  // Edges along the pixel grid are 4/π times as long as the edge itself, over all directions.
  return 2 * amount / Math.max(1, edges * Math.PI / 4);
}
