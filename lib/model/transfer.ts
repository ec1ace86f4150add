/** The main job: transfer learning from a base that reads letters to a classifier of digits or letters. */

import * as tf from "@tensorflow/tfjs";
import { type BackendOptions, startBackend } from "../backend/backend.ts";
import type { Augmentation } from "../data/augment/augment.ts";
import { slice, type Splits } from "../data/dataset.ts";
import { shareMemory } from "../backend/shared_memory.ts";
import type { EpochRecord, Observer, Stage } from "../observer.ts";
import { addHead, type BaseName, buildBase, splitNetwork } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { today, versions } from "./provenance.ts";
import { type Configuration, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { ModelCard } from "./classifier.ts";
import { fitCalibration } from "./calibration.ts";
import { evaluate, evaluateProbabilities, type Evaluation } from "./evaluation.ts";
import type { Keeps } from "./history.ts";
import type { Team } from "./jobs.ts";
import { readWeights } from "./network.ts";
import { type AugmentationName, AUGMENTATIONS, type Recipe, RECIPES } from "./recipe.ts";
import { computeOutputs, type StageOptions, trainStage } from "./training.ts";

/** How a classifier is trained. */
export interface TrainOptions {
  data: Splits;
  /** Pre-trained base, one that was made elsewhere, or the architecture to train from scratch. */
  base: BaseName | ForeignBase;
  /** Units of the head's hidden layer, if not as {@linkcode addHead} has them. */
  hiddenUnits?: number;
  seed: number;
  /** Train the whole network from random weights instead of a head on the base. */
  fromScratch?: boolean;
  /** Epochs of fine-tuning after the head is trained, or 0. */
  fineTune: number;
  /**
   * How pictures are augmented while base and head learn together.
   * @default {"light"}
   */
  augmentation?: AugmentationName;
  /**
   * Which epoch of the last stage is kept.
   * @default {"best"}
   */
  keeps?: Keeps;
  /** What to do otherwise than {@linkcode RECIPES} says, in the first stage. */
  recipe?: Partial<Recipe>;
  kernels?: BackendOptions["kernels"];
  /** File to write a checkpoint to after every epoch. */
  checkpoint?: string;
  /** Go on from the checkpoint, if it is there. */
  resume?: boolean;
  observer?: Observer;
}

/** A base that was made elsewhere: it stays frozen. */
export interface ForeignBase {
  name: string;
  /** From pictures to features; it becomes the whole network. */
  network: tf.Sequential;
}

/** What came of it. */
export interface TrainResult {
  network: tf.LayersModel;
  card: ModelCard;
  history: EpochRecord[];
  /** On the test pictures, looked at once. */
  evaluation: Evaluation;
}

/**
 * Trains a classifier: freezes the base, runs it once over the pictures, trains a new head on the
 * features, fine-tunes everything if asked, and evaluates the result on the test pictures.
 *
 * The same seed on the same machine with the same number of workers gives the
 * same numbers, also if the run was stopped and resumed.
 */
export async function trainClassifier(team: Team, options: TrainOptions): Promise<TrainResult> {
  const { data, base: given, hiddenUnits, seed, fromScratch = false, fineTune, observer } = options;
  const augmentation = options.augmentation ?? "light";
  await startBackend({ kernels: options.kernels });
  const base = typeof given !== "string"
    ? given.network
    : fromScratch
    ? buildBase(given, seed)
    : (await loadBase(given)).network;
  const configuration = {
    ...describe(options, augmentation, team.size),
    "base weights": await fingerprint(base),
  };
  const checkpoint = options.resume && options.checkpoint
    ? await loadCheckpoint(options.checkpoint, configuration)
    : undefined;
  if (checkpoint) {
    const { stage, state } = checkpoint;
    observer?.({ kind: "note", text: `Going on after epoch ${state.epoch} of ${stage}` });
  }
  const network = addHead(base, { classes: data.classes.length, seed, hiddenUnits });
  const stages: { stage: Stage; recipe: Recipe }[] = [];
  const first = fromScratch ? "from-scratch" : "head";
  stages.push({ stage: first, recipe: { ...RECIPES[first], ...options.recipe } });
  if (fineTune > 0) {
    stages.push({
      stage: "fine-tuning",
      recipe: { ...RECIPES["fine-tuning"], epochs: fineTune },
    });
  }
  const done = Math.max(0, stages.findIndex(({ stage }) => stage === checkpoint?.stage));
  let history = checkpoint?.history.filter(({ stage }) => stage !== checkpoint.stage) ?? [];
  for (const { stage, recipe } of stages.slice(done)) {
    freeze(network, stage === "head");
    const earlier = history;
    const resume = checkpoint?.stage === stage
      ? { ...checkpoint, history: checkpoint.history.filter((record) => record.stage === stage) }
      : undefined;
    const inputs = stage === "head"
      ? await features(team, network, data, observer)
      : pictures(data, AUGMENTATIONS[augmentation]);
    const trained = await trainStage(team, network, {
      stage,
      ...inputs,
      recipe,
      keeps: stage === stages.at(-1)!.stage ? options.keeps : undefined,
      seed,
      resume,
      observer,
      onEpoch: async (progress) => {
        if (!options.checkpoint) return;
        await saveCheckpoint(options.checkpoint, {
          configuration,
          stage,
          ...progress,
          history: [...earlier, ...progress.history],
        });
      },
    });
    history = [...earlier, ...trained];
  }
  const mode = fromScratch ? "from scratch" : fineTune > 0 ? "fine-tuned" : "frozen base";
  const examined = await examine(team, network, data, observer);
  return {
    network,
    history,
    evaluation: examined.evaluation,
    card: { base: nameOf(given), mode, seed, seconds: secondsOf(history), ...examined.card },
  };
}

/**
 * Calibrates a trained network on the validation pictures and evaluates it on the test pictures.
 *
 * @returns What the test came to, and what a card says of every classifier.
 */
export async function examine(
  team: Team,
  network: tf.LayersModel,
  { validation, test, classes }: Splits,
  observer?: Observer,
): Promise<
  { evaluation: Evaluation; card: Omit<ModelCard, "base" | "mode" | "seed" | "seconds"> }
> {
  const probabilities = await computeOutputs(
    team,
    network,
    validation.images,
    "probabilities",
    observer,
  );
  const evaluation = await evaluate(team, network, test, classes, observer);
  return {
    evaluation,
    card: {
      classes,
      input: {
        shape: [28, 28, 1],
        pixelRange: 255,
        ink: "white on black",
        placement: "as MNIST: fitted into 20 × 20 pixels, centre of mass in the middle of 28 × 28",
      },
      date: today(),
      versions: versions(),
      calibration: fitCalibration(probabilities, validation.labels),
      metrics: {
        testAccuracy: evaluation.accuracy,
        testCount: evaluation.count,
        validationAccuracy:
          evaluateProbabilities(probabilities, validation.labels, classes).accuracy,
      },
    },
  };
}

/** Of more pictures than this, the features would not fit into memory, and the head learns from the first. */
const MOST_FEATURES = 200_000;

/** Freezes or unfreezes the base of a network. Batch normalisation in a frozen base keeps its statistics. */
export function freeze(network: tf.LayersModel, frozen = true): void {
  for (const layer of splitNetwork(network).base) layer.trainable = !frozen;
}

type Inputs = Pick<StageOptions, "source" | "validation">;

async function features(
  team: Team,
  network: tf.LayersModel,
  { train, validation }: Splits,
  observer?: Observer,
): Promise<Inputs> {
  const compute = ({ images }: { images: Uint8Array }) =>
    computeOutputs(team, network, images, "features", observer);
  const some = slice(train, 0, Math.min(train.count, MOST_FEATURES));
  return {
    source: {
      kind: "features",
      features: await compute(some),
      labels: shareMemory(some.labels),
    },
    validation: { inputs: await compute(validation), labels: validation.labels },
  };
}

function pictures({ train, validation, classes }: Splits, augmentation: Augmentation): Inputs {
  return {
    source: {
      kind: "images",
      images: shareMemory(train.images),
      labels: shareMemory(train.labels),
      augmentation,
      classes,
    },
    validation: { inputs: validation.images, labels: validation.labels },
  };
}

function secondsOf(history: EpochRecord[]): number {
  return history.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Everything that decides the numbers of a run but the weights of its base. */
function describe(
  options: TrainOptions,
  augmentation: AugmentationName,
  workers: number,
): Configuration {
  const { data, base, hiddenUnits, seed, fromScratch = false, fineTune, keeps, recipe, kernels } =
    options;
  return {
    base: nameOf(base),
    ...(hiddenUnits && { "hidden-units": hiddenUnits }),
    seed,
    "from-scratch": fromScratch,
    "fine-tune": fineTune,
    augmentation,
    ...(keeps && { keeps }),
    ...Object.fromEntries(
      Object.entries({ ...RECIPES[fromScratch ? "from-scratch" : "head"], ...recipe })
        .map(([name, value]) => [kebab(name), value]),
    ),
    data: data.source,
    "training pictures": data.train.count,
    workers,
    ...(kernels && { kernels }),
  };
}

/** Tells networks' weights apart: the first digits of their SHA-256. */
async function fingerprint({ layers }: tf.LayersModel): Promise<string> {
  const bytes = await new Blob(readWeights(layers) as BlobPart[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 8);
}

function nameOf(base: TrainOptions["base"]): string {
  return typeof base === "string" ? base : base.name;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
