/** What tfjs has for each layer of Keras, and Keras for each of tfjs: the same in other words, or others in its place. */

import * as tf from "@tensorflow/tfjs";

/** A layer, or a network of layers, as JSON. */
export interface LayerConfig {
  class_name: string;
  config: Record<string, unknown> & { name: string; layers?: LayerConfig[] };
  name?: string;
  /** In a functional network: which layers' outputs go in, once for each use. */
  inbound_nodes?: unknown[];
}

/** What is to be known of the file that a layer is from. */
interface LayerSource {
  /** What to call it in an error. */
  name: string;
  /** Whether Keras 3 wrote it, whose hard sigmoid is not tfjs's. */
  isKeras3: boolean;
  /** Into how many groups convolutions split their channels, by the layers' names: filled while it is read. */
  groups: Map<string, number>;
  /** @returns The error that tfjs does not have a layer. */
  refusal: (config: LayerConfig["config"], what: string) => TypeError;
}

/**
 * Words a layer, which is no network, as tfjs does. What is inside it stays as it is.
 *
 * @returns Several layers, one behind the other, where tfjs has none that does it all.
 * @throws {TypeError} If tfjs has no such layer, or not with such a setting, or computes it otherwise.
 */
export function layerFromKeras(layer: LayerConfig, source: LayerSource): LayerConfig[] {
  const { name, batch_shape, batch_input_shape = batch_shape } = layer.config;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const parts = operation(layer) ?? replacement(layer, source.isKeras3) ??
    [part(layer.class_name, layer.config)];
  return parts.map(({ class_name, config: settings }, i) => {
    const config = {
      ...settings,
      name: i === 0 ? name : `${name}_part${i + 1}`,
      ...(i === 0 && batch_input_shape !== undefined && { batch_input_shape }),
    };
    if (!Object.hasOwn(classNameMap, class_name)) throw source.refusal(config, class_name);
    return { class_name, config: readSettings({ class_name, config }, source) };
  });
}

/** A layer in Keras's words, yet without a name. */
interface Part {
  class_name: string;
  config: Record<string, unknown>;
}

function part(class_name: string, config: Record<string, unknown> = {}): Part {
  return { class_name, config };
}

/** Layers that do nothing in use, as those that change pictures while a network learns. */
const IDLE =
  /^(Identity|ActivityRegularization|SpatialDropout[23]D|RandAugment|Random(?!Crop$)\w+|AugMix|CutMix|MixUp)$/;

/** Layers with an activation of which tfjs may need several. */
const ACTIVATED = /^(Activation|Dense|(Separable|Depthwise)?Conv[123]D(Transpose)?)$/;

/** What tfjs has in place of a layer that it lacks, or lacks with some settings; undefined where it needs nothing. */
function replacement(
  { class_name: className, config }: LayerConfig,
  isKeras3: boolean,
): Part[] | undefined {
  if (IDLE.test(className)) return [part("Activation", { activation: "linear" })];
  if (ACTIVATED.test(className)) {
    const parts = activationParts(config.activation, isKeras3);
    return parts && className !== "Activation"
      ? [part(className, { ...config, activation: "linear" }), ...parts]
      : parts;
  }
  if (/^Global(Average|Max)Pooling[12]D$/.test(className) && config.keepdims) {
    const target_shape = [...Array(Number(className.at(-2))).fill(1), -1];
    return [part(className, { ...config, keepdims: false }), part("Reshape", { target_shape })];
  }
  const { negative_slope: alpha, max_value: most, threshold: theta, newshape: shape } = config;
  if (className === "ReLU" && !most && !alpha !== !theta) {
    return [alpha ? part("LeakyReLU", { alpha }) : part("ThresholdedReLU", { theta })];
  }
  if (className === "Reshape" && shape) { // the operation
    return [part("Reshape", { target_shape: (shape as number[]).slice(1) })];
  }
  return className === "Normalization" ? normalization(config) : undefined;
}

/** Activations that tfjs computes as Keras does. */
const ACTIVATIONS = `linear relu relu6 elu exponential gelu hard_silu hard_tanh log_sigmoid
  log_softmax mish selu sigmoid softmax softplus softsign swish tanh`.split(/\s+/);

/** Layers that are activations without weights. */
const ACTIVATION_LAYERS = ["ELU", "LeakyReLU", "ReLU", "Softmax"];

/** The layers that compute an activation; undefined if tfjs has it by its name. */
function activationParts(activation: unknown, isKeras3: boolean): Part[] | undefined {
  // As the name of an activation, in Keras as in TensorFlow, it is this steep.
  if (activation === "leaky_relu") return [part("LeakyReLU", { alpha: 0.2 })];
  if (activation === "hard_sigmoid" && isKeras3) {
    return [
      part("Rescaling", { scale: 1, offset: 3 }),
      part("ReLU", { max_value: 6 }),
      part("Rescaling", { scale: 1 / 6, offset: 0 }),
    ];
  }
  const layer = activation as Partial<LayerConfig> | undefined;
  return ACTIVATION_LAYERS.includes(layer?.class_name ?? "")
    ? [part(layer!.class_name!, layer!.config)]
    : undefined;
}

/** What adding, subtracting, multiplying or dividing a tensor and a number is, by which of them is first. */
const ARITHMETIC: Record<string, ((number: number) => [scale: number, offset: number])[]> = {
  Add: [(number) => [1, number], (number) => [1, number]],
  Subtract: [(number) => [1, -number], (number) => [-1, number]],
  Multiply: [(number) => [number, 0], (number) => [number, 0]],
  TrueDivide: [(number) => [1 / number, 0]],
  Divide: [(number) => [1 / number, 0]],
};

/** The layer for an operation that stands for itself in a graph, if a layer is one: all that it is told is its name. */
function operation({ class_name: className, config, inbound_nodes: nodes }: LayerConfig) {
  if (Object.keys(config).length > 1) return undefined;
  const [one, other] = (nodes?.[0] as { args?: unknown[] } | undefined)?.args ?? [];
  const isFirst = typeof one === "number";
  const number = isFirst ? one : other;
  const scaling = ARITHMETIC[className]?.[Number(isFirst)];
  if (typeof number === "number" && scaling) {
    const [scale, offset] = scaling(number);
    return [part("Rescaling", { scale, offset })];
  }
  const activation = className.replaceAll(/(?<!^)([A-Z])/g, "_$1").toLowerCase();
  return activation === "silu" || ACTIVATIONS.includes(activation)
    ? [part("Activation", { activation })]
    : undefined;
}

/** Least standard deviation that Keras divides by. */
const LEAST_DEVIATION = 1e-7;

/** Known mean and variance are a rescaling; those in the file are batch normalisation's. */
function normalization({ axis, mean, variance, invert }: LayerConfig["config"]) {
  const [[average, ...averages], [square, ...squares], axes] = [mean, variance, axis]
    .map((list) => [list ?? []].flat(Infinity) as number[]);
  if (invert || averages.length + squares.length > 0 || axes.length > 1) return undefined;
  if (average === undefined) {
    const settings = { axis: axes[0] ?? -1, center: false, scale: false };
    return [part("BatchNormalization", { ...settings, epsilon: LEAST_DEVIATION ** 2 })];
  }
  const deviation = Math.max(Math.sqrt(square), LEAST_DEVIATION);
  return [part("Rescaling", { scale: 1 / deviation, offset: -average / deviation })];
}

/** Settings of Keras that tfjs does not have, and the values with which it needs none. */
const NEUTRAL: Record<string, unknown[]> = {
  antialias: [false],
  attention_axes: [[1], null],
  crop_to_aspect_ratio: [false],
  data_format: ["channels_last", null],
  interpolation: ["nearest", "bilinear"],
  invert: [false],
  keepdims: [false],
  negative_slope: [0],
  output_padding: [null],
  output_shape: [null],
  pad_to_aspect_ratio: [false],
  renorm: [false],
  rms_scaling: [false],
  sliding_window: [null],
  threshold: [0],
  use_gate: [false],
};

/** Settings that say how a network begins, and how it learns. */
const NOT_IN_USE = /_(initializer|regularizer|constraint)$|^seed$/;

/** Layers that may convolve their channels in groups; here, all with all, and zeros in the weights. */
const GROUPED = /^Conv[123]D$/;

/** Layers whose weights begin orthogonal, which takes long: they begin as zeros, and are those of the file in the end. */
const RECURRENT = /^(SimpleRNN|LSTM|GRU|ConvLSTM2D)(Cell)?$/;

/** Largest size of a layer: a hostile file may claim any. */
const LARGEST_SIZE = 2 ** 16;

function readSettings(
  { class_name: className, config }: LayerConfig,
  { isKeras3, groups, refusal }: LayerSource,
): LayerConfig["config"] {
  const activations = isKeras3 ? ACTIVATIONS : [...ACTIVATIONS, "hard_sigmoid"];
  const settings: LayerConfig["config"] = { name: config.name };
  if (RECURRENT.test(className)) settings.recurrent_initializer = "zeros";
  for (const [key, found] of Object.entries(config)) {
    if (NOT_IN_USE.test(key)) continue;
    if (key === "groups" && GROUPED.test(className)) {
      groups.set(config.name, Number(found));
      continue;
    }
    const [setting, value] = translate(className, key, found);
    const allowed = /activation$/.test(setting) ? activations : NEUTRAL[setting];
    const isTooLarge = [value].flat().some((size) => Number(size) > LARGEST_SIZE);
    if (isTooLarge || allowed && !allowed.some((one) => `${one}` === `${value}`)) {
      throw refusal(config, `${className} with ${key} ${JSON.stringify(found)}`);
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
  if (key === "activation" && value === "hard_swish") return [key, "hard_silu"];
  return [key, value];
}

/** Layers that Keras has in other words. */
const IN_KERAS: Record<string, (config: LayerConfig["config"]) => LayerConfig> = {
  // In tfjs it has the settings of its cell besides.
  RNN: ({ cell, name, ...config }) => {
    const { config: settings } = cell as LayerConfig;
    const own = Object.entries(config).filter(([key]) => !(key in settings));
    return { class_name: "RNN", config: { name, cell, ...Object.fromEntries(own) } };
  },
  // tfjs names it anew whenever it reads it.
  StackedRNNCells: (config) => ({
    class_name: "StackedRNNCells",
    config: { ...config, name: "cells" },
  }),
  SpatialDropout1D: ({ noise_shape: _, ...config }) => ({ class_name: "SpatialDropout1D", config }),
  ThresholdedReLU: ({ theta, ...config }) => ({
    class_name: "ReLU",
    config: { ...config, threshold: theta },
  }),
};

/** What of a layer Keras 3 does not find in a file, or computes otherwise, if anything. */
function unknownToKeras(
  { class_name: className, config, inbound_nodes: nodes = [] }: LayerConfig,
  version: 2 | 3,
) {
  const hasHardSigmoid = Object.entries(config)
    .some(([key, value]) => /activation$/.test(key) && value === "hard_sigmoid");
  if (version === 3 && hasHardSigmoid) return `${className} with the hard sigmoid of Keras 2`;
  const hasAxes = Array.isArray(config.axis) && config.axis.length > 1;
  if (version === 2 && hasAxes) return `${className} with several axes`;
  const hasStates = nodes.some((inputs) => (inputs as unknown[]).length > 1);
  if (hasStates && /RNN$|LSTM|GRU|^Bidirectional$/.test(className)) {
    return `${className} with initial states`;
  }
  return className === "RandomWidth" ? className : undefined;
}

/**
 * Words a layer, which is no network, as Keras 2 does. What is inside it stays as it is.
 *
 * @param version Of the Keras whose layout the file has. Keras 3 reads both.
 * @throws {TypeError} If Keras 3 has no such layer, or does not find it in such a file, or computes it otherwise.
 */
export function layerToKeras(layer: LayerConfig, version: 2 | 3): LayerConfig {
  const { class_name: className, config } = layer;
  const unknown = unknownToKeras(layer, version);
  if (unknown) {
    throw new TypeError(
      `Expected layers that Keras reads from .${
        version === 2 ? "h5" : "keras"
      } but found ${config.name}, a ${unknown}`,
    );
  }
  const kept = Object.entries(config).filter(([key]) =>
    !/^trainable$|^implementation$|_initializer$/.test(key) &&
    (key !== "batch_input_shape" || className === "InputLayer")
  );
  const settings = Object.fromEntries(kept) as LayerConfig["config"];
  return IN_KERAS[className]?.(settings) ?? { class_name: className, config: settings };
}
