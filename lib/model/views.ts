/** Test-time augmentation and ensembles: the mean of what several looks at a picture say. */

import type * as tf from "@tensorflow/tfjs";
import type { Team } from "../backend/team.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { movePicture, type Placement } from "../image/affine.ts";
import type { Observer } from "../observer.ts";
import { computeOutputs } from "./training.ts";

/**
 * Sees pictures from another place.
 *
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @returns As many pictures, each moved like the others.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const images = new Uint8Array(2 * 784).fill(9, 784 + 28, 784 + 56);
 * assertEquals(viewImages(images, { shiftY: 1 }), new Uint8Array(2 * 784).fill(9, 784, 784 + 28));
 * ```
 */
export function viewImages(images: Uint8Array, view: Placement): Uint8Array {
  const seen = new Uint8Array(images.length);
  for (let start = 0; start < images.length; start += IMAGE_PIXELS) {
    const moved = movePicture(images.subarray(start, start + IMAGE_PIXELS), view);
    seen.set(moved.map(Math.round), start);
  }
  return seen;
}

/**
 * Averages the probabilities that networks give to pictures, over all views and networks.
 *
 * @param networks One, or the members of an ensemble; all with the same classes.
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @returns `[count, classes]`.
 */
export async function averageProbabilities(
  team: Team,
  networks: tf.LayersModel[],
  images: Uint8Array,
  views: readonly Placement[],
  observer?: Observer,
): Promise<Float32Array> {
  let total: Float32Array | undefined;
  for (const view of views) {
    const seen = viewImages(images, view);
    for (const network of networks) {
      const probabilities = await computeOutputs(team, network, seen, "probabilities", observer);
      total ??= new Float32Array(probabilities.length);
      for (let i = 0; i < total.length; i++) total[i] += probabilities[i];
    }
  }
  return total!.map((sum) => sum / (views.length * networks.length));
}
