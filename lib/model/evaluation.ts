/** How a network answers many pictures, and how good its answers are by the field's standard measures. */

import type * as tf from "@tensorflow/tfjs";
import { shareMemory } from "../backend/mod.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Move, movePicture } from "../image/affine.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { splitNetwork } from "./architecture.ts";
import { networkToData } from "./network.ts";
import type { Team } from "./team.ts";

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
    "computeShare",
    { network: await networkToData(network), which, images: shareMemory(images), outputs },
    {
      onReport: (more) => {
        done += more;
        observer({ kind: "progress", what: which, done, total: count });
      },
    },
  );
  return outputs;
}

/** How good a classifier is on one class. */
interface ClassReport {
  label: string;
  /** Of those called this class, the share that is; 0 if none was called so. */
  precision: number;
  /** Of those that are this class, the share called so; 0 if there is none. */
  recall: number;
  /** Harmonic mean of precision and recall; 0 if both are. */
  f1: number;
  /** Number of pictures of this class. */
  support: number;
}

/** One picture's answer. */
interface Answer {
  /** Index of the picture in its dataset. */
  index: number;
  actual: string;
  predicted: string;
  /** Probability of the predicted class, 0–1. */
  confidence: number;
}

/** A bin of the reliability diagram. */
interface CalibrationBin {
  count: number;
  /** Mean confidence of the bin's answers. */
  confidence: number;
  /** Share of the bin's answers that is right. */
  accuracy: number;
}

/** How good a classifier is. */
export interface Evaluation {
  count: number;
  /** Share that is right, 0–1. */
  accuracy: number;
  /** Mean cross-entropy in nats. */
  loss: number;
  classes: string[];
  perClass: ClassReport[];
  /** Counts by true class (row) and predicted class (column). */
  confusion: number[][];
  /** Expected calibration error (Guo et al. 2017) over {@linkcode Evaluation.calibration}. */
  calibrationError: number;
  /** Fifteen bins of equal width in confidence. */
  calibration: CalibrationBin[];
  /** Every answer, in the order of the pictures. */
  answers: Answer[];
  /** Wrong answers, the most confident first. */
  mistakes: Answer[];
}

const CALIBRATION_BINS = 15;

/** Probabilities below this count as this in the loss, whose logarithm would be infinite. */
const SMALLEST_PROBABILITY = 1e-7;

/**
 * Evaluates probabilities against true labels.
 *
 * @param probabilities `[count, classes]`.
 * @param labels True class indices, `[count]`.
 * @param classes Names of the classes.
 * @throws {RangeError} If the sizes do not go together, a label is no class, or a probability is NaN.
 */
export function evaluateProbabilities(
  probabilities: Float32Array,
  labels: Uint8Array,
  classes: string[],
): Evaluation {
  const count = labels.length;
  if (count === 0 || probabilities.length !== count * classes.length) {
    throw new RangeError(
      `Expected ${classes.length} probabilities for each of ${count} labels but found ${probabilities.length}`,
    );
  }
  const confusion = classes.map(() => classes.map(() => 0));
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ count: 0, sum: 0, correct: 0 }));
  const answers: Answer[] = [];
  let loss = 0;
  for (let index = 0; index < count; index++) {
    const actual = labels[index];
    if (actual >= classes.length) {
      throw new RangeError(
        `Expected labels from 0 to ${classes.length - 1} but found ${actual} at index ${index}`,
      );
    }
    const row = probabilities.subarray(index * classes.length, (index + 1) * classes.length);
    const predicted = row.indexOf(Math.max(...row));
    if (predicted < 0) {
      throw new RangeError(`Expected probabilities from 0 to 1 but found NaN at index ${index}`);
    }
    const confidence = row[predicted];
    confusion[actual][predicted]++;
    loss -= Math.log(Math.max(row[actual], SMALLEST_PROBABILITY));
    const bin = bins[Math.min(Math.floor(confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)];
    bin.count++;
    bin.sum += confidence;
    if (predicted === actual) bin.correct++;
    answers.push({ index, actual: classes[actual], predicted: classes[predicted], confidence });
  }
  const mistakes = answers.filter(({ actual, predicted }) => actual !== predicted)
    .sort((a, b) => b.confidence - a.confidence);
  return {
    count,
    accuracy: (count - mistakes.length) / count,
    loss: loss / count,
    classes,
    perClass: classes.map((label, i) => reportClass(label, i, confusion)),
    confusion,
    calibrationError: bins.reduce(
      (error, { sum, correct }) => error + Math.abs(sum - correct) / count,
      0,
    ),
    calibration: bins.map(({ count, sum, correct }) => ({
      count,
      confidence: count && sum / count,
      accuracy: count && correct / count,
    })),
    answers,
    mistakes,
  };
}

function reportClass(label: string, index: number, confusion: number[][]): ClassReport {
  const hits = confusion[index][index];
  const support = confusion[index].reduce((sum, n) => sum + n, 0);
  const called = confusion.reduce((sum, row) => sum + row[index], 0);
  return {
    label,
    precision: called && hits / called,
    recall: support && hits / support,
    f1: hits && 2 * hits / (support + called),
    support,
  };
}

/** Two classes that are taken for each other. */
interface ConfusedPair {
  pair: [string, string];
  /** Pictures of either that were taken for the other. */
  count: number;
  /** Share of both classes' pictures that these are, 0–1. */
  rate: number;
}

/**
 * Names the classes that are most often taken for each other, in either direction.
 *
 * @param most How many pairs at most; pairs that were never confused are left out.
 * @returns The pairs, that of the highest rate first.
 */
export function confusedPairs(
  { classes, confusion }: Pick<Evaluation, "classes" | "confusion">,
  most = 10,
): ConfusedPair[] {
  const support = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  return classes.flatMap((one, i) =>
    classes.slice(0, i).map((other, j): ConfusedPair => {
      const count = confusion[i][j] + confusion[j][i];
      return { pair: [other, one], count, rate: count && count / (support[i] + support[j]) };
    })
  ).filter(({ count }) => count > 0)
    .sort((a, b) => b.rate - a.rate)
    .slice(0, most);
}

/** Runs a network over a dataset on all workers, and evaluates its answers. */
export async function evaluate(
  team: Team,
  network: tf.LayersModel,
  { images, labels }: Dataset,
  classes: string[],
  observer?: Observer,
): Promise<Evaluation> {
  const probabilities = await computeOutputs(team, network, images, "probabilities", observer);
  return evaluateProbabilities(probabilities, labels, classes);
}

/**
 * Picks answers to show: the first right one of each class, and the most confident wrong ones.
 *
 * @param wrong How many wrong ones at most.
 * @returns The answers, each with its picture: pixels 0–255, `[28, 28]`.
 */
export function pickExamples(
  { classes, answers, mistakes }: Evaluation,
  { images }: Dataset,
  wrong: number = classes.length,
): (Answer & { pixels: Uint8Array })[] {
  const right = classes.map((label) =>
    answers.find(({ actual, predicted }) => actual === label && predicted === label)
  ).filter((answer) => answer !== undefined);
  return [...right, ...mistakes.slice(0, wrong)].map((answer) => ({
    ...answer,
    pixels: images.subarray(answer.index * IMAGE_PIXELS, (answer.index + 1) * IMAGE_PIXELS),
  }));
}

const TURN = 7 * Math.PI / 180;

/**
 * Looks at a picture, by their number: as it is, or also moved by a pixel in each direction, turned by 7°
 * either way, and 7 % smaller or larger.
 */
export const VIEWS = {
  1: [{}],
  9: [
    {},
    { shiftX: 1 },
    { shiftX: -1 },
    { shiftY: 1 },
    { shiftY: -1 },
    { rotation: TURN },
    { rotation: -TURN },
    { scaleX: 1 / 0.93, scaleY: 1 / 0.93 },
    { scaleX: 1 / 1.07, scaleY: 1 / 1.07 },
  ],
} satisfies Record<number, Move[]>;

/**
 * Sees pictures from another place.
 *
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @returns As many pictures, each moved like the others.
 */
function viewImages(images: Uint8Array, view: Move): Uint8Array {
  const seen = new Uint8Array(images.length);
  for (let start = 0; start < images.length; start += IMAGE_PIXELS) {
    const moved = movePicture(images.subarray(start, start + IMAGE_PIXELS), [view]);
    seen.set(moved.map(Math.round), start);
  }
  return seen;
}

/**
 * Test-time augmentation and ensembles: averages the probabilities that networks give to pictures, over all views and networks.
 *
 * @param networks One, or the members of an ensemble; all with the same classes.
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @returns `[count, classes]`.
 */
export async function averageProbabilities(
  team: Team,
  networks: tf.LayersModel[],
  images: Uint8Array,
  views: readonly Move[],
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
