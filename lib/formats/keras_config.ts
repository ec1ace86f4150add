/** Architectures as Keras writes them, and as tfjs does: both descend from Keras 2's JSON. */

import * as tf from "@tensorflow/tfjs";
import { networkFromData } from "../model/network.ts";
import { type LayerConfig, layerFromKeras, layerToKeras } from "./keras_layers.ts";

/** What is to be known of the file that a network is from. */
type NetworkSource = Parameters<typeof layerFromKeras>[1];

/** Settings that are layers themselves, or lists of them. */
const INNER = ["layer", "backward_layer", "cell", "cells"];

/** Does something with each layer that is in a layer. */
function mapInner(config: LayerConfig["config"], map: (inner: LayerConfig) => unknown): void {
  for (const key of INNER) {
    const inner = config[key] as LayerConfig | LayerConfig[] | undefined;
    if (inner) config[key] = Array.isArray(inner) ? inner.map(map) : map(inner);
  }
}

/** Networks of layers; in them, a Sequential is a chain and the others are graphs. */
const NETWORKS = ["Sequential", "Functional", "Model"];

/**
 * Describes a network as Keras 2 or 3 does: a chain starts with its input, and how weights were
 * initialised and which are frozen is left out, as the weights themselves are there.
 *
 * @throws {TypeError} If a layer is none that Keras 3 reads and computes as tfjs does.
 */
export function toKeras(network: tf.LayersModel, version: 2 | 3): unknown {
  const described = toKeras2(network.toJSON(null, false) as unknown as LayerConfig, version);
  return version === 2 ? described : toKeras3(described);
}

function toKeras2(layer: LayerConfig, version: 2 | 3): LayerConfig {
  const { class_name: className, config, ...place } = layer;
  if (!NETWORKS.includes(className)) {
    const described = layerToKeras(layer, version);
    // Keras 3 finds a layer in a layer by its module only.
    mapInner(described.config, (inner) => toKeras3(toKeras2(inner, version)));
    return { ...described, ...place };
  }
  const { trainable: _, ...kept } = config;
  const layers = config.layers!.map((layer) => toKeras2(layer, version));
  const networks = networksAmong(layers);
  const rename = (ends: unknown) => (ends as Reference[]).map((end) => renumber(end, networks, -1));
  for (const layer of layers) {
    const nodes = layer.inbound_nodes?.map(rename);
    const isAttention = layer.class_name === "MultiHeadAttention";
    if (nodes) layer.inbound_nodes = isAttention ? nodes.map(asArguments) : nodes;
  }
  for (const ends of ["input_layers", "output_layers"]) {
    if (!(ends in kept)) continue;
    const references = rename(kept[ends]);
    // A list of one tensor would make Keras 3 return a list.
    kept[ends] = references.length === 1 ? references[0] : references;
  }
  if (className === "Sequential" && layers[0].class_name !== "InputLayer") {
    layers.unshift({
      class_name: "InputLayer",
      config: {
        batch_input_shape: inputShapeOf(config.layers![0]),
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

/** Inputs one by one, as Keras's attention takes them, and not as one list. */
function asArguments(inputs: Reference[]): Keras3Node {
  const args = inputs.map(([layer, use, output]) => ({
    class_name: "__keras_tensor__",
    config: { shape: [], dtype: "float32", keras_history: [layer, use, output] },
  }));
  return { args, kwargs: {} };
}

/** Names of the networks among layers. */
function networksAmong(layers: LayerConfig[]): string[] {
  return layers.flatMap((layer) => NETWORKS.includes(layer.class_name) ? [layer.config.name] : []);
}

/** Keras 3 counts the uses of a network in a graph from 0, tfjs from 1: 0 is where it was made. */
function renumber([layer, use, ...rest]: Reference, networks: string[], step: 1 | -1): Reference {
  return [layer, networks.includes(layer) ? use + step : use, ...rest];
}

/** The input's shape of a layer; of a network, it is that of its first layer. */
function inputShapeOf({ config }: LayerConfig): unknown {
  return config.layers ? inputShapeOf(config.layers[0]) : config.batch_input_shape;
}

/** Keras 3 says of every class where it is from. */
function toKeras3(
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

/** Makes of an architecture one that tfjs reads. */
function fromKeras(given: unknown, source: NetworkSource): LayerConfig {
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
    return readLayer(network as LayerConfig, source)[0];
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

/** @returns The layer in tfjs's words: several, one behind the other, where tfjs has none that does it all. */
function readLayer(layer: LayerConfig, source: NetworkSource): LayerConfig[] {
  const { class_name: className, config, inbound_nodes: nodes } = layer;
  const layerName = config?.name;
  if (typeof className !== "string" || typeof layerName !== "string") {
    throw new SyntaxError(
      `Expected ${source.name} to give every layer a class and a name but it does not`,
    );
  }
  const place = nodes && { name: layerName, inbound_nodes: nodes };
  if (NETWORKS.includes(className)) {
    const chains = config.layers!.map((inner) => readLayer(inner, source));
    const graph = className === "Sequential" ? {} : readGraph(config, chains, source);
    const layers = chains.flat();
    return [{ class_name: className, config: { name: layerName, layers, ...graph }, ...place }];
  }
  const [first, ...others] = layerFromKeras(layer, source);
  mapInner(first.config, (inner) => {
    const [part, ...more] = readLayer(inner, source);
    if (more.length > 0) throw source.refusal(config, className);
    return part;
  });
  return [{ ...first, ...place }, ...others];
}

/** Words the connections between the layers of a graph as tfjs does. */
function readGraph(
  { input_layers: inputs, output_layers: outputs }: LayerConfig["config"],
  chains: LayerConfig[][],
  source: NetworkSource,
) {
  const layers = chains.map(([layer]) => layer);
  const nodes = layers.map((layer) =>
    (layer.inbound_nodes ?? []).map((node) => inputsOf(node, layer, source))
  );
  const [ins, outs] = [inputs, outputs].map((ends) =>
    (typeof (ends as Reference)[0] === "string" ? [ends] : ends) as Reference[]
  );
  const networks = networksAmong(layers);
  const fromZero = [...nodes.flat(2), ...ins, ...outs]
    .some(([layer, use]) => networks.includes(layer) && use === 0);
  const last = new Map(chains.map((chain) => [chain[0].config.name, chain.at(-1)!.config.name]));
  const read = ([layer, ...rest]: Reference) => {
    const reference: Reference = [last.get(layer) ?? layer, ...rest];
    return fromZero ? renumber(reference, networks, 1) : reference;
  };
  chains.forEach(([layer, ...parts], i) => {
    layer.inbound_nodes = nodes[i].map((node) => node.map(read));
    let { name: before } = layer.config;
    for (const part of parts) {
      const name = before;
      part.inbound_nodes = nodes[i].map((_, use): Reference[] => [[name, use, 0, {}]]);
      before = part.name = part.config.name;
    }
  });
  return { input_layers: ins.map(read), output_layers: outs.map(read) };
}

/** How Keras 3 writes a call of a layer: arguments are tensors, lists of tensors, numbers or null. */
interface Keras3Node {
  args: unknown[];
  kwargs?: Record<string, unknown>;
}

/** Arguments by name that are tensors, in the order in which tfjs's layers take them. */
const NAMED_INPUTS = ["inputs", "query", "value", "key"];

/** What goes into a layer by a call of it. */
function inputsOf(node: unknown, { class_name, config }: LayerConfig, { refusal }: NetworkSource) {
  const { args, kwargs = {} } = Array.isArray(node)
    ? { args: node, kwargs: node[0]?.[3] as Keras3Node["kwargs"] }
    : { ...node as Keras3Node, args: (node as Keras3Node).args.flat() };
  const positional = args.flatMap((arg) => {
    const reference = referenceOf(arg);
    // The number of an addition or multiplication is in its settings by now.
    if (reference || arg === null || class_name === "Rescaling") {
      return reference ? [reference] : [];
    }
    throw refusal(config, `${class_name} of ${JSON.stringify(arg)}`);
  });
  const unknown = Object.keys(kwargs)
    .find((name) => referenceOf(kwargs[name]) && !NAMED_INPUTS.includes(name));
  if (unknown) throw refusal(config, `${class_name} with ${unknown}`);
  const named = NAMED_INPUTS.map((name) => referenceOf(kwargs[name]));
  return [...positional, ...named.filter((reference) => reference !== undefined)];
}

/** Where a tensor is from, as Keras 2 or 3 writes it; undefined if it is none. */
function referenceOf(value: unknown): Reference | undefined {
  const history = Array.isArray(value)
    ? value as Reference
    : (value as { config?: { keras_history?: Reference } } | null)?.config?.keras_history;
  if (typeof history?.[0] !== "string" || typeof history[1] !== "number") return undefined;
  const [layer, use, output] = history;
  return [layer, use, output, {}];
}

/**
 * Builds a network from its architecture, as Keras 2, Keras 3 or tfjs writes it.
 *
 * @param name What to call its file in an error.
 * @param options Version of the Keras that wrote it, and its weights if they are as tfjs has them.
 * @returns Besides, into how many groups convolutions split their channels in the file, by the layers' names: here,
 *   they convolve all with all.
 * @throws {SyntaxError} If it is no Sequential or functional network, or its layers do not fit together.
 * @throws {TypeError} If it has a layer, or a layer has a setting, that tfjs does not have.
 */
export async function buildNetwork(
  config: unknown,
  name: string,
  { version, ...weights }: Pick<tf.io.ModelArtifacts, "weightSpecs" | "weightData"> & {
    version?: unknown;
  },
): Promise<{ network: tf.LayersModel; groups: Map<string, number> }> {
  const isKeras3 = typeof version === "string" && Number.parseInt(version) >= 3;
  const groups = new Map<string, number>();
  const refusal: NetworkSource["refusal"] = ({ name: layer }, what) =>
    new TypeError(`Expected ${name} to have layers that tfjs has but found ${layer}, a ${what}`);
  const modelTopology = fromKeras(config, { name, isKeras3, groups, refusal });
  const network = await networkFromData({ modelTopology, ...weights }, name);
  sizeReshapes(network);
  return { network, groups };
}

/** Says in numbers what shapes layers make: of -1, Keras does not always find out when it reads a network again. */
function sizeReshapes({ layers }: tf.LayersModel): void {
  for (const layer of layers) {
    if (layer instanceof tf.LayersModel) sizeReshapes(layer);
    if (layer.getClassName() !== "Reshape") continue;
    Object.assign(layer, { targetShape: (layer.outputShape as tf.Shape).slice(1) });
  }
}
