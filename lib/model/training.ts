/** One stage of training with all cores. */

import type * as tf from "@tensorflow/tfjs";
import { shareMemory } from "../backend/mod.ts";
import { EnoughTraining, type EpochRecord, keptEpoch, type Observer } from "../observer.ts";
import { splitNetwork } from "./architecture.ts";
import type { train } from "./gradient_descent.ts";
import { networkToData, writeWeights } from "./network.ts";
import { expectNames, type Recipe, recipeFor } from "./recipe.ts";
import type { Team } from "./team.ts";

type TrainingTask = Parameters<typeof train>[1];

/** What a stage trains on, and how. */
interface StageOptions extends Pick<TrainingTask, "stage" | "source" | "validation" | "seed"> {
  /** What to do otherwise than {@linkcode recipeFor} the stage says. */
  recipe?: Partial<Recipe>;
  /**
   * Which epoch's weights the network is left with: of the best on validation, or of the last. After many
   * epochs with a falling learning rate, the best is mostly luck.
   * @default {"best"}
   */
  keeps?: "best" | "last";
  /** Where an earlier run of the stage stopped. */
  resume?: StageProgress;
  /** Called after every epoch; training does not end before what it returns is done. */
  onEpoch?: (progress: StageProgress) => Promise<void>;
  observer?: Observer;
}

/** Names of the options. */
const OPTIONS = "stage source validation recipe seed keeps resume onEpoch observer".split(" ");

/** How far a stage has come. */
interface StageProgress {
  /** Of this stage. */
  history: EpochRecord[];
  /** Weights of the epoch that is kept so far. */
  kept: Float32Array[];
  state: NonNullable<TrainingTask["state"]>;
}

/** What an epoch came to that broke off because its loss was no number. */
const NO_NUMBER = {
  trainLoss: NaN,
  trainAccuracy: NaN,
  validationLoss: NaN,
  validationAccuracy: NaN,
  learningRate: NaN,
  seconds: NaN,
};

/**
 * Trains a network, or its head alone if the source is cached features, and
 * leaves it with the weights of the epoch that was best on validation, or of the last.
 *
 * @returns What each epoch came to.
 * @throws {TypeError} If an option has another name than it should, or a number of the recipe.
 * @throws {RangeError} If the recipe has a number that nothing can be learnt with.
 * @throws {RangeError} If the loss is no number any more; the observer is told of that epoch first.
 * @throws {Error} If a worker fails, or `onEpoch` does.
 */
export async function trainStage(
  team: Team,
  network: tf.LayersModel,
  options: StageOptions,
): Promise<EpochRecord[]> {
  expectNames("options", Object.keys(options), OPTIONS);
  const { stage, source, validation, seed, keeps, resume, onEpoch, observer = () => {} } = options;
  const recipe = recipeFor(stage, options.recipe);
  const { base, head } = splitNetwork(network);
  const layers = source.kind === "features" ? head : [...base, ...head];
  let progress = resume;
  let saved = Promise.resolve();
  const training = team.run(
    "train",
    {
      network: await networkToData(network),
      stage,
      source,
      validation: { ...validation, inputs: shareMemory(validation.inputs) },
      recipe,
      seed,
      state: resume?.state,
    },
    {
      sumLength: network.countParams(),
      onReport: (report) => {
        if ("step" in report) {
          const { step, steps, epoch, loss, accuracy } = report;
          observer({
            kind: "progress",
            what: `${stage}, epoch ${epoch} of ${recipe.epochs}`,
            done: (epoch - 1) * steps + step,
            total: recipe.epochs * steps,
            figures: { loss, accuracy },
          });
          return;
        }
        if ("lost" in report) {
          try {
            observer({ kind: "epoch", record: { ...NO_NUMBER, stage, epoch: report.epoch } });
          } catch (error) {
            if (!(error instanceof EnoughTraining)) throw error; // this epoch does not count
          }
          throw new RangeError(
            `Expected a finite loss but found ${report.lost} in epoch ${report.epoch}: try a smaller learning rate`,
          );
        }
        const { record, state } = report;
        const history = [...progress?.history ?? [], record];
        const kept = keptEpoch(history, keeps) === record ? state.weights : progress!.kept;
        progress = { history, kept, state };
        if (onEpoch) {
          const reached = progress;
          saved = saved.then(() => onEpoch(reached));
          saved.catch((error) => team.cancel(error));
        }
        observer({ kind: "epoch", record });
      },
    },
  );
  await training.catch((error) => {
    if (!(error instanceof EnoughTraining)) throw error;
  });
  await saved;
  writeWeights(layers, progress!.kept);
  return progress!.history;
}
