/** Architectures as Keras writes them, and as tfjs does: both descend from Keras 2's JSON. */

import * as tf from "@tensorflow/tfjs";
import { type NetworkData, networkFromData } from "../model/network.ts";
import {
  type LayerConfig,
  type LayerSource,
  splitActivation,
  translateLayer,
} from "./keras_layers.ts";

/** Settings that are layers themselves. */
const INNER = ["layer", "backward_layer"];

/** Networks of layers; in them, a Sequential is a chain and the others are graphs. */
const NETWORKS = ["Sequential", "Functional", "Model"];

/**
 * Describes a network as Keras 2 does: a chain starts with its input, and how weights were
 * initialised and which are frozen is left out, as the weights themselves are there.
 */
export function toKeras2(network: tf.LayersModel): LayerConfig {
  return describe(network.toJSON(null, false) as unknown as LayerConfig);
}

function describe({ class_name: className, config, ...place }: LayerConfig): LayerConfig {
  const kept = Object.fromEntries(
    Object.entries(config).filter(([key]) =>
      !/^trainable$|^implementation$|_initializer$/.test(key)
    ),
  ) as LayerConfig["config"];
  if (!NETWORKS.includes(className)) {
    for (const key of INNER) {
      // Keras 3 finds a layer in a layer by its module only.
      if (key in kept) {
        kept[key] = { module: "keras.layers", ...describe(kept[key] as LayerConfig) };
      }
    }
    return { class_name: className, config: kept, ...place };
  }
  const layers = config.layers!.map(describe);
  const networks = networksAmong(layers);
  const rename = (ends: unknown) => (ends as Reference[]).map((end) => renumber(end, networks, -1));
  for (const layer of layers) {
    if (layer.inbound_nodes) layer.inbound_nodes = layer.inbound_nodes.map(rename);
  }
  for (const ends of ["input_layers", "output_layers"]) {
    if (!(ends in kept)) continue;
    const references = rename(kept[ends]);
    // A list of one tensor would make Keras 3 return a list.
    kept[ends] = references.length === 1 ? references[0] : references;
  }
  if (className === "Sequential" && layers[0].class_name !== "InputLayer") {
    const shape = takeInputShape(layers[0]);
    layers.unshift({
      class_name: "InputLayer",
      config: {
        batch_input_shape: shape,
        dtype: "float32",
        sparse: false,
        name: `${layers[0].config.name}_input`,
      },
    });
  }
  return {
    class_name: className === "Model" ? "Functional" : className,
    config: { ...kept, layers },
    ...place,
  };
}

/** Where a tensor of a graph is from: the layer, which use of it, which of its outputs, settings. */
type Reference = [layer: string, use: number, output: number, settings?: unknown];

/** Names of the networks among layers. */
function networksAmong(layers: LayerConfig[]): string[] {
  return layers.flatMap((layer) => NETWORKS.includes(layer.class_name) ? [layer.config.name] : []);
}

/** Keras 3 counts the uses of a network in a graph from 0, tfjs from 1: 0 is where it was made. */
function renumber([layer, use, ...rest]: Reference, networks: string[], step: 1 | -1): Reference {
  return [layer, networks.includes(layer) ? use + step : use, ...rest];
}

/** Removes the input's shape from a layer and returns it; of a network, it is that of its first layer. */
function takeInputShape({ config }: LayerConfig): unknown {
  if (config.layers) return config.layers[0].config.batch_input_shape;
  const { batch_input_shape: shape } = config;
  delete config.batch_input_shape;
  return shape;
}

/** Describes as Keras 3 does, which says of every class where it is from, what {@linkcode toKeras2} describes. */
export function toKeras3(
  { class_name: className, config, ...place }: LayerConfig,
): Record<string, unknown> {
  const { batch_input_shape: shape, layers, ...others } = config;
  const module = {
    Sequential: "keras",
    Functional: "keras.src.models.functional",
  }[className] ?? "keras.layers";
  return {
    module,
    class_name: className,
    config: {
      ...others,
      ...(shape !== undefined && { batch_shape: shape }),
      ...(layers && { layers: layers.map(toKeras3) }),
    },
    registered_name: null,
    ...(place.inbound_nodes && { name: config.name }),
    ...place,
  };
}

/** Describes a network as tfjs does, with a prefix before the names of all layers. */
export function renameLayers(network: tf.LayersModel, prefix: string): LayerConfig {
  return rename(network.toJSON(null, false) as unknown as LayerConfig, prefix);
}

function rename({ config, ...network }: LayerConfig, prefix: string): LayerConfig {
  const renameAll = (references: unknown) =>
    (references as Reference[]).map(([layer, ...rest]) => [prefix + layer, ...rest]);
  const layers = config.layers!.map((layer): LayerConfig => {
    const inner = layer.config.layers ? rename(layer, prefix) : layer;
    const name = prefix + layer.config.name;
    return {
      ...inner,
      config: { ...inner.config, name },
      ...(layer.inbound_nodes && { name, inbound_nodes: layer.inbound_nodes.map(renameAll) }),
    };
  });
  const ends = Object.entries(config).filter(([key]) => /^(in|out)put_layers$/.test(key))
    .map(([key, references]) => [key, renameAll(references)]);
  return { ...network, config: { ...config, layers, ...Object.fromEntries(ends) } };
}

/** @returns JSON that an architecture is written in, as a value. */
export function parseConfig(text: unknown, name: string): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    throw new SyntaxError(
      `Expected ${name} to describe a network as JSON but ${text ? "it is none" : "there is none"}`,
    );
  }
}

/** Makes of an architecture one that tfjs reads. */
function fromKeras(given: unknown, source: LayerSource): LayerConfig {
  const { name } = source;
  const network = withName(given);
  const { class_name: className, config } = (network ?? {}) as LayerConfig;
  if (!NETWORKS.includes(className) || !Array.isArray(config?.layers)) {
    throw new SyntaxError(
      `Expected ${name} to describe a Sequential or functional network but found ${
        className ?? "none"
      }`,
    );
  }
  try {
    return readLayer(network as LayerConfig, source);
  } catch (error) {
    if ((error as Error).message.startsWith(`Expected ${name}`)) throw error;
    throw new SyntaxError(`Expected ${name} to connect layers as Keras does but it does not`);
  }
}

/** A network of Keras up to 2.2, whose Sequential is a list of layers without a name, as later ones write it. */
function withName(network: unknown): unknown {
  const { class_name: className, config } = (network ?? {}) as LayerConfig;
  return className === "Sequential" && Array.isArray(config)
    ? { class_name: className, config: { name: "sequential", layers: config } }
    : network;
}

function readLayer(layer: LayerConfig, source: LayerSource): LayerConfig {
  const { class_name: className, config, inbound_nodes: nodes } = layer;
  const layerName = config?.name;
  if (typeof className !== "string" || typeof layerName !== "string") {
    throw new SyntaxError(
      `Expected ${source.name} to give every layer a class and a name but it does not`,
    );
  }
  const place = nodes && { name: layerName, inbound_nodes: nodes };
  if (NETWORKS.includes(className)) {
    const pairs = config.layers!.map(splitActivation)
      .map((pair) => pair.map((inner) => readLayer(inner, source)));
    const graph = className === "Sequential" ? {} : readGraph(config, pairs);
    const layers = pairs.flat();
    return { class_name: className, config: { name: layerName, layers, ...graph }, ...place };
  }
  const translated = translateLayer(layer, source);
  for (const key of INNER) {
    const inner = translated.config[key];
    if (inner) translated.config[key] = readLayer(inner as LayerConfig, source);
  }
  return { ...translated, ...place };
}

/** Words the connections between the layers of a graph as tfjs does. */
function readGraph(
  { input_layers: inputs, output_layers: outputs }: LayerConfig["config"],
  pairs: LayerConfig[][],
) {
  const layers = pairs.map(([layer]) => layer);
  const nodes = layers.map(({ inbound_nodes: nodes = [] }) =>
    nodes.map((node) =>
      Array.isArray(node)
        ? node as Reference[]
        : (node as Keras3Node).args.flat().map(({ config }): Reference => [
          ...config.keras_history,
          {},
        ])
    )
  );
  const [ins, outs] = [inputs, outputs].map((ends) =>
    (typeof (ends as Reference)[0] === "string" ? [ends] : ends) as Reference[]
  );
  const networks = networksAmong(layers);
  const fromZero = [...nodes.flat(2), ...ins, ...outs]
    .some(([layer, use]) => networks.includes(layer) && use === 0);
  const last = new Map(pairs.map((pair) => [pair[0].config.name, pair.at(-1)!.config.name]));
  const read = ([layer, ...rest]: Reference) => {
    const reference: Reference = [last.get(layer) ?? layer, ...rest];
    return fromZero ? renumber(reference, networks, 1) : reference;
  };
  pairs.forEach(([layer, activation], i) => {
    layer.inbound_nodes = nodes[i].map((node) => node.map(read));
    if (!activation) return;
    const { name } = layer.config;
    activation.inbound_nodes = nodes[i].map((_, use): Reference[] => [[name, use, 0, {}]]);
    activation.name = activation.config.name;
  });
  return { input_layers: ins.map(read), output_layers: outs.map(read) };
}

/** How Keras 3 writes a call of a layer: positional arguments, tensors or lists of tensors. */
interface Keras3Node {
  args: { config: { keras_history: [string, number, number] } }[];
}

/**
 * Builds a network from its architecture, as Keras 2, Keras 3 or tfjs writes it.
 *
 * @param name What to call its file in an error.
 * @param options Weights, if they are given; else they are yet to be assigned. Version of the Keras that wrote it.
 * @throws {SyntaxError} If it is no Sequential or functional network, or its layers do not fit together.
 * @throws {TypeError} If it has a layer, or a layer has a setting, that tfjs does not have.
 */
export async function buildNetwork(
  config: unknown,
  name: string,
  { version, ...weights }: Pick<NetworkData, "weightSpecs" | "weightData"> & { version?: unknown },
): Promise<tf.LayersModel> {
  const isKeras3 = typeof version === "string" && Number.parseInt(version) >= 3;
  const modelTopology = fromKeras(config, { name, isKeras3 });
  try {
    return await networkFromData({ modelTopology, ...weights });
  } catch (error) {
    const [reason] = (error as Error).message.split(/\. |\n/);
    throw new SyntaxError(`Expected ${name} to describe a network but tfjs says: ${reason}`);
  }
}

/**
 * Gives weights the numbers from a file.
 *
 * @param layer Name of their layer, for an error.
 * @param name Name of the file, for an error.
 * @throws {SyntaxError} If the file has others than the layer needs.
 */
export function assignWeights(
  weights: tf.layers.Layer["weights"],
  arrays: { shape: number[]; values: Float32Array }[],
  layer: string,
  name: string,
): void {
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
