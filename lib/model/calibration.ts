/** Temperature scaling: probabilities that are as often right as they say. */

import * as tf from "@tensorflow/tfjs";
import { splitNetwork } from "./architecture.ts";
import { readWeights, writeWeights } from "./network.ts";

/**
 * Calibrates a network by scaling its last layer, from what it answers to pictures that it has not learnt from,
 * and rounds all weights to what a file holds of them: half precision.
 *
 * @param probabilities `[count, classes]`, of these pictures; of none, nothing is calibrated.
 * @param labels True class indices, `[count]`.
 * @returns The temperature by which logits were divided.
 */
export function calibrate(
  network: tf.LayersModel,
  probabilities: Float32Array,
  labels: Uint8Array,
): number {
  const temperature = fitTemperature(probabilities, labels);
  divideLogits(network, temperature);
  const { layers } = network;
  const rounded = readWeights(layers)
    .map((values) => Float32Array.from(Float16Array.from(values)));
  writeWeights(layers, rounded);
  return temperature;
}

/** Probabilities below this count as this, whose logarithm would be infinite. */
const SMALLEST_PROBABILITY = 1e-30;

/**
 * Finds the temperature by which logits are to be divided so that probabilities are true: the one with
 * the smallest cross-entropy (Guo et al. 2017, https://arxiv.org/abs/1706.04599), by golden-section search.
 *
 * @param probabilities `[count, classes]`, of validation pictures.
 * @param labels True class indices, `[count]`.
 */
function fitTemperature(probabilities: Float32Array, labels: Uint8Array): number {
  if (labels.length === 0) return 1;
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
  const layer = splitNetwork(network).head.at(-1)!;
  tf.tidy(() => layer.setWeights(layer.getWeights().map((weight) => weight.div(temperature))));
}
