/** Networks as Keras 2 saves them, in one HDF5 file: what `load_model("FILE.h5")` reads to this day. */

import * as tf from "@tensorflow/tfjs";
import { type NetworkData, networkFromData } from "../model/network.ts";
import { encodeHdf5, type Hdf5Group, readHdf5 } from "./hdf5.ts";
import { assignWeights, buildNetwork, parseConfig, toKeras2 } from "./keras_config.ts";

/** The version of Keras whose layout is written. */
const KERAS_VERSION = "2.15.0";

/**
 * Writes a network as Keras 2 does: its architecture as JSON in an attribute, and a group of arrays
 * for each layer (`save_model_to_hdf5` in
 * https://github.com/keras-team/keras/blob/master/keras/src/legacy/saving/legacy_h5_format.py).
 *
 * @param card What the network is, as plain JSON: the attribute `card`.
 * @returns The file; the same network and card give the same bytes.
 */
export async function encodeKerasH5(data: NetworkData, card: unknown): Promise<Uint8Array> {
  const network = await networkFromData(data);
  const { layers } = network;
  for (const layer of leafLayers(layers)) layer.trainable = true;
  const bytes = await encodeHdf5({
    attributes: {
      keras_version: KERAS_VERSION,
      backend: "tensorflow",
      model_config: JSON.stringify(toKeras2(network)),
      card: JSON.stringify(card),
    },
    members: {
      model_weights: {
        attributes: {
          keras_version: KERAS_VERSION,
          backend: "tensorflow",
          layer_names: layers.map(({ name }) => name),
        },
        members: Object.fromEntries(layers.map((layer) => [layer.name, layerGroup(layer)])),
      },
    },
  });
  network.dispose();
  return bytes;
}

function layerGroup(layer: tf.layers.Layer): Hdf5Group {
  const weights = inKerasOrder(layer);
  const names = weights.map(({ originalName }) => `${originalName}:0`);
  const root: Required<Hdf5Group> = { attributes: { weight_names: names }, members: {} };
  weights.forEach((weight, i) => {
    const path = names[i].split("/");
    let { members } = root;
    for (const scope of path.slice(0, -1)) {
      const group = members[scope] ??= { members: {} };
      members = (group as Required<Hdf5Group>).members;
    }
    members[path.at(-1)!] = {
      shape: weight.shape as number[],
      values: weight.read().dataSync<"float32">(),
    };
  });
  return root;
}

/** A layer's weights in Keras 2's order: in a network of layers, first all that are trained. */
function inKerasOrder(layer: tf.layers.Layer): tf.layers.Layer["weights"] {
  const leaves = leafLayers([layer]);
  return [
    ...leaves.flatMap(({ trainableWeights }) => trainableWeights),
    ...leaves.flatMap(({ nonTrainableWeights }) => nonTrainableWeights),
  ];
}

/** The layers that hold weights themselves, those of networks among `layers` included. */
function leafLayers(layers: tf.layers.Layer[]): tf.layers.Layer[] {
  return layers.flatMap((layer) =>
    layer instanceof tf.LayersModel ? leafLayers(layer.layers) : [layer]
  );
}

/** What Normalization keeps besides mean and variance: of how many numbers they are. */
const COUNT = /(^|\/)count(:0)?$/;

/**
 * Reads a network that Keras 2 or 3 saved as .h5.
 *
 * @param name What to call the file in an error.
 * @throws {SyntaxError} If it is damaged or no such file.
 * @throws {TypeError} If the network has layers that tfjs does not have.
 */
export async function decodeKerasH5(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  const [text, version] = await readHdf5(
    bytes,
    name,
    (file) => ["model_config", "keras_version"].map((about) => file.attribute("/", about)),
  );
  const network = await buildNetwork(parseConfig(text, name), name, { version });
  try {
    await readHdf5(bytes, name, (file) => {
      for (const layer of network.layers) {
        const group = `/model_weights/${layer.name}`;
        const names = file.attribute(group, "weight_names");
        const arrays = (Array.isArray(names) ? names : [])
          .filter((weight) => !COUNT.test(weight))
          .map((weight) => file.array(`${group}/${weight}`));
        assignWeights(inKerasOrder(layer), arrays, layer.name, name);
      }
    });
  } catch (error) {
    network.dispose();
    throw error;
  }
  return network;
}
