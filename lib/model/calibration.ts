/** Confidence that means what it says, an answer of "don't know", and the card that says both. */

import * as tf from "@tensorflow/tfjs";
import { LOGITS } from "./architecture.ts";
import type { ModelCard } from "./classifier.ts";
import type { Evaluation } from "./evaluation.ts";
import { today, versions } from "./provenance.ts";

/**
 * Share of digits that may be rejected: half of the half per cent that is promised, because a
 * share this small, counted on 5 000 pictures, can be off by as much elsewhere.
 */
const FALSE_REJECTIONS = 0.0025;

/** Probabilities below this count as this, whose logarithm would be infinite. */
const SMALLEST_PROBABILITY = 1e-30;

/**
 * Finds the temperature by which logits are to be divided so that probabilities are true: the one with
 * the smallest cross-entropy (Guo et al. 2017, https://arxiv.org/abs/1706.04599), by golden-section search.
 *
 * @param probabilities `[count, classes]`, of validation pictures.
 * @param labels True class indices, `[count]`.
 */
export function fitTemperature(probabilities: Float32Array, labels: Uint8Array): number {
  const classes = probabilities.length / labels.length;
  const logits = probabilities.map((p) => Math.log(Math.max(p, SMALLEST_PROBABILITY)));
  const loss = (logTemperature: number) => {
    const scale = Math.exp(-logTemperature);
    return labels.reduce((total, label, i) => {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const sum = row.reduce((sum, logit) => sum + Math.exp(scale * logit), 0);
      return total + Math.log(sum) - scale * row[label];
    }, 0);
  };
  let [low, high] = [Math.log(0.1), Math.log(10)];
  const golden = (Math.sqrt(5) - 1) / 2;
  while (high - low > 1e-3) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/** Divides a network's logits by a temperature, in the weights of the layer that computes them. */
export function divideLogits(network: tf.LayersModel, temperature: number): void {
  const layer = network.getLayer(LOGITS);
  tf.tidy(() => layer.setWeights(layer.getWeights().map((weight) => weight.div(temperature))));
}

/**
 * Says of a classifier what its card says, however it was trained, and chooses when its answer is "don't know".
 *
 * @param evaluation On the test pictures.
 * @param validation Calibrated, on the validation pictures.
 * @param falseRejections Share of the validation pictures that may be rejected.
 */
export function describeClassifier(
  { classes, accuracy, count }: Evaluation,
  validation: Evaluation,
  falseRejections: number = FALSE_REJECTIONS,
): Omit<ModelCard, "base" | "mode" | "seed" | "seconds"> {
  const confidences = Float32Array.from(validation.answers, ({ confidence }) => confidence).sort();
  const rejected = Math.floor(falseRejections * confidences.length);
  return {
    classes,
    input: {
      shape: [28, 28, 1],
      pixelRange: 255,
      ink: "white on black",
      placement: "as MNIST: fitted into 20 × 20 pixels, centre of mass in the middle of 28 × 28",
    },
    date: today(),
    versions: versions(),
    calibration: {
      leastConfidence: confidences[rejected],
      falseRejections: rejected / confidences.length,
    },
    metrics: {
      testAccuracy: accuracy,
      testCount: count,
      validationAccuracy: validation.accuracy,
    },
  };
}
