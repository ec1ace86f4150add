/** What made a model read a picture as it did, in a form that people can look at. */

import { occlusionMap } from "../model/attribution.ts";
import type { Classifier } from "../model/classifier.ts";
import { featureMaps } from "../model/feature_maps.ts";

/** What made a model read a picture as a class. */
export interface Explanation {
  /** Log-odds for the class that hang on each pixel, in nats, `[28, 28]`; see {@linkcode occlusionMap}. */
  importance: Float32Array;
  /**
   * Outputs of the convolution blocks, from the first to the last, in maps of `side` × `side`; the
   * layer's largest value is brightest (255), `[channels, side, side]`.
   */
  layers: { name: string; side: number; maps: Uint8Array }[];
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
      const bytes = new Uint8Array(maps.length * side * side);
      maps.forEach((map, i) => bytes.set(map.map((value) => 255 * value / most), i * side * side));
      return { name, side, maps: bytes };
    }),
  };
}
