/** What a recogniser looks at: where hiding ink changes its mind. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../data/dataset.ts";
import { type DigitModel, predictDigits } from "./classifier.ts";

/** Side of the patch that hides ink, and how far it moves, in pixels. */
const [PATCH, STRIDE] = [5, 2];

/**
 * Measures how much every pixel counts for the answer: a black patch hides one part of the picture
 * after the other, and what the answer's logarithmic probability loses is credited to the pixels
 * under it (Zeiler and Fergus 2014).
 *
 * @param pixels White ink (255) on black (0), `[28, 28]`.
 * @returns Importance from 0 to 1 where hiding hurts, `[28, 28]`; all 0 if it hurts nowhere.
 */
export function occlusionMap(model: DigitModel, pixels: Uint8Array): Float32Array {
  const places: [top: number, left: number][] = [];
  for (let top = 1 - PATCH; top < IMAGE_SIDE; top += STRIDE) {
    for (let left = 1 - PATCH; left < IMAGE_SIDE; left += STRIDE) places.push([top, left]);
  }
  const hidden = places.map(([top, left]) => {
    const copy = pixels.slice();
    forPatch(top, left, (i) => copy[i] = 0);
    return copy;
  });
  const [whole, ...parts] = predictDigits(model, [pixels, ...hidden]);
  const loss = new Float32Array(IMAGE_PIXELS);
  parts.forEach(({ probabilities }, k) => {
    const change = Math.log(whole.confidence / Math.max(probabilities[whole.digit], 1e-9));
    forPatch(...places[k], (i) => loss[i] += Math.max(0, change));
  });
  const most = Math.max(...loss);
  return most > 0 ? loss.map((value) => value / most) : loss;
}

function forPatch(top: number, left: number, act: (index: number) => void): void {
  for (let y = Math.max(0, top); y < Math.min(IMAGE_SIDE, top + PATCH); y++) {
    for (let x = Math.max(0, left); x < Math.min(IMAGE_SIDE, left + PATCH); x++) {
      act(y * IMAGE_SIDE + x);
    }
  }
}
