/** How good a classifier is: from probabilities and true labels to the field's standard measures. */

import type * as tf from "@tensorflow/tfjs";
import type { Dataset } from "../data/dataset.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { computeOutputs } from "./inference.ts";
import type { Team } from "./team.ts";

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
export interface Answer {
  /** Index of the picture in its dataset. */
  index: number;
  actual: string;
  predicted: string;
  /** Probability of the predicted class, 0–1. */
  confidence: number;
}

/** A bin of the reliability diagram. */
export interface CalibrationBin {
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
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index);
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
  dataset: Dataset,
  classes: string[],
  observer?: Observer,
): Promise<Evaluation> {
  const probabilities = await computeOutputs(
    team,
    network,
    dataset.images,
    "probabilities",
    observer,
  );
  return evaluateProbabilities(probabilities, dataset.labels, classes);
}

/** An answer with its picture. */
export interface Example extends Answer {
  /** Pixels 0–255, `[28, 28]`. */
  pixels: Uint8Array;
}

/**
 * Picks answers to show: the first right one of each class, and the most confident wrong ones.
 *
 * @param wrong How many wrong ones at most.
 */
export function pickExamples(
  { classes, answers, mistakes }: Evaluation,
  { images }: Dataset,
  wrong: number = classes.length,
): Example[] {
  const right = classes.map((label) =>
    answers.find(({ actual, predicted }) => actual === label && predicted === label)
  ).filter((answer) => answer !== undefined);
  return [...right, ...mistakes.slice(0, wrong)].map((answer) => ({
    ...answer,
    pixels: images.subarray(answer.index * IMAGE_PIXELS, (answer.index + 1) * IMAGE_PIXELS),
  }));
}

/** Wrong answers by the files of their pictures, the most confident first; none if they have no names. */
export function namedMistakes({ mistakes }: Evaluation, { names }: Dataset) {
  return names ? mistakes.map(({ index, ...rest }) => ({ file: names[index], ...rest })) : [];
}
