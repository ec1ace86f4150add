/** A classifier of few pictures of each class: a base that stays as it is, and a head in closed form. */

import * as tf from "@tensorflow/tfjs";
import { augment } from "../data/augment/augment.ts";
import type { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { LOGITS } from "./architecture.ts";
import { chooseRejection, divideLogits, fitTemperature } from "./calibration.ts";
import type { ModelCard } from "./classifier.ts";
import { solveHead } from "./closed_form.ts";
import { describeClassifier } from "./describe_classifier.ts";
import { evaluateProbabilities, type Evaluation } from "./evaluation.ts";
import { roundToHalf } from "./precision.ts";
import { LIGHT_AUGMENTATION } from "./recipe.ts";

/** More pictures than this make more equations than are worth solving. */
export const MOST_PICTURES = 3000;

/** A picture and ten copies of it, if there is room. */
const MOST_COPIES = 11;

/**
 * Share of the pictures that may be answered with "don't know": one in twenty, because the least confident
 * of so few say little.
 */
const FALSE_REJECTIONS = 0.05;

/**
 * How often each picture enters the least squares: itself, and then copies.
 *
 * @param rows Of the least squares, at most, if there are not more pictures. The work grows with their cube.
 */
export function copiesFor(pictures: number, rows: number): number {
  return Math.min(MOST_COPIES, Math.max(1, Math.floor(rows / pictures)));
}

/** Draws a copy of a picture, moved and bent a little; the first, number 0, is the picture itself. */
export function drawCopy(picture: Uint8Array, copy: number, random: Random): Uint8Array {
  const drawn = new Float32Array(IMAGE_PIXELS);
  augment(picture, drawn, copy === 0 ? [] : LIGHT_AUGMENTATION, random);
  return Uint8Array.from(drawn, (value) => Math.round(255 * value));
}

/** What is known of a classifier that was solved. */
interface SolvedClassifier {
  card: Omit<ModelCard, "base">;
  /** Indices of the pictures that were left out in turn: of classes that have others. All, if none has. */
  judged: number[];
  /** What the head that is solved without a picture says of it. */
  leftOut: Evaluation;
}

/**
 * Solves the head of a network and calibrates it on what the head that is solved without a picture says of
 * it, for each picture.
 *
 * @param network A base, and a head without a hidden layer.
 * @param features Of each picture and then of its copies, `[pictures × copies, features]`.
 * @param labels Class of each picture, `[pictures]`.
 * @param options Names of the classes, how often each picture is there, and the seed that the card names.
 */
export function solveClassifier(
  network: tf.LayersModel,
  features: Float32Array,
  labels: Uint8Array,
  { classes, copies, seed }: { classes: string[]; copies: number; seed: number },
): SolvedClassifier {
  const head = solveHead(features, labels, { classes: classes.length, copies });
  tf.tidy(() => {
    const kernel = tf.tensor2d(head.kernel, [head.kernel.length / classes.length, classes.length]);
    network.getLayer(LOGITS).setWeights([kernel, tf.tensor1d(head.bias)]);
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
  const temperature = able.length > 0 ? fitTemperature(softmax(logits, 1), actual) : 1;
  divideLogits(network, temperature);
  roundToHalf(network);
  const probabilities = softmax(logits, temperature);
  logits.dispose();
  const leftOut = evaluateProbabilities(probabilities, actual, classes);
  const { metrics, ...card } = describeClassifier(
    leftOut,
    leftOut,
    chooseRejection(probabilities, classes.length, FALSE_REJECTIONS),
  );
  return {
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
