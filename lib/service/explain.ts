/** What made a recogniser say a digit, in a form that people can look at. */

import { occlusionMap } from "../model/attribution.ts";
import type { Classifier } from "../model/classifier.ts";
import { featureMaps } from "../model/feature_maps.ts";

/** What made a recogniser say a digit. */
export interface Explanation {
  /** Log-odds for the digit that hang on each pixel, in nats, `[28, 28]`; see {@linkcode occlusionMap}. */
  importance: Float32Array;
  /** Outputs of the convolution blocks, from the first to the last. */
  layers: LayerMaps[];
}

/** What a layer makes of a picture. */
export interface LayerMaps {
  name: string;
  /** Pixels of a map along a side. */
  side: number;
  /** The layer's largest value is brightest (255), `[channels, side, side]`. */
  maps: Uint8Array;
}

/**
 * Explains an answer.
 *
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param digit The class whose evidence is looked for.
 *
 * @example An untrained network
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { startBackend } from "../backend/mod.ts";
 * import { addHead, buildBase } from "../model/architecture.ts";
 * await startBackend();
 * const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
 * const { layers } = explain({ network }, new Uint8Array(784), 7);
 * assertEquals(layers.map(({ side }) => side), [14, 7, 3]);
 * network.dispose();
 * ```
 */
export function explain(
  { network }: Pick<Classifier, "network">,
  pixels: Uint8Array,
  digit: number,
): Explanation {
  const blocks = network.layers.filter((layer) =>
    layer.getClassName() === "Activation" && layer.outputShape.length === 4
  );
  return {
    importance: occlusionMap(network, pixels, digit),
    layers: blocks.map(({ name }) => {
      const { side, maps } = featureMaps(network, pixels, name);
      const most = maps.reduce((most, map) => Math.max(most, ...map), Number.MIN_VALUE);
      const bytes = new Uint8Array(maps.length * side * side);
      maps.forEach((map, i) => bytes.set(map.map((value) => 255 * value / most), i * side * side));
      return { name, side, maps: bytes };
    }),
  };
}
