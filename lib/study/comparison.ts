/** Learning digits from a handful of labels, in ways that are compared with each other. */

import * as tf from "@tensorflow/tfjs";
import { shareMemory, startBackend } from "../backend/mod.ts";
import { augment, type Augmentation } from "../data/augment/augment.ts";
import { type Dataset, holdOut, join, pick, slice, type Splits } from "../data/dataset.ts";
import { DIGITS } from "../data/mnist.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { addHead, type BaseName, buildBase } from "../model/architecture.ts";
import { loadBase } from "../model/bases.ts";
import { computeOutputs, evaluate } from "../model/evaluation.ts";
import { learnFromFew } from "../model/few_pictures.ts";
import { imagesToTensor } from "../model/network.ts";
import { AUGMENTATIONS, expectNames, PRESETS, type Recipe, recipeFor } from "../model/recipe.ts";
import { startTeam, type Team } from "../model/team.ts";
import { trainStage } from "../model/training.ts";
import { fineTune, freeze, trainClassifier } from "../model/transfer.ts";
import type { Observer, Stage } from "../observer.ts";
import { deviation, mean } from "./report.ts";
import type { Runs } from "./study.ts";

/** What came of one training of a comparison. */
interface RunResult {
  way: string;
  /** Training pictures of each digit whose label is known. */
  labelsPerClass: number;
  /** Seed of everything: which pictures, initial weights, augmentation, order. */
  seed: number;
  /** Share of the pictures tested on that is right, 0–1. */
  accuracy: number;
  /** What learning took, features included and testing not. */
  seconds: number;
  /** Indices of the pictures that were read wrong. */
  wrong: number[];
}

/** Learns from few labelled pictures; where nothing is learnt, the nearest picture names the class. */
type Learn = (team: Team, task: Task) => Promise<tf.LayersModel | { nearest: Dataset }>;

interface Task {
  few: Dataset;
  /** Pictures whose labels are not known. */
  train: Dataset;
  test: Dataset;
  classes: string[];
  base: BaseName;
  seed: number;
}

/** What is compared. */
interface ComparisonOptions {
  /** Ways of learning. */
  ways?: readonly (keyof typeof WAYS)[];
  /**
   * Ways besides, by name: a base is fine-tuned with an augmentation as the main job does it, and its best epoch
   * chosen on the pictures that are tested on.
   */
  augmentations?: Record<string, Augmentation>;
  /** In rising order. */
  labelsPerClass: readonly number[];
  seeds: readonly number[];
  /** @default {"cnn"} */
  base?: BaseName;
  /**
   * Number of workers. Each learns alone, so that results do not depend on how many there are.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
  /** Where results are kept, if they are. */
  runs?: Runs;
  /** Told of the runs, if not who `runs` tells. */
  observer?: Observer;
  /** What is read, if not digits. */
  subject?: string;
}

/** Augmented copies of each picture whose features are cached, beside the picture itself. */
const COPIES = 20;

/** Pictures from which a random base takes the statistics of its batch normalisation. */
const STATISTICS_COUNT = 500;

/** Steps of training; few pictures are seen many times. */
const STEPS = 200;

const BATCH_SIZE = 64;

/** Fewest pictures, counted as often as they are seen, that an epoch of fine-tuning goes through. */
const LEAST_PER_EPOCH = 9000;

/** Ways of learning: what the base knows, and whether it learns on. */
const WAYS = {
  /** As `train --pictures` does it with few: a head that is solved in closed form. */
  "letters, solved": async (team, task) => {
    const { base, seed } = task;
    return (await learnFromFew(team, { data: splitsOf(task), base, seed })).network;
  },
  /** As it does it with more: all is learnt step by step, and a fifth is held out. */
  "letters, held out": learnHeldOut,
  "letters, frozen": async (team, task) => await learnHead(team, await lettersBase(task), task),
  "letters, fine-tuned": async (team, task) =>
    await learnTogether(team, await lettersBase(task), task, 1 / 4),
  "random, frozen": (team, task) => learnHead(team, randomBase(task), task),
  "from scratch": (team, task) => learnTogether(team, buildBase(task.base, task.seed), task, 1),
  "pixels, nearest": (_, { few }) => Promise.resolve({ nearest: few }),
} satisfies Record<string, Learn>;

/**
 * Learns by every way, from every number of labels, with every seed, and tests on `data.test`.
 *
 * A frozen base runs once over the pictures and 20 augmented copies of each, and a head learns from
 * the features. Otherwise base and head learn together, from pictures augmented afresh every time.
 * Both take 200 steps. No label but those of the few pictures is used, but for `augmentations`.
 *
 * @param data Where the pictures are drawn from (`train`) and tested (`test`), and the classes if not digits.
 * @returns One result for each, by way, number of labels and seed in the order that was given.
 * @throws {RangeError} If a class has fewer training pictures than `labelsPerClass`.
 */
export async function compareFewLabels(
  { train, test, classes = DIGITS }:
    & Pick<Splits, "train" | "test">
    & Partial<Pick<Splits, "classes">>,
  {
    ways = [],
    augmentations = {},
    labelsPerClass,
    seeds,
    base = "cnn",
    workers = navigator.hardwareConcurrency,
    runs,
    observer = runs?.observer,
    subject = "digit",
  }: ComparisonOptions,
): Promise<RunResult[]> {
  expectNames("ways", ways, Object.keys(WAYS));
  const learners: [way: string, learn: Learn][] = [
    ...ways.map((way): [string, Learn] => [way, WAYS[way]]),
    ...Object.entries(augmentations).map(([name, augmentation]): [string, Learn] => [
      name,
      (team, task) => learnAsMainJob(team, task, augmentation),
    ]),
  ];
  await startBackend();
  const all = learners.flatMap(([way, learn]) =>
    labelsPerClass.flatMap((labelsPerClass) =>
      seeds.map((seed) => ({ run: { way, labelsPerClass, seed }, learn }))
    )
  );
  const learnOne = async (team: Team, { run, learn }: typeof all[number]): Promise<RunResult> => {
    const { labelsPerClass, seed } = run;
    const few = pickLabelled(train, labelsPerClass, seed, classes);
    const started = performance.now();
    const learnt = await learn(team, { few, train, test, classes, base, seed });
    const seconds = (performance.now() - started) / 1000;
    const wrong = "nearest" in learnt
      ? wrongByNearest(learnt.nearest, test)
      : await wrongBy(team, learnt, test, classes);
    return { ...run, accuracy: 1 - wrong.length / test.count, seconds, wrong };
  };
  const results: RunResult[] = [];
  const waiting = [...all.keys()]; // from the end, where those are that take longest
  let done = 0;
  await using teams = new AsyncDisposableStack();
  await Promise.all(Array.from({ length: Math.min(workers, all.length) }, async () => {
    const team = teams.use(await startTeam({ workers: 1 }));
    for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
      const { way, labelsPerClass, seed } = all[i].run;
      const what = `${way}, ${labelsPerClass} a ${subject}, seed ${seed}`;
      const learn = () => learnOne(team, all[i]);
      results[i] = runs ? await runs.once(`${base}, ${what}`, learn) : await learn();
      observer?.({ kind: "progress", what, done: ++done, total: all.length });
    }
  }));
  return results;
}

async function wrongBy(team: Team, network: tf.LayersModel, test: Dataset, classes: string[]) {
  const { mistakes } = await evaluate(team, network, test, classes);
  network.dispose();
  return mistakes.map(({ index }) => index);
}

/** Indices of the pictures whose nearest neighbour, by squared distance of pixels, is of another class. */
function wrongByNearest(known: Dataset, test: Dataset): number[] {
  const nearest = tf.tidy(() => {
    const [pictures, others] = [known, test].map(({ images }) => imagesToTensor(images).flatten())
      .map((pixels) => pixels.reshape([-1, IMAGE_PIXELS]) as tf.Tensor2D);
    const lengths = pictures.square().sum(1);
    return lengths.sub(tf.matMul(others, pictures, false, true).mul(2)).argMin(1).dataSync();
  });
  return [...nearest.keys()].filter((i) => known.labels[nearest[i]] !== test.labels[i]);
}

/** Takes the seeds of each way and number of labels together. */
export function summariseSeeds(results: RunResult[]): {
  way: string;
  labelsPerClass: number;
  /** Mean error over the seeds, in per cent. */
  error: number;
  /** Standard deviation of the error over the seeds, in percentage points; 0 for one seed. */
  deviation: number;
  /** Mean time of learning on one worker. */
  seconds: number;
}[] {
  const groups = Map.groupBy(results, ({ way, labelsPerClass }) => `${way}, ${labelsPerClass}`);
  return [...groups.values()].map((group) => {
    const { way, labelsPerClass } = group[0];
    const errors = group.map(({ accuracy }) => 100 * (1 - accuracy));
    return {
      way,
      labelsPerClass,
      error: mean(errors),
      deviation: deviation(errors),
      seconds: mean(group.map(({ seconds }) => seconds)),
    };
  });
}

/**
 * Draws `labelsPerClass` pictures of each class; what a seed draws for a smaller number is among
 * what it draws for a larger one.
 */
export function pickLabelled(
  dataset: Dataset,
  labelsPerClass: number,
  seed: number,
  classes: string[] = DIGITS,
): Dataset {
  const order = new Random(seed, PICK).permutation(dataset.count);
  const chosen = classes.flatMap((name, label) => {
    const indices = [...order].filter((index) => dataset.labels[index] === label);
    if (indices.length < labelsPerClass) {
      throw new RangeError(
        `Expected at least ${labelsPerClass} pictures of ${name} but found ${indices.length}`,
      );
    }
    return indices.slice(0, labelsPerClass);
  });
  return pick(dataset, chosen);
}

/** Names of random streams. */
const [PICK, COPY] = [1, 2];

function splitsOf({ few, classes }: Task): Splits {
  const none = slice(few, 0, 0);
  return { train: few, validation: none, test: none, classes, source: "few labels" };
}

async function lettersBase({ base }: Task): Promise<tf.Sequential> {
  return (await loadBase(base)).network;
}

/** As `train --pictures --head learnt`: what is held out is to choose, to calibrate and to test on. */
async function learnHeldOut(team: Team, task: Task): Promise<tf.LayersModel> {
  const { base, seed } = task;
  const data = holdOut(splitsOf(task), seed);
  const epochsOf = (stage: Stage, changes: Partial<Recipe> = {}) =>
    recipeFor(stage, changes, data.train.count).epochs;
  const { augmentation, keeps, fineTune } = PRESETS.standard;
  const { network } = await trainClassifier(team, {
    data,
    base,
    seed,
    augmentation,
    keeps,
    fineTune: epochsOf("fine-tuning", { epochs: fineTune }),
    recipe: { epochs: epochsOf("head") },
  });
  return network;
}

/** Epochs are compared on the few pictures themselves: there are no other labels. */
async function learnHead(
  team: Team,
  base: tf.Sequential,
  { few, classes, seed }: Task,
): Promise<tf.LayersModel> {
  const network = addHead(base, { classes: classes.length, seed });
  const pictures = repeat(few, 1 + COPIES);
  for (let i = few.count; i < pictures.count; i++) {
    const { images } = slice(pictures, i, 1);
    const copy = new Float32Array(IMAGE_PIXELS);
    augment(images, copy, AUGMENTATIONS.light, new Random(seed, COPY, i));
    images.set(copy.map((value) => Math.round(255 * value)));
  }
  const features = await computeOutputs(team, network, pictures.images, "features");
  const width = features.length / pictures.count;
  const stepsPerEpoch = Math.ceil(pictures.count / BATCH_SIZE);
  freeze(network);
  await trainStage(team, network, {
    stage: "head",
    source: { kind: "features", features, labels: shareMemory(pictures.labels) },
    validation: { inputs: features.subarray(0, few.count * width), labels: few.labels },
    recipe: { batchSize: BATCH_SIZE, epochs: Math.ceil(STEPS / stepsPerEpoch) },
    seed,
  });
  return network;
}

/** From pictures that are augmented afresh each time, in one long epoch over them again and again. */
async function learnTogether(
  team: Team,
  base: tf.Sequential,
  { few, classes, seed }: Task,
  baseRate: number,
): Promise<tf.LayersModel> {
  const network = addHead(base, { classes: classes.length, seed });
  const batchSize = Math.min(BATCH_SIZE, few.count);
  const train = repeat(few, Math.ceil(STEPS * batchSize / few.count));
  await fineTune(team, network, { train, validation: few, classes }, {
    augmentation: AUGMENTATIONS.light,
    recipe: { epochs: 1, batchSize, learningRate: 2e-3, baseRate, labelSmoothing: 0 },
    seed,
  });
  return network;
}

/** As the main job does, but with few pictures, seen again and again. */
async function learnAsMainJob(
  team: Team,
  task: Task,
  augmentation: Augmentation,
): Promise<tf.LayersModel> {
  const { few, test: validation, classes, seed } = task;
  const network = addHead(await lettersBase(task), { classes: classes.length, seed });
  const times = Math.ceil(Math.min(LEAST_PER_EPOCH, task.train.count) / few.count);
  const data = { train: repeat(few, times), validation, classes };
  await fineTune(team, network, data, { augmentation, seed });
  return network;
}

function repeat(dataset: Dataset, times: number): Dataset {
  return join(...Array<Dataset>(times).fill(dataset));
}

/** A base with random weights, whose batch normalisation fits what comes through it. */
function randomBase({ base: name, seed, train }: Task): tf.Sequential {
  const base = buildBase(name, seed);
  const { images } = slice(train, 0, STATISTICS_COUNT);
  tf.tidy(() => {
    let tensor: tf.Tensor = imagesToTensor(images);
    for (const layer of base.layers) {
      if (layer.getClassName() === "BatchNormalization") {
        const [gamma, beta] = layer.getWeights();
        const { mean, variance } = tf.moments(tensor, [0, 1, 2]);
        layer.setWeights([gamma, beta, mean, variance]);
      }
      tensor = layer.apply(tensor) as tf.Tensor;
    }
  });
  return base;
}
