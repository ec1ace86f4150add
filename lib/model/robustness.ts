/** How much a classifier loses on pictures that a person still reads. */

import type * as tf from "@tensorflow/tfjs";
import { CORRUPTION_NAMES } from "../data/augment/corruptions.ts";
import type { Dataset } from "../data/dataset.ts";
import { shareMemory } from "../backend/mod.ts";
import type { Observer } from "../observer.ts";
import { evaluate } from "./evaluation.ts";
import type { Team } from "./team.ts";

/** Shares of wrong answers, 0–1. */
interface Robustness {
  /** Number of pictures, the same in every measurement. */
  count: number;
  /** On the pictures as they are. */
  cleanError: number;
  /** On the pictures corrupted in each way. */
  errors: Record<typeof CORRUPTION_NAMES[number], number>;
  /**
   * Mean of {@linkcode Robustness.errors}. It is not divided by the errors of a reference network, as
   * Hendrycks and Dietterich (2019, https://arxiv.org/abs/1903.12261) do.
   */
  meanError: number;
}

/**
 * Evaluates a network on a dataset and on each of the fifteen corruptions of it, as in use: nothing
 * adapts to the corrupted pictures, which are the same in every measurement.
 *
 * @param options Names of the classes.
 */
export async function measureRobustness(
  team: Team,
  network: tf.LayersModel,
  dataset: Dataset,
  { classes, observer = () => {} }: { classes: string[]; observer?: Observer },
): Promise<Robustness> {
  const { count, labels } = dataset;
  const images = shareMemory(dataset.images);
  const corrupted = new Uint8Array(new SharedArrayBuffer(images.length));
  const total = count * (1 + CORRUPTION_NAMES.length);
  let before = 0;
  const measure = async (images: Uint8Array) => {
    const pictures = { count, images, labels };
    const { accuracy } = await evaluate(team, network, pictures, classes, (news) => {
      if (news.kind !== "progress") return;
      observer({ ...news, what: "corruptions", done: before + news.done, total });
    });
    before += count;
    return 1 - accuracy;
  };
  const cleanError = await measure(images);
  const errors = {} as Record<typeof CORRUPTION_NAMES[number], number>;
  for (const name of CORRUPTION_NAMES) {
    await team.run("corruptShare", { name, images, corrupted });
    errors[name] = await measure(corrupted);
  }
  const meanError = CORRUPTION_NAMES.reduce((sum, name) => sum + errors[name], 0) /
    CORRUPTION_NAMES.length;
  return { count, cleanError, errors, meanError };
}
