/** Networks as Keras saves them: in one HDF5 file, as Keras 2 does, or in a .keras archive of JSON and an HDF5 file, as Keras 3. */

import * as tf from "@tensorflow/tfjs";
import { zipSync } from "fflate";
import { parseJson, unzip } from "../data/file_system.ts";
import { networkFromData } from "../model/network.ts";
import { encodeHdf5, Hdf5File, type Hdf5Group } from "./hdf5.ts";
import { buildNetwork, toKeras } from "./keras_config.ts";
import type { LayerConfig } from "./keras_layers.ts";

/** The version of Keras 2 whose layout is written. */
const KERAS_2 = "2.15.0";

/**
 * Writes a network as Keras 2 does: its architecture as JSON in an attribute, and a group of arrays
 * for each layer (`save_model_to_hdf5` in
 * https://github.com/keras-team/keras/blob/master/keras/src/legacy/saving/legacy_h5_format.py).
 *
 * @param card What the network is, as plain JSON: the attribute `card`.
 * @returns The file; the same network and card give the same bytes.
 */
export async function encodeKerasH5(
  data: tf.io.ModelArtifacts,
  card: unknown,
): Promise<Uint8Array> {
  const network = await networkFromData(data);
  const { layers } = network;
  for (const layer of leafLayers(layers)) layer.trainable = true;
  const bytes = await encodeHdf5({
    attributes: {
      keras_version: KERAS_2,
      backend: "tensorflow",
      model_config: JSON.stringify(toKeras(network, 2)),
      card: JSON.stringify(card),
    },
    members: {
      model_weights: {
        attributes: {
          keras_version: KERAS_2,
          backend: "tensorflow",
          layer_names: layers.map(({ name }) => name),
        },
        members: Object.fromEntries(layers.map((layer) => [layer.name, scopedGroup(layer)])),
      },
    },
  });
  network.dispose();
  return bytes;
}

function scopedGroup(layer: tf.layers.Layer): Hdf5Group {
  const weights = inKerasOrder(layer);
  const names = weights.map(({ originalName }) => `${originalName}:0`);
  const root: Hdf5Group = { attributes: { weight_names: names } };
  weights.forEach((weight, i) => {
    const path = names[i].split("/");
    const group = groupAt(root, path.slice(0, -1));
    (group.members ??= {})[path.at(-1)!] = arrayOf(weight);
  });
  return root;
}

/** The group at a path in another; it is made if it is not there. */
function groupAt(root: Hdf5Group, path: string[]): Hdf5Group {
  let group = root;
  for (const name of path) group = ((group.members ??= {})[name] ??= {}) as Hdf5Group;
  return group;
}

function arrayOf(weight: tf.LayerVariable) {
  return { shape: weight.shape as number[], values: weight.read().dataSync<"float32">() };
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
 * Reads a network that Keras 2 or 3 saved as .h5 or .keras.
 *
 * @param name What to call the file in an error. Whatever its ending is: Keras 2 writes HDF5 into a .keras file, too.
 * @throws {SyntaxError} If it is damaged or no such file.
 * @throws {TypeError} If the network has layers that tfjs does not have.
 */
export async function decodeKeras(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  const isHdf5 = bytes.subarray(0, 4).toHex() === "89484446" || !name.endsWith(".keras");
  return await (isHdf5 ? decodeH5(bytes, name) : decodeArchive(bytes, name));
}

/** Weights of a layer, and the arrays that a file has for them. */
interface LayerWeights {
  layer: string;
  weights: tf.layers.Layer["weights"];
  arrays: NumberArray[];
}

type NumberArray = ReturnType<Hdf5File["array"]>;

/**
 * Gives a network the weights that are read for it.
 *
 * @throws {SyntaxError} If the file has other weights than the network needs.
 */
function withWeights(
  { network, groups }: Awaited<ReturnType<typeof buildNetwork>>,
  name: string,
  read: (network: tf.LayersModel) => LayerWeights[],
): tf.LayersModel {
  try {
    for (const { layer, weights, arrays } of read(network)) {
      const found = arrays.map((array, i) => {
        const [ofLayer] = weights[i]?.originalName.split("/") ?? [];
        return ungroup(array, groups.get(ofLayer) ?? 1);
      });
      assignWeights({ layer, weights, arrays: found }, name);
    }
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function assignWeights({ layer, weights, arrays }: LayerWeights, name: string): void {
  // A single number may be a list of one.
  const describe = (list: { shape: tf.Shape }[]) =>
    list.map(({ shape }) => shape.join(" × ") || "1").join(", ") || "none";
  if (describe(weights) !== describe(arrays)) {
    throw new SyntaxError(
      `Expected ${name} to hold weights of ${describe(weights)} for ${layer} but found ${
        describe(arrays)
      }`,
    );
  }
  if (!arrays.every(({ values }) => values.every(Number.isFinite))) {
    throw new SyntaxError(
      `Expected ${name} to hold numbers for ${layer} but found NaN or infinity`,
    );
  }
  weights.forEach((weight, i) => {
    tf.tidy(() => void weight.write(tf.tensor(arrays[i].values, weight.shape as number[])));
  });
}

/**
 * Makes of a kernel that convolves channels in groups one that convolves all with all.
 *
 * @param array `[…, channels of a group, outputs]`, as Keras has it.
 * @returns `[…, channels, outputs]`: zeros where an output is another group's; anything but a kernel as it is.
 */
function ungroup({ shape, values }: NumberArray, groups: number): NumberArray {
  if (groups === 1 || shape.length < 3) return { shape, values };
  const [inner, outputs] = shape.slice(-2);
  const [channels, outputsOfGroup] = [inner * groups, outputs / groups];
  const filled = new Float32Array(values.length * groups);
  values.forEach((value, i) => {
    const [output, channel] = [i % outputs, Math.floor(i / outputs) % inner];
    const place = Math.floor(i / outputs / inner);
    const group = Math.floor(output / outputsOfGroup);
    filled[(place * channels + group * inner + channel) * outputs + output] = value;
  });
  return { shape: [...shape.slice(0, -2), channels, outputs], values: filled };
}

async function decodeH5(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  using file = await Hdf5File.open(bytes, name);
  const text = file.attribute("/", "model_config");
  if (!text) {
    throw new SyntaxError(`Expected ${name} to describe a network but there are at most weights`);
  }
  const config = parseJson(text as string, `model_config in ${name}`);
  const built = await buildNetwork(config, name, { version: file.attribute("/", "keras_version") });
  return withWeights(built, name, ({ layers }) =>
    layers.map((layer) => {
      const group = `/model_weights/${layer.name}`;
      const names = file.attribute(group, "weight_names");
      const arrays = (Array.isArray(names) ? names : [])
        .filter((weight) => !COUNT.test(weight))
        .map((weight) => file.array(`${group}/${weight}`));
      return { layer: layer.name, weights: inKerasOrder(layer), arrays };
    }));
}

/** Names of the files in the archive. */
const [METADATA, CONFIG, WEIGHTS] = ["metadata.json", "config.json", "model.weights.h5"];

/** The version of Keras 3 whose layout is written. */
const KERAS_3 = "3.0.0";

/** What every archive gives as the time of its making: the first that zip knows, in any time zone. */
const TIME_STAMP = new Date(1980, 0, 1);

/**
 * Writes a network as Keras 3 does (`save_model` in
 * https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py).
 *
 * @param card What the network is, as plain JSON: `card` in metadata.json.
 * @returns The file; the same network and card give the same bytes.
 */
export async function encodeKerasArchive(
  data: tf.io.ModelArtifacts,
  card: unknown,
): Promise<Uint8Array> {
  const network = await networkFromData(data);
  const weights = await encodeHdf5(networkGroup(network));
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const archive = zipSync({
    [METADATA]: json({ keras_version: KERAS_3, card }),
    [CONFIG]: json(toKeras(network, 3)),
    [WEIGHTS]: weights,
  }, { level: 0, mtime: TIME_STAMP });
  network.dispose();
  return archive;
}

function networkGroup(network: tf.LayersModel): Hdf5Group {
  const root: Hdf5Group = {};
  for (const { path, layer, weights } of groupsOf(network)) {
    const arrays = weights.map((weight, i) => [i, arrayOf(weight)]);
    const group = { attributes: { name: layer }, members: Object.fromEntries(arrays) };
    Object.assign(groupAt(root, path), group);
  }
  return root;
}

/** Weights that Keras keeps in one group. */
interface WeightGroup {
  path: string[];
  /** Name of the layer in a network that they are of. */
  layer: string;
  weights: tf.layers.Layer["weights"];
}

/**
 * The groups in which Keras keeps the weights of a layer: those of layers and cells in it are deeper.
 *
 * @param name Of the layer in a network that it is, or is in.
 */
function groupsOf(layer: tf.layers.Layer, name: string = layer.name): WeightGroup[] {
  const { weights } = layer;
  if (layer.getClassName() === "MultiHeadAttention") {
    const count = weights.length / 4;
    return ["query", "key", "value", "output"].map((part, i) => {
      const own = weights.slice(i * count, (i + 1) * count);
      return { path: [`${part}_dense`, "vars"], layer: name, weights: own };
    });
  }
  const inner = innerOf(layer);
  if (inner.length === 0) return [{ path: ["vars"], layer: name, weights }];
  return inner.flatMap(([place, one]) =>
    groupsOf(one, layer instanceof tf.LayersModel ? one.name : name)
      .map(({ path, ...group }) => ({ ...group, path: [...place, ...path] }))
  );
}

/** The layers and cells in a layer, and the groups that Keras has for each. */
function innerOf(layer: tf.layers.Layer): [place: string[], inner: tf.layers.Layer][] {
  const className = layer.getClassName();
  const { layers, cells = layers, ...one } = layer as unknown as
    & Record<"layers" | "cells", tf.layers.Layer[] | undefined>
    & Record<"layer" | "cell" | "forwardLayer" | "backwardLayer", tf.layers.Layer>;
  if (cells) {
    return placesOf(cells).map(([place, inner]) => [[layers ? "layers" : "cells", place], inner]);
  }
  if (className === "TimeDistributed") return [[["layer"], one.layer]];
  if (className === "Bidirectional") {
    return [[["forward_layer"], one.forwardLayer], [["backward_layer"], one.backwardLayer]];
  }
  return one.cell ? [[["cell"], one.cell]] : [];
}

/** Layers, and what Keras calls each in a file: its class, numbered from the second on. */
function placesOf(layers: tf.layers.Layer[]): [place: string, layer: tf.layers.Layer][] {
  const counts: Record<string, number> = {};
  return layers.map((layer) => {
    const place = snakeCase(layer.getClassName());
    const count = counts[place] = (counts[place] ?? -1) + 1;
    return [count === 0 ? place : `${place}_${count}`, layer];
  });
}

/** `to_snake_case` of https://github.com/keras-team/keras/blob/master/keras/src/utils/naming.py. */
function snakeCase(className: string): string {
  return (className === "Model" ? "Functional" : className).replaceAll(/\W+/g, "")
    .replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

async function decodeArchive(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  const files = unpack(bytes, name);
  for (const file of [CONFIG, WEIGHTS]) {
    if (!files[file]) throw new SyntaxError(`Expected ${name} to contain ${file} but it does not`);
  }
  const parse = (file: string) => parseJson(files[file], `${file} in ${name}`);
  const config = parse(CONFIG);
  const about = files[METADATA] ? parse(METADATA) as { keras_version?: unknown } | null : null;
  using file = await Hdf5File.open(files[WEIGHTS], `${WEIGHTS} in ${name}`);
  const built = await buildNetwork(config, name, { version: about?.keras_version });
  return withWeights(built, name, (network) => readGroup(file, [], network, config as LayerConfig));
}

/** The names of a network's list of layers: Keras 3's, and that of 2.12 and 2.13. */
const LISTS = ["layers", "_layer_checkpoint_dependencies"];

/** @param path Of the group of the network, one in another. */
function readGroup(
  file: Hdf5File,
  path: string[],
  network: tf.LayersModel,
  { config }: LayerConfig,
): LayerWeights[] {
  const list = LISTS.map((list) => [...path, list])
    .find((path) => membersOf(file, path).length > 0) ?? [...path, LISTS[0]];
  // By number, as all of a class begin alike. Keras 2 counts a layer with weights twice, which leaves every second
  // number out.
  const members = Map.groupBy(
    membersOf(file, list).sort((one, other) => one.length - other.length || (one < other ? -1 : 1)),
    (name) => name.replace(/_\d+$/, ""),
  );
  return config.layers!.flatMap((inner) => {
    const place = snakeCase(inner.class_name);
    const group = [...list, members.get(place)?.shift() ?? place];
    const layer = network.getLayer(inner.config.name);
    if (layer instanceof tf.LayersModel) return readGroup(file, group, layer, inner);
    if (layer.weights.length === 0) return [];
    return groupsOf(layer).map(({ path: inside, weights }) => {
      const vars = pathOf(file, [...group, ...inside]);
      const count = inner.class_name === "Normalization" ? 2 : undefined; // not that of the numbers
      const arrays = file.names(vars).slice(0, count).map((_, i) => file.array(`${vars}/${i}`));
      return { layer: layer.name, weights, arrays };
    });
  });
}

/** Whether names of groups are a path: on Windows, Keras 2 wrote a group `a\\b` for `b` in `a`. */
function arePaths(file: Hdf5File): boolean {
  return file.names("/").some((name) => name.includes("\\"));
}

/** Where a group of weights, the last name, is. */
function pathOf(file: Hdf5File, path: string[]): string {
  return arePaths(file) ? `${path.slice(0, -1).join("\\")}/${path.at(-1)}` : `/${path.join("/")}`;
}

/** Names of the groups in a group. */
function membersOf(file: Hdf5File, path: string[]): string[] {
  if (!arePaths(file)) return file.names(`/${path.join("/")}`);
  const start = path.join("\\") + "\\";
  return file.names("/").filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length)).filter((name) => !name.includes("\\"));
}

function unpack(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  const isWanted = (file: string) => [METADATA, CONFIG, WEIGHTS].includes(plainName(file));
  const files = unzip(bytes, name, isWanted);
  return Object.fromEntries(
    Object.entries(files).map(([file, content]) => [plainName(file), content]),
  );
}

/** The name of a file in an archive as it should be: some programs write `.\\config.json`. */
function plainName(file: string): string {
  return file.replaceAll("\\", "/").replace(/^\.?\//, "");
}
