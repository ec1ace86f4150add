/** Confidence that means what it says, and an answer of "don't know". */

import * as tf from "@tensorflow/tfjs";
import { LOGITS } from "./architecture.ts";

/** When a classifier's answer is "don't know", chosen on validation pictures. */
export interface Rejection {
  /** Below this confidence the answer is "don't know" (Hendrycks and Gimpel 2017). */
  leastConfidence: number;
  /** Share of the validation pictures to which the answer is "don't know". */
  falseRejections: number;
}

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
 * Chooses the confidence below which a share of the pictures is rejected.
 *
 * @param probabilities `[count, classes]`, calibrated, of validation pictures.
 */
export function chooseRejection(
  probabilities: Float32Array,
  classes: number,
  share: number = FALSE_REJECTIONS,
): Rejection {
  const confidences = confidencesOf(probabilities, classes).sort();
  const rejected = Math.floor(share * confidences.length);
  return {
    leastConfidence: confidences[rejected],
    falseRejections: rejected / confidences.length,
  };
}

/** @returns The largest of each row's probabilities, `[count]`. */
export function confidencesOf(probabilities: Float32Array, classes: number): Float32Array {
  return Float32Array.from(
    { length: probabilities.length / classes },
    (_, i) => Math.max(...probabilities.subarray(i * classes, (i + 1) * classes)),
  );
}
