/** Networks that were trained elsewhere, as frozen bases; and the numbers in which they take pixels. */

import * as tf from "@tensorflow/tfjs";
import { dirname, join } from "@std/path";
import { pick, type Splits } from "../data/dataset.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { FEATURES } from "../model/architecture.ts";
import { solveHead } from "../model/closed_form.ts";
import {
  applyLayers,
  imagesToTensor,
  networkFromData,
  readWeights,
  writeWeights,
} from "../model/network.ts";
import { parseJson, readWhole } from "../data/file_system.ts";
import type { Observer } from "../observer.ts";
import { decodeKeras } from "./keras.ts";
import { buildNetwork } from "./keras_config.ts";

/**
 * Reads a convolutional network that Keras or tfjs saved, and cuts off its head: what is behind the
 * last layer that makes a list of features of pictures, be it flattening or global pooling.
 *
 * @param path A file of Keras, in HDF5 (.h5, .hdf5) or an archive (.keras), or tfjs's .json or its folder. The
 *   network must take pictures of 28 × 28 pixels, white ink on black; as 784 numbers or without channels, they are
 *   reshaped for it.
 * @param trial Training pictures to find out on whether pixels go in from 0 to 1, to 255 or from -1 to 1; from 0
 *   to 1 without them.
 * @returns From pictures, their pixels from 0 to 1, to features, as one layer.
 * @throws {SyntaxError} If there is no such network at `path`, or a damaged one.
 * @throws {TypeError} If it has layers that tfjs does not have, or takes something else than such pictures.
 */
export async function readBase(path: string, trial?: RangeTrial): Promise<tf.Sequential> {
  const network = await readNetwork(path);
  const shapes = network.inputs.map(({ shape }) => shape.slice(1).join(" × "));
  if (
    ![PICTURE_SHAPE, `${IMAGE_SIDE} × ${IMAGE_SIDE}`, `${IMAGE_PIXELS}`].includes(shapes.join())
  ) {
    network.dispose();
    throw new TypeError(
      `Expected ${path} to take pictures of ${PICTURE_SHAPE} but it takes ${shapes.join(" and ")}`,
    );
  }
  const range = trial ? findRange(network, path, trial) : INPUT_RANGES[0];
  const inner = tf.model({ inputs: network.inputs, outputs: featuresOf(network), name: FEATURES });
  const cut = adapted(inner, range);
  const base = await networkFromData({ modelTopology: renameLayers(cut) });
  writeWeights(base.layers, readWeights(cut.layers));
  for (const weight of network.weights) weight.dispose();
  if (base.weights.length === 0) {
    throw new TypeError(
      `Expected ${path} to be a convolutional network but nothing in it learns features`,
    );
  }
  return tf.sequential({ name: "base", layers: [base] });
}

/** Describes a network with a prefix before the names of its layers, as a head that is put on it names its own, too. */
function renameLayers(network: tf.LayersModel): Record<string, unknown> {
  const topology = network.toJSON(null, false) as { config: object };
  const { config } = JSON.parse(JSON.stringify(topology), (key, value) =>
    // A name, or the first of what says where a tensor is from.
    typeof value === "string" && (key === "name" || key === "0") ? `base_${value}` : value);
  return { ...topology, config: { ...config, name: network.name } };
}

const PICTURE_SHAPE = `${IMAGE_SIDE} × ${IMAGE_SIDE} × 1`;

/** A network that takes pictures as this project has them, of one that takes other numbers or another shape. */
function adapted(network: tf.LayersModel, { scale, offset }: InputRange): tf.LayersModel {
  const pictures = tf.input({ shape: [IMAGE_SIDE, IMAGE_SIDE, 1], name: "pictures" });
  const targetShape = network.inputs[0].shape.slice(1) as number[];
  const layers: tf.layers.Layer[] = [];
  if (scale !== 1) layers.push(tf.layers.rescaling({ scale, offset, name: "range" }));
  if (targetShape.length < 3) layers.push(tf.layers.reshape({ targetShape, name: "pixels" }));
  if (layers.length === 0) return network;
  network.name = "network";
  const outputs = [...layers, network].reduce<tf.SymbolicTensor>(
    (input, layer) => layer.apply(input) as tf.SymbolicTensor,
    pictures,
  );
  return tf.model({ inputs: pictures, outputs, name: FEATURES });
}

/** The list of features that the last layer to make one of pictures makes. */
function featuresOf(network: tf.LayersModel): tf.SymbolicTensor {
  const calls = network.layers.map(({ inboundNodes }) => inboundNodes.at(-1)!);
  const first = network.layers.findIndex(({ weights }) => weights.length > 0);
  const last = calls.slice(first).findLast(({ inputTensors: [input], outputTensors: [output] }) =>
    input?.shape.length === 4 && output.shape.length === 2 &&
    separates(output, network.outputs[0])
  );
  if (last) return last.outputTensors[0];
  // Of a network of dense layers the last is the head.
  const head = network.layers.findLast((layer) => layer.getClassName() === "Dense");
  if (head && network.outputs[0].shape.length === 2) return head.input as tf.SymbolicTensor;
  const flatten = tf.layers.flatten({ name: "flatten_features" });
  return flatten.apply(network.outputs[0]) as tf.SymbolicTensor;
}

/** Whether an output depends on pictures through these features alone, and on no more of them beside. */
function separates(features: tf.SymbolicTensor, output: tf.SymbolicTensor): boolean {
  const seen = new Set([features.id]);
  const waiting = [output];
  for (const { id, inputs } of waiting) {
    if (seen.has(id)) continue;
    if (inputs.length === 0) return false;
    seen.add(id);
    waiting.push(...inputs);
  }
  return true;
}

async function readNetwork(given: string): Promise<tf.LayersModel> {
  const found = (path: string) => Deno.stat(path).catch(() => undefined);
  const info = await found(given);
  if (!info) throw new Error(`Expected a file or folder ${given} but there is none`);
  const path = info.isDirectory ? join(given, "model.json") : given;
  if (/\.(h5|hdf5|keras)$/.test(path)) return decodeKeras(await readWhole(path), path);
  if (!path.endsWith(".json")) {
    throw new Error(`Expected a .h5 file, a .keras file or a folder but found ${path}`);
  }
  if (!await found(path) && await found(join(given, "saved_model.pb"))) {
    throw new TypeError(
      `Expected ${given} to hold layers but it is a SavedModel, which only TensorFlow computes: load it there and save it as .keras or .h5`,
    );
  }
  return await readTfjs(path);
}

/** Reads a network as tfjs saves it or its converter writes it. */
async function readTfjs(path: string): Promise<tf.LayersModel> {
  const json = parseJson(await readWhole(path), path);
  const { format, modelTopology: topology, weightsManifest: manifest } =
    (json ?? {}) as tf.io.ModelJSON;
  if (format === "graph-model") {
    throw new TypeError(
      `Expected ${path} to hold layers but it is a graph model, which cannot be cut or learn: convert the Keras file with --output_format tfjs_layers_model`,
    );
  }
  const { model_config: config = topology, keras_version: version } = (topology ?? {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(manifest)) {
    throw new SyntaxError(`Expected ${path} to list its weights but it does not`);
  }
  const weightSpecs = manifest.flatMap(({ weights }) => weights);
  const paths = manifest.flatMap(({ paths }) => paths);
  const files = await Promise.all(paths.map((name) => readWhole(join(dirname(path), name))));
  const weightData = await new Blob(files).arrayBuffer();
  const { network } = await buildNetwork(config, path, { weightSpecs, weightData, version });
  return network;
}

/** Ranges that networks are trained on, and what becomes of a pixel from 0 to 1. */
const INPUT_RANGES = [
  { name: "0 to 1", scale: 1, offset: 0 },
  { name: "0 to 255", scale: 255, offset: 0 },
  { name: "-1 to 1", scale: 2, offset: -1 },
];

type InputRange = typeof INPUT_RANGES[number];

/** What the range is found on. */
interface RangeTrial extends Pick<Splits, "train" | "classes"> {
  /** Told which range it is. */
  observer: Observer;
}

/** Training pictures on which ranges are tried. */
const MOST_PICTURES = 500;

/** Another range than from 0 to 1 must leave less than this share of what that leaves: some networks do not mind. */
const LESS = 0.97;

/**
 * Finds out in which range a network takes pixels, which its file does not say: in that from which its own
 * (first) outputs explain most of what training pictures are, be they of the same classes or of others, to a head that
 * is solved on the outputs without each picture in turn.
 *
 * What a head learns from the features says less of it: features of the wrong range may be as good.
 *
 * @param network Takes pictures of 28 × 28 in any shape.
 * @param path What to call it when telling the range.
 */
function findRange(
  network: tf.LayersModel,
  path: string,
  { train, classes, observer }: RangeTrial,
): InputRange {
  const count = Math.min(MOST_PICTURES, train.count);
  const indices = Array.from({ length: count }, (_, i) => Math.floor(i * train.count / count));
  const { images, labels } = pick(train, indices);
  const shape = [count, ...network.inputs[0].shape.slice(1) as number[]];
  const shares = INPUT_RANGES.map(({ scale, offset }) =>
    tf.tidy(() => {
      const pixels = imagesToTensor(images).mul(scale).add(offset).reshape(shape);
      // network.predict would dispose of a tensor that a layer takes twice, as attention to itself does.
      const outputs = asShares(applyLayers([network], pixels)).dataSync<"float32">();
      const { explained } = solveHead(outputs, labels, { classes: classes.length, copies: 1 });
      return explained || 0; // of outputs that are always the same
    })
  );
  const most = shares.indexOf(Math.max(...shares));
  const best = 1 - shares[most] < LESS * (1 - shares[0]) ? most : 0;
  const percent = (i: number) => `${Math.round(100 * shares[i])} %`;
  const others = [...shares.keys()].filter((i) => i !== best)
    .map((i) => `${percent(i)} from ${INPUT_RANGES[i].name}`);
  observer({
    kind: "note",
    text: `Pixels go into ${path} from ${INPUT_RANGES[best].name}: its outputs explain ` +
      `${percent(best)} of what ${count} training pictures are (${others.join(", ")})`,
  });
  return INPUT_RANGES[best];
}

/** Outputs as shares of a whole, as they are of a network that ends in a softmax; maps as they are. */
function asShares(outputs: tf.Tensor): tf.Tensor {
  if (outputs.rank > 2) return outputs;
  const [least] = outputs.min().dataSync();
  const [off] = outputs.sum(1).sub(1).abs().max().dataSync();
  return least >= 0 && off < 1e-3 ? outputs : outputs.softmax();
}
