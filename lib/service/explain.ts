/** What made a model read a picture as it did, in a form that people can look at. */

import type * as tf from "@tensorflow/tfjs";
import { featureMaps, occlusionMap } from "../model/interpretation.ts";
import type { Classifier } from "../model/classifier.ts";

/** What made a model read a picture as a class. */
export interface Explanation {
  /** Log-odds for the class that hang on each pixel, in nats, `[28, 28]`; see {@linkcode occlusionMap}. */
  importance: ArrayLike<number>;
  /**
   * Outputs of the convolution blocks, from the first to the last, in maps of `side` × `side`; the
   * layer's largest value is brightest (255), `[channels, side, side]`.
   */
  layers: { name: string; side: number; maps: Uint8Array; filters?: Filters }[];
}

/** The filters with which a layer looks at the maps of the layer before; of each map's, the strongest. */
interface Filters {
  /** How many each map has: one for each map of the layer before. */
  count: number;
  /** Weights of a filter along a side. */
  side: number;
  /** The layer's greatest weight is 127 or −127, `[channels, side, side]`. */
  values: Int8Array;
}

/**
 * Explains an answer.
 *
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param index Of the class whose evidence is looked for.
 */
export function explain(
  { network }: Pick<Classifier, "network">,
  pixels: Uint8Array,
  index: number,
): Explanation {
  const blocks = network.layers.filter((layer) =>
    layer.getClassName() === "Activation" && layer.outputShape.length === 4
  );
  return {
    importance: occlusionMap(network, pixels, index),
    layers: blocks.map(({ name }) => {
      const { side, maps } = featureMaps(network, pixels, name);
      const most = maps.reduce((most, map) => Math.max(most, ...map), Number.MIN_VALUE);
      const bytes = maps.flatMap((map) => Array.from(map, (value) => 255 * value / most));
      return { name, side, maps: Uint8Array.from(bytes), filters: filtersBefore(network, name) };
    }),
  };
}

/** The filters of the last convolution up to a layer, if there is one. */
function filtersBefore({ layers }: tf.LayersModel, name: string): Filters | undefined {
  const before = layers.slice(0, layers.findIndex((layer) => layer.name === name));
  const convolution = before.findLast((layer) => layer.getClassName() === "Conv2D");
  if (!convolution) return undefined;
  const [kernel] = convolution.getWeights();
  const [side, , count, channels] = kernel.shape as [number, number, number, number];
  const weights = kernel.dataSync<"float32">();
  const most = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const values = new Int8Array(channels * side * side);
  for (let channel = 0; channel < channels; channel++) {
    const filters = Array.from(
      { length: count },
      (_, input) =>
        Array.from(
          { length: side * side },
          (_, place) => 127 * weights[(place * count + input) * channels + channel] / most,
        ),
    );
    const strength = (filter: number[]) => Math.hypot(...filter);
    const strongest = filters.reduce((a, b) => strength(b) > strength(a) ? b : a);
    values.set(strongest, channel * side * side);
  }
  return { count, side, values };
}
