/** Gaussian blur of a picture of 28 × 28. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "./size.ts";

/** Standard deviations after which the bell is cut off, as in SciPy's `gaussian_filter`. */
const REACH = 4;

/**
 * Blurs a picture; beyond its border, the pixels of the border go on.
 *
 * @param pixels `[28, 28]`.
 * @param sigma Standard deviation of the bell in pixels.
 * @returns The blurred picture; `pixels` stay as they are.
 */
export function gaussianBlur(pixels: Float32Array, sigma: number): Float32Array {
  const weights = bell(sigma);
  return blurAlong(blurAlong(pixels, weights, 1), weights, IMAGE_SIDE);
}

/** Weights from the middle outwards; with those of the other side they sum to 1. */
function bell(sigma: number): Float64Array {
  const weights = Float64Array.from(
    { length: Math.floor(REACH * sigma + 0.5) + 1 },
    (_, distance) => Math.exp(-(distance ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((sum, weight) => sum + 2 * weight, -weights[0]);
  return weights.map((weight) => weight / sum);
}

/** Blurs along rows (`stride` 1) or columns (`stride` 28). */
function blurAlong(pixels: Float32Array, weights: Float64Array, stride: number): Float32Array {
  const blurred = new Float32Array(IMAGE_PIXELS);
  const last = IMAGE_SIDE - 1;
  for (let line = 0; line < IMAGE_SIDE; line++) {
    const start = stride === 1 ? line * IMAGE_SIDE : line;
    for (let i = 0; i < IMAGE_SIDE; i++) {
      let sum = weights[0] * pixels[start + i * stride];
      for (let distance = 1; distance < weights.length; distance++) {
        sum += weights[distance] * (pixels[start + Math.max(0, i - distance) * stride] +
          pixels[start + Math.min(last, i + distance) * stride]);
      }
      blurred[start + i * stride] = sum;
    }
  }
  return blurred;
}
