/** A step of AdamW as one operation. */

import * as tf from "@tensorflow/tfjs";

/** A weight, its gradient and the optimiser's memory of it, all of one shape. */
interface AdamWInputs {
  weight: tf.Variable;
  gradient: tf.Tensor;
  /** Running mean of the gradients, at first 0. */
  first: tf.Variable;
  /** Running mean of the squared gradients, at first 0. */
  second: tf.Variable;
}

/** How a step is taken. */
interface AdamWOptions {
  /** Number of this step, from 1. */
  step: number;
  learningRate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * Takes a step of AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019,
 * https://arxiv.org/abs/1711.05101, algorithm 2):
 * w ← w − learningRate · (weightDecay · w + m̂ / (√v̂ + ε)). The weight and both moments take their new
 * values: the moments where they lie, so that they must share their memory with no other tensor.
 *
 * @example The first step goes by the learning rate, whatever the gradient
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * await tf.setBackend("cpu");
 * const [weight, first, second] = [1, 0, 0].map((value) => tf.variable(tf.scalar(value)));
 * const gradient = tf.scalar(20);
 * const options = { learningRate: 0.1, weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
 * adamWStep({ weight, gradient, first, second }, { step: 1, ...options });
 * assertAlmostEquals(weight.dataSync()[0], 0.9, 1e-6);
 * ```
 */
export function adamWStep(
  { weight, gradient, first, second }: AdamWInputs,
  { step, learningRate, weightDecay, beta1, beta2, epsilon }: AdamWOptions,
): void {
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  const keep = 1 - learningRate * weightDecay;
  tf.tidy(() => {
    if (tf.getKernel("AdamWStep", tf.getBackend())) {
      const attrs = { beta1, beta2, keep, rate, correction, epsilon };
      weight.assign(tf.engine().runKernel("AdamWStep", { weight, gradient, first, second }, attrs));
      return;
    }
    first.assign(first.mul(beta1).add(gradient.mul(1 - beta1)));
    second.assign(second.mul(beta2).add(gradient.square().mul(1 - beta2)));
    const update = first.mul(rate).div(second.mul(correction).sqrt().add(epsilon));
    weight.assign(weight.mul(keep).sub(update));
  });
}
