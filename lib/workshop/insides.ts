/** How a class's score changes with each pixel, and the filters with which a network looks. */

import * as tf from "@tensorflow/tfjs";
import { splitNetwork } from "../model/architecture.ts";
import { applyLayers, imagesToTensor } from "../model/network.ts";

/**
 * Computes how the score of a class changes with each pixel: the gradient of its logit (Simonyan et
 * al. 2014, "Deep inside convolutional networks").
 *
 * @param network From pixels to probabilities.
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param digit The class whose logit is followed.
 * @returns Change of the logit for full ink on each pixel, to first order, `[28, 28]`: positive where
 * more ink would speak for `digit`.
 * @throws {TypeError} If the network has no layer of logits.
 */
export function saliencyMap(
  network: tf.LayersModel,
  pixels: Uint8Array,
  digit: number,
): Float32Array {
  const { base, head } = splitNetwork(network);
  return tf.tidy(() => {
    const logit = (picture: tf.Tensor) => {
      const logits = applyLayers([...base, ...head], picture) as tf.Tensor2D;
      return logits.slice([0, digit], [1, 1]).asScalar();
    };
    return tf.grad(logit)(imagesToTensor(pixels)).dataSync<"float32">().slice();
  });
}

/**
 * Reads the filters of a network's first convolution.
 *
 * @param network A network that begins with pictures of one channel.
 * @returns A filter for each channel of its output, `[side, side]` row by row.
 */
export function firstFilters(network: tf.LayersModel): Float32Array[] {
  const layer = network.layers.find((layer) => layer.getClassName() === "Conv2D")!;
  return tf.tidy(() =>
    layer.getWeights()[0].squeeze([2]).unstack(2)
      .map((filter) => filter.dataSync<"float32">().slice())
  );
}
