/** A classifier of few pictures of each class: a base that stays as it is, and a head in closed form, by ridge regression. */

import * as tf from "@tensorflow/tfjs";
import { augment } from "../data/augment/augment.ts";
import type { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { addHead, splitNetwork } from "./architecture.ts";
import { calibrate } from "./calibration.ts";
import { type Classifier, describeClassifier } from "./classifier.ts";
import { evaluateProbabilities, type Evaluation } from "./evaluation.ts";
import { AUGMENTATIONS } from "./recipe.ts";

/**
 * Penalty on the weights, as a share of the features' squared distances from their mean. Between 0.002 and 0.008,
 * the best of 0.0005, 0.002 and 0.008 for 1 and for 5 and 10 of MNIST's pictures a class, on validation.
 * Square roots and unit lengths of the features, as in few-shot learning, gained nothing there.
 */
const PENALTY = 0.004;

/** Square of the constant that stands for the bias, over features' mean square: it is hardly penalised. */
const BIAS_SQUARED = 10;

/** Scores, which are near 0 and 1, times this are logits; calibration divides them by what is right. */
const SHARPNESS = 10;

/** A dense layer, and what it would say of each picture had it not been learnt from. */
interface ClosedFormHead {
  /** `[features, classes]` */
  kernel: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
  /** Logits of each picture by the head that is solved from all others, `[pictures, classes]`. */
  leftOut: Float32Array;
  /** Share of the variance of the targets, from 1 down, that those explain (Allen's PRESS, 1974). */
  explained: number;
}

/**
 * Fits scores of 1 for a picture's class and 0 for the others by least squares with a penalty on the
 * weights: ridge regression (Hoerl and Kennard 1970), by as many equations as there are rows (Saunders,
 * Gammerman and Vovk 1998). Leaving a picture out with all its copies takes no second fit: its residuals
 * are (G⁻¹)⁻¹ α, of the block of the inverse and of the coefficients that are its rows' (Cook and
 * Weisberg 1982, section 2.2).
 *
 * @param features `[pictures × copies, features]`, of each picture itself and then of its copies.
 * @param labels Class of each picture, `[pictures]`.
 */
export function solveHead(
  features: Float32Array,
  labels: Uint8Array,
  { classes, copies }: { classes: number; copies: number },
): ClosedFormHead {
  const rows = labels.length * copies;
  const shape: [number, number] = [rows, features.length / rows];
  const targets = new Float64Array(rows * classes).fill(-1 / classes);
  for (let row = 0; row < rows; row++) targets[row * classes + labels[Math.floor(row / copies)]]++;
  return tf.tidy(() => {
    const all = tf.tensor2d(features, shape);
    const [length] = all.square().sum(1).mean().dataSync();
    const [spread] = all.sub(all.mean(0)).square().sum().dataSync();
    const constant = BIAS_SQUARED * length;
    const gram = Float64Array.from(
      tf.matMul(all, all, false, true).dataSync(),
      (product) => product + constant,
    );
    for (let row = 0; row < rows; row++) gram[row * rows + row] += PENALTY * spread;
    const inverse = invert(gram, rows);
    const coefficients = multiply(inverse, targets, rows);
    const weights = tf.tensor2d(Float32Array.from(coefficients), [rows, classes]).mul(SHARPNESS);
    const kernel = tf.matMul(all, weights.as2D(rows, classes), true);
    const bias = weights.sum(0).mul(constant);
    const leftOut = new Float32Array(labels.length * classes);
    let press = 0;
    for (let picture = 0; picture < labels.length; picture++) {
      const first = picture * copies;
      const block = Float64Array.from(
        { length: copies ** 2 },
        (_, i) => inverse[(first + Math.floor(i / copies)) * rows + first + i % copies],
      );
      const own = coefficients.subarray(first * classes, (first + copies) * classes);
      const residuals = multiply(invert(block, copies), own, copies);
      for (let k = 0; k < classes; k++) {
        leftOut[picture * classes + k] = SHARPNESS * (targets[first * classes + k] - residuals[k]);
        press += residuals[k] ** 2;
      }
    }
    return {
      kernel: kernel.dataSync<"float32">(),
      bias: bias.dataSync<"float32">(),
      leftOut,
      explained: 1 - press / (labels.length * (1 - 1 / classes)),
    };
  });
}

/**
 * Inverts a symmetric positive definite matrix, whose memory it uses, by the sweep operator (Goodnight, "A
 * Tutorial on the SWEEP Operator", 1979); half of the matrix is enough.
 */
function invert(matrix: Float64Array, size: number): Float64Array {
  const column = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < size; i++) column[i] = matrix[Math.max(i, k) * size + Math.min(i, k)];
    for (let i = 0; i < size; i++) {
      const row = matrix.subarray(i * size, i * size + i + 1);
      const factor = column[i] / column[k];
      for (let j = 0; j <= i; j++) row[j] -= factor * column[j];
    }
    for (let i = 0; i < size; i++) {
      matrix[Math.max(i, k) * size + Math.min(i, k)] = (i === k ? -1 : column[i]) / column[k];
    }
  }
  return matrix.map((_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return -matrix[Math.max(i, j) * size + Math.min(i, j)];
  });
}

/** Product of a symmetric matrix, `[size, size]`, and another, `[size, columns]`. */
function multiply(matrix: Float64Array, other: Float64Array, size: number): Float64Array {
  const columns = other.length / size;
  const product = new Float64Array(other.length);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = matrix[i * size + k];
      for (let c = 0; c < columns; c++) product[i * columns + c] += factor * other[k * columns + c];
    }
  }
  return product;
}

/** More pictures than this make more equations than are worth solving. */
const MOST_PICTURES = 3000;

/** A picture and ten copies of it, if there is room. */
const MOST_COPIES = 11;

/**
 * Draws copies of a picture, each moved and bent a little; number 0 is the picture itself.
 *
 * @param numbers Of the first copy, and of that behind the last.
 * @param randomOf Where the random numbers of a copy come from.
 * @returns The copies one behind the other.
 */
export function drawCopies(
  picture: Uint8Array,
  [first, end]: [number, number],
  randomOf: (copy: number) => Random,
): Uint8Array {
  const drawn = new Float32Array((end - first) * IMAGE_PIXELS);
  for (let copy = first; copy < end; copy++) {
    const place = drawn.subarray((copy - first) * IMAGE_PIXELS, (copy - first + 1) * IMAGE_PIXELS);
    augment(picture, place, copy === 0 ? [] : AUGMENTATIONS.light, randomOf(copy));
  }
  return Uint8Array.from(drawn, (value) => Math.round(255 * value));
}

/**
 * Share of the pictures that may be answered with "don't know": one in twenty, because the least confident
 * of so few say little.
 */
const FALSE_REJECTIONS = 0.05;

/** What is solved, and from what. */
interface SolveOptions {
  /** Names of the classes. */
  classes: string[];
  /** Of the head, named on the card. */
  seed: number;
  /** Rows of the least squares, at most, if there are not more pictures. The work grows with their cube. */
  mostRows: number;
  /** Computes features of each picture itself and then of its copies, `[pictures × copies, features]`. */
  featuresOf: (copies: number) => Float32Array | Promise<Float32Array>;
}

/** A classifier that was solved. */
interface SolvedClassifier {
  network: tf.LayersModel;
  card: Omit<Classifier["card"], "base">;
  /** Indices of the pictures that were left out in turn: of classes that have others. All, if none has. */
  judged: number[];
  /** What the head that is solved without a picture says of it. */
  leftOut: Evaluation;
}

/**
 * Solves a head for a base and calibrates it on what the head that is solved without a picture says of it, for
 * each picture.
 *
 * @param base It becomes the whole network.
 * @param labels Class of each picture, `[pictures]`.
 * @throws {RangeError} If there are more than 3 000 pictures.
 */
export async function solveClassifier(
  base: tf.Sequential,
  labels: Uint8Array,
  { classes, seed, mostRows, featuresOf }: SolveOptions,
): Promise<SolvedClassifier> {
  if (labels.length > MOST_PICTURES) {
    throw new RangeError(
      `Expected at most ${MOST_PICTURES} pictures to solve a head from but found ${labels.length}`,
    );
  }
  const network = addHead(base, { classes: classes.length, seed, hiddenUnits: 0 });
  const copies = Math.min(MOST_COPIES, Math.max(1, Math.floor(mostRows / labels.length)));
  const features = await featuresOf(copies);
  const head = solveHead(features, labels, { classes: classes.length, copies });
  tf.tidy(() => {
    const kernel = tf.tensor2d(head.kernel, [head.kernel.length / classes.length, classes.length]);
    splitNetwork(network).head.at(-1)!.setWeights([kernel, tf.tensor1d(head.bias)]);
  });
  const counts = classes.map((_, label) => labels.filter((one) => one === label).length);
  const all = [...labels.keys()];
  // Left out, the only picture of a class leaves a head that has never seen the class.
  const able = all.filter((i) => counts[labels[i]] > 1);
  const judged = able.length > 0 ? able : all;
  const actual = Uint8Array.from(judged, (i) => labels[i]);
  const logits = tf.tidy(() =>
    tf.tensor2d(head.leftOut, [labels.length, classes.length]).gather(judged)
  );
  const temperature = calibrate(
    network,
    softmax(logits, 1).subarray(0, able.length * classes.length),
    actual.subarray(0, able.length),
  );
  const probabilities = softmax(logits, temperature);
  logits.dispose();
  const leftOut = evaluateProbabilities(probabilities, actual, classes);
  const { metrics, ...card } = describeClassifier(leftOut, leftOut, FALSE_REJECTIONS);
  return {
    network,
    card: {
      mode: "closed form",
      seed,
      ...card,
      metrics: { ...metrics, testCount: able.length, leftOut: true },
    },
    judged,
    leftOut,
  };
}

function softmax(logits: tf.Tensor, temperature: number): Float32Array {
  return tf.tidy(() => tf.softmax(logits.div(temperature)).dataSync<"float32">());
}
