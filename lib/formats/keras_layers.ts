/** The layers of Keras, and what tfjs has for them. */

import * as tf from "@tensorflow/tfjs";

/** A layer, or a network of layers, as JSON. */
export interface LayerConfig {
  class_name: string;
  config: Record<string, unknown> & { name: string; layers?: LayerConfig[] };
  name?: string;
  /** In a functional network: which layers' outputs go in, once for each use. */
  inbound_nodes?: unknown[];
}

/** A file that describes layers. */
export interface LayerSource {
  /** What to call it in an error. */
  name: string;
  /** Whether Keras 3 wrote it, whose hard sigmoid is not tfjs's. */
  isKeras3: boolean;
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
export function translateLayer(layer: LayerConfig, source: LayerSource): LayerConfig {
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
export function splitActivation(layer: LayerConfig): LayerConfig[] {
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
