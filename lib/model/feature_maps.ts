/** What a network makes of one picture on the way, and the filters with which it looks. */

import * as tf from "@tensorflow/tfjs";
import { applyLayers, imagesToTensor } from "./network.ts";

/** The output of a layer for one picture: a square map for each channel. */
interface FeatureMaps {
  /** Pixels of a map along a side. */
  side: number;
  /** `[channels]`, each `[side, side]` row by row. */
  maps: Float32Array[];
}

/**
 * Runs one picture through a network up to a layer.
 *
 * @param network A network whose layers follow one another.
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param layerName Name of a layer whose output is `[count, side, side, channels]`.
 * @throws {RangeError} If there is no such layer.
 * @throws {TypeError} If its output has another shape.
 */
export function featureMaps(
  network: tf.LayersModel,
  pixels: Uint8Array,
  layerName: string,
): FeatureMaps {
  const index = network.layers.findIndex(({ name }) => name === layerName);
  if (index < 0) {
    const names = network.layers.map(({ name }) => name).join(", ");
    throw new RangeError(`Expected a layer of ${names} but found ${layerName}`);
  }
  return tf.tidy(() => {
    const output = applyLayers(network.layers.slice(0, index + 1), imagesToTensor(pixels));
    if (output.rank !== 4) {
      throw new TypeError(
        `Expected ${layerName} to give maps but its output is ${output.shape.join(" × ")}`,
      );
    }
    return { side: output.shape[1]!, maps: channelsOf(output.squeeze([0])) };
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
  return tf.tidy(() => channelsOf(layer.getWeights()[0].squeeze([2])));
}

/** Takes `[side, side, channels]` apart. */
function channelsOf(tensor: tf.Tensor): Float32Array[] {
  return tensor.unstack(2).map((channel) => channel.dataSync<"float32">().slice());
}
