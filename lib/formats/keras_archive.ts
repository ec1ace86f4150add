/** Networks as Keras 3 saves them: a .keras file, which is a zip archive of JSON and an HDF5 file. */

import * as tf from "@tensorflow/tfjs";
import { unzipSync, zipSync } from "fflate";
import { type NetworkData, networkFromData } from "../model/network.ts";
import { encodeHdf5, type Hdf5Group, type Hdf5Reader, readHdf5 } from "./hdf5.ts";
import { assignWeights, buildNetwork, parseConfig, toKeras2, toKeras3 } from "./keras_config.ts";

/** Names of the files in the archive. */
const [METADATA, CONFIG, WEIGHTS] = ["metadata.json", "config.json", "model.weights.h5"];

/** The version of Keras whose layout is written. */
const KERAS_VERSION = "3.0.0";

/** What every archive gives as the time of its making: the first that zip knows, in any time zone. */
const TIME_STAMP = new Date(1980, 0, 1);

/** Largest file in an archive that is read, in bytes: a hostile archive may hold any size. */
const LARGEST_FILE = 2 ** 29;

/**
 * Writes a network as Keras 3 does (`save_model` in
 * https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py).
 *
 * @param card What the network is, as plain JSON: `card` in metadata.json.
 * @returns The file; the same network and card give the same bytes.
 */
export async function encodeKerasArchive(data: NetworkData, card: unknown): Promise<Uint8Array> {
  const network = await networkFromData(data);
  const weights = await encodeHdf5(networkGroup(network));
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const archive = zipSync({
    [METADATA]: json({ keras_version: KERAS_VERSION, card }),
    [CONFIG]: json(toKeras3(toKeras2(network))),
    [WEIGHTS]: weights,
  }, { level: 0, mtime: TIME_STAMP });
  network.dispose();
  return archive;
}

function networkGroup(network: tf.LayersModel): Hdf5Group {
  const groups = placesOf(network).map(([place, layer]) => [place, layerGroup(layer)]);
  return { members: { layers: { members: Object.fromEntries(groups) } } };
}

function layerGroup(layer: tf.layers.Layer): Hdf5Group {
  if (layer instanceof tf.LayersModel) return networkGroup(layer);
  const arrays = layer.weights.map((weight, i) => [
    String(i),
    { shape: weight.shape as number[], values: weight.read().dataSync<"float32">() },
  ]);
  return {
    members: {
      vars: { attributes: { name: layer.name }, members: Object.fromEntries(arrays) },
    },
  };
}

/** The layers of a network, and what Keras calls each in a file: its class, numbered from the second on. */
function placesOf(network: tf.LayersModel): [place: string, layer: tf.layers.Layer][] {
  const counts: Record<string, number> = {};
  return network.layers.map((layer) => {
    const className = layer.getClassName();
    const place = snakeCase(className === "Model" ? "Functional" : className);
    const count = counts[place] = (counts[place] ?? -1) + 1;
    return [count === 0 ? place : `${place}_${count}`, layer];
  });
}

/** `to_snake_case` of https://github.com/keras-team/keras/blob/master/keras/src/utils/naming.py. */
function snakeCase(name: string): string {
  return name.replaceAll(/\W+/g, "")
    .replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/**
 * Reads a network that Keras 3 saved as .keras.
 *
 * @param name What to call the file in an error.
 * @throws {SyntaxError} If it is damaged or no such file.
 * @throws {TypeError} If the network has layers that tfjs does not have.
 */
export async function decodeKerasArchive(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  const { [CONFIG]: config, [WEIGHTS]: weights } = unzip(bytes, name);
  const text = config && new TextDecoder().decode(config);
  const network = await buildNetwork(parseConfig(text, name), name);
  try {
    if (!weights) throw new SyntaxError(`Expected ${name} to contain ${WEIGHTS} but it does not`);
    await readHdf5(weights, `${WEIGHTS} in ${name}`, (file) => readGroup(file, "", network, name));
  } catch (error) {
    network.dispose();
    throw error;
  }
  return network;
}

function readGroup(file: Hdf5Reader, group: string, network: tf.LayersModel, name: string): void {
  for (const [place, layer] of placesOf(network)) {
    const path = `${group}/layers/${place}`;
    if (layer instanceof tf.LayersModel) readGroup(file, path, layer, name);
    else if (layer.weights.length > 0) {
      const arrays = file.names(`${path}/vars`).map((_, i) => file.array(`${path}/vars/${i}`));
      assignWeights(layer.weights, arrays, layer.name, name);
    }
  }
}

function unzip(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: file, originalSize }) => {
        if (![CONFIG, WEIGHTS].includes(plainName(file))) return false;
        if (originalSize <= LARGEST_FILE) return true;
        throw new RangeError(
          `Expected files of at most ${LARGEST_FILE} bytes in ${name} but ${file} has ${originalSize}`,
        );
      },
    });
    return Object.fromEntries(
      Object.entries(files).map(([file, content]) => [plainName(file), content]),
    );
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new SyntaxError(`Expected ${name} to be a whole .keras archive but it is not`);
  }
}

/** The name of a file in an archive as it should be: some programs write `.\\config.json`. */
function plainName(file: string): string {
  return file.replaceAll("\\", "/").replace(/^\.?\//, "");
}
