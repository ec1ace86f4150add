/** Learning digits from a handful of labels, in ways that are compared with each other. */

import * as tf from "@tensorflow/tfjs";
import { shareMemory, startBackend } from "../backend/mod.ts";
import { augment, type Augmentation } from "../data/augment/augment.ts";
import { type Dataset, join, pick, slice, type Splits } from "../data/dataset.ts";
import { holdOut } from "../data/hold_out.ts";
import { DIGITS } from "../data/mnist.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { addHead, type BaseName, buildBase } from "../model/architecture.ts";
import { loadBase } from "../model/bases.ts";
import { evaluate } from "../model/evaluation.ts";
import { learnFromFew } from "../model/few_pictures.ts";
import { imagesToTensor } from "../model/network.ts";
import {
  enoughEpochs,
  LIGHT_AUGMENTATION,
  PRESETS,
  type Recipe,
  RECIPES,
} from "../model/recipe.ts";
import { computeOutputs } from "../model/inference.ts";
import { expectNames } from "../model/options.ts";
import { startTeam, type Team } from "../model/team.ts";
import { fineTune, trainClassifier, trainHead } from "../model/transfer.ts";
import type { Observer } from "../observer.ts";
import type { Runs } from "./runs.ts";
import { deviation, mean } from "./statistics.ts";

/** One training of a comparison. */
interface Run<Way extends string> {
  way: Way;
  /** Training pictures of each digit whose label is known. */
  labelsPerClass: number;
  /** Seed of everything: which pictures, initial weights, augmentation, order. */
  seed: number;
}

/** What came of it. */
export interface RunResult<Way extends string = string> extends Run<Way> {
  /** Share of the pictures tested on that is right, 0–1. */
  accuracy: number;
  /** What learning took, features included and testing not. */
  seconds: number;
  /** Indices of the pictures that were read wrong. */
  wrong: number[];
}

/** What a way of learning came to over the seeds. */
export interface WaySummary<Way extends string = string> {
  way: Way;
  labelsPerClass: number;
  /** Mean error over the seeds, in per cent. */
  error: number;
  /** Standard deviation of the error over the seeds, in percentage points; 0 for one seed. */
  deviation: number;
  /** Mean time of learning on one worker. */
  seconds: number;
}

/** Learns from few labelled pictures. */
type Learn = (team: Team, task: Task) => Promise<tf.LayersModel | Nearest>;

/** The picture that is nearest to one, pixel by pixel, names its class. */
interface Nearest {
  nearest: Dataset;
}

interface Task {
  few: Dataset;
  /** Pictures whose labels are not known. */
  train: Dataset;
  classes: string[];
  base: BaseName;
  seed: number;
}

/** What is compared, beside the ways of learning. */
interface ComparisonOptions {
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
  observer?: Observer;
  /** Where results are kept, if they are. */
  runs?: Runs;
  /** What is read, if not digits. */
  subject?: string;
}

/** The ways of learning that tell what transfer is worth: what the base knows, and whether it learns on. */
export const WAYS = [
  "letters, frozen",
  "letters, fine-tuned",
  "random, frozen",
  "from scratch",
] as const;

/**
 * Beside them what `train --pictures` does, with a head solved in closed form or all learnt step by step, and
 * no learning at all.
 */
const ALL_WAYS = [
  "letters, solved",
  "letters, held out",
  ...WAYS,
  "pixels, nearest",
] as const;

/** One of all ways. */
export type Way = typeof ALL_WAYS[number];

/** Augmented copies of each picture whose features are cached, beside the picture itself. */
const COPIES = 20;

/** Pictures from which a random base takes the statistics of its batch normalisation. */
const STATISTICS_COUNT = 500;

/** Steps of training; few pictures are seen many times. */
const STEPS = 200;

const BATCH_SIZE = 64;

/** How a head learns from cached features, but for the number of epochs. */
const HEAD_RECIPE: Omit<Recipe, "epochs"> = {
  batchSize: BATCH_SIZE,
  learningRate: 1.5e-3,
  baseRate: 0,
  weightDecay: 0.01,
  labelSmoothing: 0,
};

/** How a whole network learns. */
const NETWORK_RECIPE: Omit<Recipe, "baseRate" | "batchSize"> = {
  epochs: 1,
  learningRate: 2e-3,
  weightDecay: 0.02,
  labelSmoothing: 0,
};

/** Fewest pictures, counted as often as they are seen, that an epoch of fine-tuning goes through. */
const LEAST_PER_EPOCH = 9000;

/**
 * Learns by every way, from every number of labels, with every seed, and tests on `data.test`.
 *
 * A frozen base runs once over the pictures and 20 augmented copies of each, and a head learns from
 * the features. Otherwise base and head learn together, from pictures augmented afresh every time.
 * Both take 200 steps. No label but those of the few pictures is used.
 *
 * @param data Where the pictures are drawn from (`train`) and tested (`test`), and the classes if not digits.
 * @returns One result for each, by way, number of labels and seed in the order that was given.
 * @throws {RangeError} If a class has fewer training pictures than `labelsPerClass`.
 */
export function compareFewLabels(
  data: Pick<Splits, "train" | "test"> & Partial<Pick<Splits, "classes">>,
  { ways, ...options }: ComparisonOptions & { ways: readonly Way[] },
): Promise<RunResult<Way>[]> {
  expectNames("ways", ways, ALL_WAYS);
  const learn = Object.fromEntries(
    ways.map((way): [string, Learn] => [way, (team, task) => learnBy(way, team, task)]),
  ) as Record<Way, Learn>;
  return compare(data, data.test, learn, options);
}

/**
 * Fine-tunes a base with every augmentation, from every number of labels, with every seed, and tests on
 * `data.validation`, on which the best epoch is chosen as ever. Test pictures are not touched.
 *
 * @returns One result for each, whose way is the name of the augmentation.
 */
export function compareAugmentations(
  { train, validation }: Pick<Splits, "train" | "validation">,
  { augmentations, ...options }: ComparisonOptions & {
    augmentations: Record<string, Augmentation>;
  },
): Promise<RunResult[]> {
  const learn = Object.fromEntries(
    Object.entries(augmentations).map(([name, augmentation]): [string, Learn] => [
      name,
      (team, task) => learnWith(augmentation, validation, team, task),
    ]),
  );
  return compare({ train }, validation, learn, options);
}

async function compare<Way extends string>(
  { train, classes = DIGITS }: { train: Dataset; classes?: string[] },
  test: Dataset,
  learn: Record<Way, Learn>,
  {
    labelsPerClass,
    seeds,
    base = "cnn",
    workers = navigator.hardwareConcurrency,
    observer,
    runs,
    subject = "digit",
  }: ComparisonOptions,
): Promise<RunResult<Way>[]> {
  await startBackend();
  const all: Run<Way>[] = (Object.keys(learn) as Way[]).flatMap((way) =>
    labelsPerClass.flatMap((labelsPerClass) => seeds.map((seed) => ({ way, labelsPerClass, seed })))
  );
  const nameOf = ({ way, labelsPerClass, seed }: Run<Way>) =>
    `${way}, ${labelsPerClass} a ${subject}, seed ${seed}`;
  const learnOne = async (team: Team, run: Run<Way>): Promise<RunResult<Way>> => {
    const { way, labelsPerClass, seed } = run;
    const few = pickLabelled(train, labelsPerClass, seed, classes);
    const started = performance.now();
    const learnt = await learn[way](team, { few, train, classes, base, seed });
    const seconds = (performance.now() - started) / 1000;
    const wrong = "nearest" in learnt
      ? wrongByNearest(learnt.nearest, test)
      : await wrongBy(team, learnt, test, classes);
    return { ...run, accuracy: 1 - wrong.length / test.count, seconds, wrong };
  };
  return learnSideBySide(
    all,
    (team, run) => {
      const learn = () => learnOne(team, run);
      return runs ? runs.once(`${base}, ${nameOf(run)}`, learn) : learn();
    },
    workers,
    (run, done) => observer?.({ kind: "progress", what: nameOf(run), done, total: all.length }),
  );
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

/**
 * Learns every run on a team of one worker, as many at a time as there are workers, so that results do
 * not depend on how many there are.
 *
 * @param runs What is learnt, those that take longest at the end: they are started first.
 * @param learn Learns one of them.
 * @param workers Runs at a time.
 * @param onDone Called when a run is done.
 * @returns What `learn` returned, in the order of `runs`.
 */
async function learnSideBySide<Run, Result>(
  runs: readonly Run[],
  learn: (team: Team, run: Run) => Promise<Result>,
  workers: number,
  onDone: (run: Run, done: number) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...runs.keys()];
  const teams = await Promise.all(
    Array.from({ length: Math.min(workers, runs.length) }, () => startTeam({ workers: 1 })),
  );
  let done = 0;
  try {
    await Promise.all(teams.map(async (team) => {
      for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
        results[i] = await learn(team, runs[i]);
        onDone(runs[i], ++done);
      }
    }));
  } finally {
    for (const team of teams) team.close();
  }
  return results;
}

/**
 * Takes the seeds of each way and number of labels together.
 */
export function summariseSeeds<Way extends string>(
  results: RunResult<Way>[],
): WaySummary<Way>[] {
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

async function learnBy(
  way: Way,
  team: Team,
  { few, train, classes, base: name, seed }: Task,
): Promise<tf.LayersModel | Nearest> {
  if (way === "pixels, nearest") return { nearest: few };
  const none = slice(few, 0, 0);
  const data = { train: few, validation: none, test: none, classes, source: way };
  if (way === "letters, solved") {
    return (await learnFromFew(team, { data, base: name, seed })).network;
  }
  if (way === "letters, held out") return await trainHeldOut(team, data, name, seed);
  const base = way.startsWith("letters")
    ? (await loadBase(name)).network
    : way === "random, frozen"
    ? randomBase(name, seed, slice(train, 0, STATISTICS_COUNT))
    : buildBase(name, seed);
  const network = addHead(base, { classes: classes.length, seed });
  if (way.endsWith("frozen")) await learnHead(team, network, few, seed);
  else {await learnTogether(
      team,
      network,
      { few, classes, seed },
      way === "from scratch" ? 1 : 1 / 4,
    );}
  return network;
}

/** As `train --pictures --head learnt`: a fifth is held out to choose, to calibrate and to test on. */
async function trainHeldOut(
  team: Team,
  few: Splits,
  base: BaseName,
  seed: number,
): Promise<tf.LayersModel> {
  const data = holdOut(few, seed);
  const enough = (epochs: number) => enoughEpochs(epochs, data.train.count, RECIPES.head.batchSize);
  const { augmentation, keeps, fineTune } = PRESETS.standard;
  const { network } = await trainClassifier(team, {
    data,
    base,
    seed,
    augmentation,
    keeps,
    fineTune: enough(fineTune),
    recipe: { epochs: enough(RECIPES.head.epochs) },
  });
  return network;
}

/** Epochs are compared on the few pictures themselves: there are no other labels. */
async function learnHead(
  team: Team,
  network: tf.LayersModel,
  few: Dataset,
  seed: number,
): Promise<void> {
  const pictures = repeat(few, 1 + COPIES);
  for (let i = few.count; i < pictures.count; i++) {
    const { images } = slice(pictures, i, 1);
    const copy = new Float32Array(IMAGE_PIXELS);
    augment(images, copy, LIGHT_AUGMENTATION, new Random(seed, COPY, i));
    images.set(copy.map((value) => Math.round(255 * value)));
  }
  const features = await computeOutputs(team, network, pictures.images, "features");
  const width = features.length / pictures.count;
  const stepsPerEpoch = Math.ceil(pictures.count / BATCH_SIZE);
  await trainHead(team, network, {
    source: { kind: "features", features, labels: shareMemory(pictures.labels) },
    validation: { inputs: features.subarray(0, few.count * width), labels: few.labels },
  }, { recipe: { ...HEAD_RECIPE, epochs: Math.ceil(STEPS / stepsPerEpoch) }, seed });
}

async function learnTogether(
  team: Team,
  network: tf.LayersModel,
  { few, classes, seed }: Pick<Task, "few" | "classes" | "seed">,
  baseRate: number,
): Promise<void> {
  const batchSize = Math.min(BATCH_SIZE, few.count);
  // One long epoch over the pictures again and again: each time another augmentation.
  const train = repeat(few, Math.ceil(STEPS * batchSize / few.count));
  await fineTune(team, network, { train, validation: few, classes }, {
    augmentation: LIGHT_AUGMENTATION,
    recipe: { ...NETWORK_RECIPE, baseRate, batchSize },
    seed,
  });
}

/** As the main job does, but with few pictures, seen again and again. */
async function learnWith(
  augmentation: Augmentation,
  validation: Dataset,
  team: Team,
  { few, train, classes, base, seed }: Task,
): Promise<tf.LayersModel> {
  const times = Math.ceil(Math.min(LEAST_PER_EPOCH, train.count) / few.count);
  const network = addHead((await loadBase(base)).network, { classes: classes.length, seed });
  await fineTune(team, network, { train: repeat(few, times), validation, classes }, {
    augmentation,
    recipe: RECIPES["fine-tuning"],
    seed,
  });
  return network;
}

function repeat(dataset: Dataset, times: number): Dataset {
  return join(...Array<Dataset>(times).fill(dataset));
}

/** A base with random weights, whose batch normalisation fits what comes through it. */
function randomBase(name: BaseName, seed: number, { images }: Dataset): tf.Sequential {
  const base = buildBase(name, seed);
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
