/** The main job, stage by stage: from a base that reads letters to a classifier of digits or letters. */

import { createHash } from "node:crypto";
import type * as tf from "@tensorflow/tfjs";
import { chosenKernels, shareMemory, startBackend } from "../backend/mod.ts";
import { addHandwriting } from "../data/allographs/handwriting.ts";
import type { Augmentation } from "../data/augment/augment.ts";
import { classSetOf } from "../data/class_sets.ts";
import { type Dataset, slice, type Splits } from "../data/dataset.ts";
import type { EpochRecord, Observer, Stage } from "../observer.ts";
import { addHead, type BaseName, buildBase, splitNetwork } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { Run } from "./checkpoint.ts";
import { calibrate } from "./calibration.ts";
import { type Classifier, describeClassifier } from "./classifier.ts";
import { computeOutputs, evaluate, type Evaluation } from "./evaluation.ts";
import { readWeights } from "./network.ts";
import {
  AUGMENTATIONS,
  expectNames,
  HEAD_EPOCHS_BEFORE_FINE_TUNING,
  type Recipe,
  recipeFor,
} from "./recipe.ts";
import { trainStage } from "./training.ts";
import type { Team } from "./team.ts";

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
  augmentation?: keyof typeof AUGMENTATIONS;
  /**
   * Which epoch of the last stage is kept.
   * @default {"best"}
   */
  keeps?: "best" | "last";
  /** What to do otherwise than {@linkcode recipeFor} each stage says; the epochs are the first stage's. */
  recipe?: Partial<Recipe>;
  /**
   * Learn digits too as people of other schools write them, and to know what is none:
   * {@linkcode addHandwriting}. Letters have nothing of the kind.
   * @default {false}
   */
  handwriting?: boolean;
  /** File to write a checkpoint to after every epoch. */
  checkpoint?: string;
  /** Go on from the checkpoint, if it is there. */
  resume?: boolean;
  observer?: Observer;
}

/** Names of the options. */
const OPTIONS = `data base hiddenUnits seed fromScratch fineTune augmentation keeps recipe
  handwriting checkpoint resume observer`.split(/\s+/);

/** A base that was made elsewhere: it stays frozen. */
interface ForeignBase {
  name: string;
  /** From pictures to features; it becomes the whole network. */
  network: tf.Sequential;
}

/** What came of it. */
interface TrainResult {
  network: tf.LayersModel;
  card: Classifier["card"];
  history: EpochRecord[];
  /** On the test pictures, looked at once. */
  evaluation: Evaluation;
  tested: Dataset;
}

/**
 * Trains a classifier: freezes the base, runs it once over the pictures, trains a new head on the
 * features, fine-tunes everything if asked, and examines the result.
 *
 * The same seed on the same machine with the same number of workers gives the
 * same numbers, also if the run was stopped and resumed.
 */
export async function trainClassifier(team: Team, options: TrainOptions): Promise<TrainResult> {
  expectNames("options", Object.keys(options), OPTIONS);
  const { base, hiddenUnits, seed, fromScratch = false, fineTune: fineTuneEpochs, keeps } = options;
  const { augmentation = "light", handwriting = false, checkpoint, resume, observer } = options;
  expectNames("augmentation", [augmentation], Object.keys(AUGMENTATIONS));
  const recipe = recipeFor(fromScratch ? "from-scratch" : "head", {
    ...(!fromScratch && fineTuneEpochs > 0 && { epochs: HEAD_EPOCHS_BEFORE_FINE_TUNING }),
    ...options.recipe,
  });
  const data = handwriting && classSetOf(options.data.classes) === "digits"
    ? addHandwriting(options.data, seed)
    : options.data;
  await startBackend();
  const { name, network: baseNetwork } = typeof base !== "string"
    ? base
    : { name: base, network: fromScratch ? buildBase(base, seed) : (await loadBase(base)).network };
  const run = await Run.begin({
    // Everything that decides the numbers.
    configuration: {
      base: name,
      ...(hiddenUnits && { "hidden-units": hiddenUnits }),
      seed,
      "from-scratch": fromScratch,
      "fine-tune": fineTuneEpochs,
      augmentation,
      ...(keeps && { keeps }),
      ...Object.fromEntries(
        Object.entries(recipe).map(([name, value]) => [kebab(name), value]),
      ),
      data: data.source,
      "training pictures": data.train.count,
      workers: team.size,
      kernels: chosenKernels(),
      "base weights": fingerprint(readWeights(baseNetwork.layers)),
      pictures: fingerprint([
        JSON.stringify(data.classes),
        ...[data.train, data.validation].flatMap(({ images, labels }) => [images, labels]),
      ]),
    },
    checkpoint,
    resume,
    observer,
  });
  const network = addHead(baseNetwork, { classes: data.classes.length, seed, hiddenUnits });
  const settings = { seed, observer, keeps };
  const together = { ...settings, augmentation: AUGMENTATIONS[augmentation] };
  if (fromScratch) {
    const stage = "from-scratch";
    await run.stage(
      stage,
      (progress) => fineTune(team, network, data, { ...together, stage, recipe, ...progress }),
    );
  } else {
    const alone = { ...settings, recipe, keeps: fineTuneEpochs > 0 ? "best" : keeps } as const;
    await run.stage(
      "head",
      (progress) => trainHead(team, network, data, { ...alone, ...progress }),
    );
  }
  if (fineTuneEpochs > 0) {
    const recipe = { ...options.recipe, epochs: fineTuneEpochs };
    await run.stage(
      "fine-tuning",
      (progress) => fineTune(team, network, data, { ...together, recipe, ...progress }),
    );
  }
  const { evaluation, card } = await examine(team, network, data, observer);
  return {
    network,
    history: run.history,
    evaluation,
    tested: data.test,
    card: {
      base: name,
      mode: fromScratch ? "from scratch" : fineTuneEpochs > 0 ? "fine-tuned" : "frozen base",
      seed,
      seconds: run.history.reduce((sum, { seconds }) => sum + seconds, 0),
      ...card,
    },
  };
}

/** Tells weights or pictures apart: the first digits of their SHA-256. */
function fingerprint(parts: (string | Uint8Array | Float32Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 8);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Pictures, the first ones, whose features are kept: those of more would not fit into memory. */
const MOST_FEATURES = 200_000;

/** How a stage is trained. */
type StageSettings = Omit<Parameters<typeof trainStage>[2], "stage" | "source" | "validation">;

/**
 * The head: pictures go in; the frozen base makes features of each, `[count, features]`, computed once; the
 * network is left with a head that reads them, its base as it was.
 *
 * @returns What each epoch came to.
 */
async function trainHead(
  team: Team,
  network: tf.LayersModel,
  { train, validation }: Splits,
  settings: StageSettings,
): Promise<EpochRecord[]> {
  freeze(network);
  const compute = (images: Uint8Array) =>
    computeOutputs(team, network, images, "features", settings.observer);
  const { images, labels } = slice(train, 0, MOST_FEATURES);
  return await trainStage(team, network, {
    stage: "head",
    source: { kind: "features", features: await compute(images), labels: shareMemory(labels) },
    validation: { inputs: await compute(validation.images), labels: validation.labels },
    ...settings,
  });
}

/**
 * Fine-tuning: pictures go in, augmented afresh in every epoch; the network is left with base and head that
 * learnt together.
 *
 * @returns What each epoch came to.
 */
export function fineTune(
  team: Team,
  network: tf.LayersModel,
  { train, validation, classes }: Omit<Splits, "test" | "source">,
  { augmentation, stage = "fine-tuning", ...settings }: StageSettings & {
    augmentation: Augmentation;
    /** @default {"fine-tuning"} */
    stage?: Stage;
  },
): Promise<EpochRecord[]> {
  freeze(network, false);
  return trainStage(team, network, {
    stage,
    source: {
      kind: "images",
      images: shareMemory(train.images),
      labels: shareMemory(train.labels),
      augmentation,
      classes,
    },
    validation: { inputs: validation.images, labels: validation.labels },
    ...settings,
  });
}

/** Freezes or unfreezes the base of a network. Batch normalisation in a frozen base keeps its statistics. */
export function freeze(network: tf.LayersModel, frozen = true): void {
  for (const layer of splitNetwork(network).base) layer.trainable = !frozen;
}

/**
 * Calibrates a trained network on the validation pictures by scaling its last layer, rounds all weights to
 * what a file holds (float16), and evaluates it on the test pictures.
 *
 * @returns What the test came to, and what a card says of every classifier.
 */
async function examine(
  team: Team,
  network: tf.LayersModel,
  { validation, test, classes, apart = {} }: Splits,
  observer?: Observer,
): Promise<
  Pick<TrainResult, "evaluation"> & { card: Omit<Classifier["card"], "base" | "mode" | "seed"> }
> {
  const compute = ({ images }: Dataset) =>
    computeOutputs(team, network, images, "probabilities", observer);
  calibrate(network, await compute(validation), validation.labels);
  const validated = await evaluate(team, network, validation, classes, observer);
  const evaluation = await evaluate(team, network, test, classes, observer);
  const card = describeClassifier(evaluation, validated);
  const { leastConfidence } = card.calibration!;
  const rejectedOf = (confidences: number[]) =>
    confidences.filter((confidence) => confidence < leastConfidence).length / confidences.length;
  const rejected = {
    "test pictures": rejectedOf(evaluation.answers.map(({ confidence }) => confidence)),
  };
  for (const [kind, pictures] of Object.entries(apart)) {
    const probabilities = await compute(pictures);
    const confidences = Array.from(
      { length: pictures.count },
      (_, i) => Math.max(...probabilities.subarray(i * classes.length, (i + 1) * classes.length)),
    );
    Object.assign(rejected, { [kind]: rejectedOf(confidences) });
  }
  return { evaluation, card: { ...card, rejected } };
}
