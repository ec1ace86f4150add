/** Test-time augmentation and ensembles: the mean of what several looks at a picture say. */

import type * as tf from "@tensorflow/tfjs";
import { IMAGE_PIXELS } from "../image/size.ts";
import { movePicture, type Placement } from "../image/affine.ts";
import type { Observer } from "../observer.ts";
import type { Team } from "./team.ts";
import { computeOutputs } from "./inference.ts";

const TURN = 7 * Math.PI / 180;

/** One look at a picture: as it is. */
export const ONE_VIEW: readonly Placement[] = [{}];

/** Nine looks: as it is, moved by a pixel in each direction, turned by 7° either way, and 7 % smaller or larger. */
export const NINE_VIEWS: readonly Placement[] = [
  {},
  { shiftX: 1 },
  { shiftX: -1 },
  { shiftY: 1 },
  { shiftY: -1 },
  { rotation: TURN },
  { rotation: -TURN },
  { scaleX: 1 / 0.93, scaleY: 1 / 0.93 },
  { scaleX: 1 / 1.07, scaleY: 1 / 1.07 },
];

/**
 * Sees pictures from another place.
 *
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @returns As many pictures, each moved like the others.
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
