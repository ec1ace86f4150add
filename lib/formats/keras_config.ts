/** Architectures as Keras writes them, and as tfjs does: both descend from Keras 2's JSON. Layers, and what tfjs has for them. */

import * as tf from "@tensorflow/tfjs";
import { networkFromData } from "../model/network.ts";

/** A layer, or a network of layers, as JSON. */
export interface LayerConfig {
  class_name: string;
  config: Record<string, unknown> & { name: string; layers?: LayerConfig[] };
  name?: string;
  /** In a functional network: which layers' outputs go in, once for each use. */
  inbound_nodes?: unknown[];
}

/** A file that describes layers. */
interface LayerSource {
  /** What to call it in an error. */
  name: string;
  /** Whether Keras 3 wrote it, whose hard sigmoid is not tfjs's. */
  isKeras3: boolean;
}

/** Settings that are layers themselves. */
const INNER = ["layer", "backward_layer"];

/** Networks of layers; in them, a Sequential is a chain and the others are graphs. */
const NETWORKS = ["Sequential", "Functional", "Model"];

/**
 * Describes a network as Keras 2 or 3 does: a chain starts with its input, and how weights were
 * initialised and which are frozen is left out, as the weights themselves are there.
 */
export function toKeras(network: tf.LayersModel, version: 2 | 3): unknown {
  const described = toKeras2(network.toJSON(null, false) as unknown as LayerConfig);
  return version === 2 ? described : toKeras3(described);
}

function toKeras2({ class_name: className, config, ...place }: LayerConfig): LayerConfig {
  const kept = Object.fromEntries(
    Object.entries(config).filter(([key]) =>
      !/^trainable$|^implementation$|_initializer$/.test(key)
    ),
  ) as LayerConfig["config"];
  if (!NETWORKS.includes(className)) {
    for (const key of INNER) {
      // Keras 3 finds a layer in a layer by its module only.
      if (key in kept) {
        kept[key] = { module: "keras.layers", ...toKeras2(kept[key] as LayerConfig) };
      }
    }
    return { class_name: className, config: kept, ...place };
  }
  const layers = config.layers!.map(toKeras2);
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
  { version, ...weights }: Pick<tf.io.ModelArtifacts, "weightSpecs" | "weightData"> & {
    version?: unknown;
  },
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

/** Activations that tfjs computes as Keras does. */
const ACTIVATIONS = [
  "linear",
  "relu",
  "relu6",
  "elu",
  "gelu",
  "log_softmax",
  "mish",
  "selu",
  "sigmoid",
  "softmax",
  "softplus",
  "softsign",
  "swish",
  "tanh",
];

/** Settings of Keras that tfjs does not have, and the values with which it needs none. */
const NEUTRAL: Record<string, unknown[]> = {
  data_format: ["channels_last", null],
  groups: [1],
  interpolation: ["nearest"],
  invert: [false],
  keepdims: [false],
  negative_slope: [0],
  renorm: [false],
  threshold: [0],
};

/** Largest size of a layer: a hostile file may claim any. */
const LARGEST_SIZE = 2 ** 16;

/** Layers that do nothing in use, as those that change pictures while a network learns. */
const IDENTITIES = /^(Identity|ActivityRegularization|SpatialDropout2D|Random[A-Z]\w*)$/;

/**
 * Words a layer, which is no network, as tfjs does; another stands in for some that it lacks.
 *
 * @throws {TypeError} If tfjs has no such layer, or not with such a setting, or computes it otherwise.
 */
function translateLayer(layer: LayerConfig, source: LayerSource): LayerConfig {
  const { class_name: className, config } = layer;
  const stand = standIn(layer);
  if (stand) {
    const { batch_input_shape: shape = config.batch_shape } = config;
    const input = shape !== undefined && { batch_input_shape: shape };
    return { ...stand, config: { name: config.name, ...stand.config, ...input } };
  }
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  if (!Object.hasOwn(classNameMap, className) || MISCOMPUTED.includes(className)) {
    throw new TypeError(
      `Expected ${source.name} to have layers that tfjs has but found ${config.name}, a ${className}`,
    );
  }
  return { class_name: className, config: readSettings(layer, source) };
}

/** Layers whose numbers are others in tfjs than in Keras. */
const MISCOMPUTED = ["Resizing"];

/** What tfjs has in place of a layer that it lacks; undefined where it needs nothing. */
function standIn({ class_name: className, config }: LayerConfig) {
  if (IDENTITIES.test(className)) {
    return { class_name: "Activation", config: { activation: "linear" } };
  }
  if (className === "Activation" && config.activation === "leaky_relu") return LEAKY_RELU;
  if (className === "ReLU" && config.negative_slope && !config.max_value && !config.threshold) {
    return { class_name: "LeakyReLU", config: { alpha: config.negative_slope } };
  }
  return className === "Normalization" ? normalization(config) : undefined;
}

/** What `leaky_relu` is as the name of an activation, in Keras as in TensorFlow. */
const LEAKY_RELU = { class_name: "LeakyReLU", config: { alpha: 0.2 } };

/** Least standard deviation that Keras divides by. */
const LEAST_DEVIATION = 1e-7;

/** Known mean and variance are a rescaling; those in the file are batch normalisation's. */
function normalization({ axis, mean, variance, invert }: LayerConfig["config"]) {
  const [[average, ...averages], [square, ...squares], axes] = [mean, variance, axis]
    .map((list) => [list ?? []].flat(Infinity) as number[]);
  if (invert || averages.length + squares.length > 0 || axes.length > 1) return undefined;
  if (average === undefined) {
    const settings = { axis: axes[0] ?? -1, center: false, scale: false };
    const epsilon = LEAST_DEVIATION ** 2;
    return { class_name: "BatchNormalization", config: { ...settings, epsilon } };
  }
  const deviation = Math.max(Math.sqrt(square), LEAST_DEVIATION);
  const scaling = { scale: 1 / deviation, offset: -average / deviation };
  return { class_name: "Rescaling", config: scaling };
}

/** Layers behind which their activation can be a layer of its own. */
const SPLITTABLE = /^(Dense|(Separable|Depthwise)?Conv[123]D(Transpose)?)$/;

/** @returns A layer, and behind it the activation that tfjs has as a layer only, if it has such a one. */
function splitActivation(layer: LayerConfig): LayerConfig[] {
  const { class_name: className, config } = layer;
  if (!SPLITTABLE.test(className)) return [layer];
  const { activation } = config;
  const known = activation === "leaky_relu" ? LEAKY_RELU : activation as Partial<LayerConfig>;
  if (typeof known !== "object" || !ACTIVATION_LAYERS.includes(known?.class_name ?? "")) {
    return [layer];
  }
  const settings = { ...known.config, name: `${config.name}_activation` };
  return [
    { ...layer, config: { ...config, activation: "linear" } },
    { class_name: known.class_name!, config: settings },
  ];
}

/** Layers that are activations without weights. */
const ACTIVATION_LAYERS = ["ELU", "LeakyReLU", "ReLU", "Softmax"];

function readSettings(
  { class_name: className, config }: LayerConfig,
  { name, isKeras3 }: LayerSource,
): LayerConfig["config"] {
  const activations = isKeras3 ? ACTIVATIONS : [...ACTIVATIONS, "hard_sigmoid"];
  const settings: LayerConfig["config"] = { name: config.name };
  for (const [key, found] of Object.entries(config)) {
    if (/_(initializer|regularizer|constraint)$/.test(key) || key === "seed") continue;
    const [setting, value] = translate(className, key, found);
    const allowed = /activation$/.test(setting) ? activations : NEUTRAL[setting];
    const isTooLarge = [value].flat().some((size) => Number(size) > LARGEST_SIZE);
    if (isTooLarge || allowed && !allowed.includes(value)) {
      throw new TypeError(
        `Expected ${name} to have layers that tfjs has but found ${config.name}, a ${className} with ${key} ${
          JSON.stringify(found)
        }`,
      );
    }
    settings[setting] = value;
  }
  return settings;
}

/** What tfjs calls a setting and its value. */
function translate(className: string, key: string, value: unknown): [key: string, value: unknown] {
  if (key === "batch_shape") return ["batch_input_shape", value];
  if (key === "dtype" && typeof value === "object") return [key, "float32"];
  if (key === "axis" && className === "BatchNormalization") return [key, [value].flat()[0]];
  if (key === "negative_slope" && className === "LeakyReLU") return ["alpha", value];
  if (key === "activation" && value === "silu") return [key, "swish"];
  return [key, value];
}
