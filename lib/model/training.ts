/** Training and computing with all cores: what the pipelines, tasks and notebooks call. */

import * as tf from "@tensorflow/tfjs";
import { type BackendOptions, chosenKernels } from "../backend/backend.ts";
import { Team as TeamOf } from "../backend/team.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { shareMemory } from "../backend/shared_memory.ts";
import type { EpochRecord, Observer, Stage } from "../observer.ts";
import { splitNetwork } from "./architecture.ts";
import { type Keeps, keptEpoch } from "./history.ts";
import type { jobs, Team, TrainingSource, TrainingState, TrainingTask } from "./jobs.ts";
import { networkToData, writeWeights } from "./network.ts";
import type { Recipe } from "./recipe.ts";

/** How many workers compute, and with which kernels. */
export interface ComputeOptions extends BackendOptions {
  /**
   * Number of workers.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
}

/** Starts the workers that train and compute; close the team when done (`await using`). */
export async function startTeam(
  { workers, kernels = chosenKernels() }: ComputeOptions = {},
): Promise<Team> {
  const team = new TeamOf<typeof jobs>({
    module: new URL("./worker.ts", import.meta.url),
    size: workers,
  });
  await team.run("start", { kernels });
  return team;
}

/**
 * Runs a network over pictures, as in use.
 *
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @param which Features end at the base's last layer, probabilities at the network's.
 * @returns `[count, width]` in shared memory.
 */
export async function computeOutputs(
  team: Team,
  network: tf.LayersModel,
  images: Uint8Array,
  which: "features" | "probabilities",
  observer: Observer = () => {},
): Promise<Float32Array> {
  const count = images.length / IMAGE_PIXELS;
  const last = which === "features" ? splitNetwork(network).base.at(-1)! : network.layers.at(-1)!;
  const width = (last.outputShape as tf.Shape).at(-1)!;
  const outputs = new Float32Array(new SharedArrayBuffer(count * width * 4));
  let done = 0;
  await team.run(
    "computeOutputs",
    {
      network: await networkToData(network),
      which,
      images: shareMemory(images),
      outputs,
    },
    {
      onReport: (report) => {
        done += report.done;
        observer({ kind: "progress", what: which, done, total: count });
      },
    },
  );
  return outputs;
}

/** One stage of training. */
export interface StageOptions {
  stage: Stage;
  source: TrainingSource;
  /** Features or pictures, as the source has them (pictures for letters), and their labels. */
  validation: TrainingTask["validation"];
  recipe: Recipe;
  /**
   * Which epoch's weights the network is left with.
   * @default {"best"}
   */
  keeps?: Keeps;
  seed: number;
  /** Where an earlier run of the stage stopped. */
  resume?: StageProgress;
  /** Called after every epoch; training does not end before what it returns is done. */
  onEpoch?: (progress: StageProgress) => Promise<void>;
  observer?: Observer;
}

/** How far a stage has come. */
export interface StageProgress {
  /** Of this stage. */
  history: EpochRecord[];
  /** Weights of the epoch that is kept so far. */
  kept: Float32Array[];
  state: TrainingState;
}

/**
 * Trains a network, or its head alone if the source is cached features, and
 * leaves it with the weights of the epoch that was best on validation, or of the last.
 *
 * @returns What each epoch came to.
 * @throws {Error} If a worker fails, or `onEpoch` does; the team is closed then.
 */
export async function trainStage(
  team: Team,
  network: tf.LayersModel,
  { stage, source, validation, recipe, keeps, seed, resume, onEpoch, observer = () => {} }:
    StageOptions,
): Promise<EpochRecord[]> {
  const { base, head } = splitNetwork(network);
  const layers = source.kind === "features" ? head : [...base, ...head];
  let progress = resume;
  let saved = Promise.resolve();
  await team.run(
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
        const { record, state } = report;
        const history = [...progress?.history ?? [], record];
        const kept = keptEpoch(history, keeps) === record ? state.weights : progress!.kept;
        progress = { history, kept, state };
        observer({ kind: "epoch", record });
        if (onEpoch) {
          const reached = progress;
          saved = saved.then(() => onEpoch(reached));
          saved.catch((error) => team.close(error));
        }
      },
    },
  );
  await saved;
  writeWeights(layers, progress!.kept);
  return progress!.history;
}
