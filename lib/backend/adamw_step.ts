/** A step of AdamW as one operation. */

import * as tf from "@tensorflow/tfjs";

/** A weight, its gradient and the optimiser's memory of it, all of one shape. */
interface AdamWInputs {
  weight: tf.Tensor;
  gradient: tf.Tensor;
  /** Running mean of the gradients. */
  first: tf.Tensor;
  /** Running mean of the squared gradients. */
  second: tf.Tensor;
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
 * w ← w − learningRate · (weightDecay · w + m̂ / (√v̂ + ε)).
 *
 * @returns New weight, first and second moment; the inputs stay as they are, because tfjs keeps
 * packed copies of weights by their identity.
 *
 * @example The first step goes by the learning rate, whatever the gradient
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * await tf.setBackend("cpu");
 * const [weight, gradient, first, second] = [1, 20, 0, 0].map((value) => tf.scalar(value));
 * const options = { learningRate: 0.1, weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
 * const [updated] = adamWStep({ weight, gradient, first, second }, { step: 1, ...options });
 * assertAlmostEquals(updated.dataSync()[0], 0.9, 1e-6);
 * ```
 */
export function adamWStep(
  { weight, gradient, first, second }: AdamWInputs,
  { step, learningRate, weightDecay, beta1, beta2, epsilon }: AdamWOptions,
): [weight: tf.Tensor, first: tf.Tensor, second: tf.Tensor] {
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  const keep = 1 - learningRate * weightDecay;
  if (tf.getKernel("AdamWStep", tf.getBackend())) {
    return tf.engine().runKernel(
      "AdamWStep",
      { ...{ weight, gradient, first, second } },
      { beta1, beta2, keep, rate, correction, epsilon },
    ) as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
  }
  return tf.tidy(() => {
    const newFirst = first.mul(beta1).add(gradient.mul(1 - beta1));
    const newSecond = second.mul(beta2).add(gradient.square().mul(1 - beta2));
    const update = newFirst.mul(rate).div(newSecond.mul(correction).sqrt().add(epsilon));
    return [weight.mul(keep).sub(update), newFirst, newSecond];
  });
}
