/** Networks as ONNX (https://onnx.ai): what ONNX Runtime and much else runs. */

import * as tf from "@tensorflow/tfjs";
import { networkFromData } from "../model/network.ts";
import { OnnxGraph } from "./onnx_graph.ts";

/** A tensor in the graph. */
type Value = ReturnType<OnnxGraph["add"]>;

/**
 * Writes a network as ONNX, with its input and output shaped as tfjs has them, for any number of
 * pictures. Weights that are stored in fewer bits stay so.
 *
 * @param card What the network is, as plain JSON: `card` in the model's metadata.
 * @returns The file; the same network and card give the same bytes.
 * @throws {TypeError} If a layer has no translation.
 */
export async function encodeOnnx(data: tf.io.ModelArtifacts, card: unknown): Promise<Uint8Array> {
  const network = await networkFromData(data);
  try {
    const { inputs: [{ shape: inputShape }], outputs: [{ shape: outputShape }] } = network;
    const graph = new OnnxGraph(data);
    const pixels = { name: "pixels", shape: inputShape, channelsFirst: false };
    const result = graph.channelsLast(computeNetwork(graph, network, [pixels]));
    const probabilities = { ...graph.add("Identity", "probabilities", result), shape: outputShape };
    return graph.encode(network.name, pixels, probabilities, card);
  } finally {
    network.dispose();
  }
}

/** Adds to a graph all that a network computes, from its output back to its inputs. */
function computeNetwork(graph: OnnxGraph, network: tf.LayersModel, inputs: Value[]): Value {
  const values = new Map(network.inputs.map(({ id }, i) => [id, inputs[i]]));
  const compute = ({ id, inputs, sourceLayer: layer, shape }: tf.SymbolicTensor): Value => {
    let value = values.get(id);
    if (!value) {
      const sources = inputs.map(compute);
      if (layer instanceof tf.LayersModel) value = computeNetwork(graph, layer, sources);
      else {
        const { name, weights } = layer;
        const translate = TRANSLATIONS[layer.getClassName()];
        if (!translate) throw untranslated(`${name}, a ${layer.getClassName()}`);
        const settings = layer.getConfig();
        value = { ...translate({ graph, name, weights, settings, inputs: sources }), shape };
      }
      values.set(id, value);
    }
    return value;
  };
  return compute(network.outputs[0]);
}

function untranslated(what: string): TypeError {
  return new TypeError(`Expected layers that ONNX has a translation of but found ${what}`);
}

/** A layer, as it is in use, and where it is to be added. */
interface Call {
  graph: OnnxGraph;
  name: string;
  weights: tf.layers.Layer["weights"];
  // deno-lint-ignore no-explicit-any
  settings: Record<string, any>;
  inputs: Value[];
}

/** Adds a layer. @returns What it computes; its shape is not to be relied on. */
type Translation = (call: Call) => Value;

const identity: Translation = ({ inputs: [input] }) => input;

const TRANSLATIONS: Record<string, Translation> = {
  InputLayer: identity,
  Dropout: identity,
  Conv2D: (call) => convolve(call, [3, 2, 0, 1]),
  DepthwiseConv2D: (call) => convolve(call, [2, 3, 0, 1]),
  MaxPooling2D: (call) => pool(call, "MaxPool"),
  AveragePooling2D: (call) => pool(call, "AveragePool", { count_include_pad: 0 }),
  GlobalAveragePooling2D: (call) => poolAll(call, "GlobalAveragePool"),
  GlobalMaxPooling2D: (call) => poolAll(call, "GlobalMaxPool"),
  BatchNormalization: ({ graph, name, inputs: [input], ...layer }) => {
    const { epsilon, scale, center } = layer.settings;
    const weights = layer.weights.map((weight) => graph.weight(weight));
    const [mean, variance] = weights.slice(-2);
    const channels = input.shape.at(-1)!;
    const filled = (what: string, value: number) =>
      graph.constant(`${name}/${what}`, new Float32Array(channels).fill(value));
    const gamma = scale ? weights[0] : filled("gamma", 1);
    const beta = center ? weights.at(-3)! : filled("beta", 0);
    const statistics = [gamma, beta, mean, variance];
    return graph.add("BatchNormalization", name, graph.channelsFirst(input), statistics, {
      epsilon,
    });
  },
  Activation: (call) => activate(call, call.inputs[0]),
  ReLU: (call) => {
    const { graph, name, settings: { maxValue }, inputs: [input] } = call;
    const positive = graph.add("Relu", name, input);
    return maxValue === undefined || maxValue === null
      ? positive
      : graph.add("Min", name, positive, [number(call, "most", maxValue)]);
  },
  LeakyReLU: ({ graph, name, settings: { alpha }, inputs: [input] }) =>
    graph.add("LeakyRelu", name, input, [], { alpha }),
  Softmax: (call) => activate(call, call.inputs[0], "softmax"),
  Rescaling: (call) => {
    const { graph, name, settings: { scale, offset }, inputs: [input] } = call;
    const scaled = graph.add("Mul", name, input, [number(call, "scale", scale)]);
    return graph.add("Add", name, scaled, [number(call, "offset", offset)]);
  },
  ZeroPadding2D: ({ graph, name, settings, inputs: [input] }) => {
    const [[top, bottom], [left, right]] = settings.padding;
    const sizes = BigInt64Array.from([0, top, left, 0, 0, bottom, right, 0], BigInt);
    const pads = graph.constant(`${name}/pads`, sizes);
    return graph.add("Pad", name, graph.channelsLast(input), [pads]);
  },
  Flatten: ({ graph, name, inputs: [input] }) =>
    graph.add("Flatten", name, graph.channelsLast(input), [], { axis: 1 }),
  Reshape: ({ graph, name, settings: { targetShape }, inputs: [input] }) => {
    const shape = graph.constant(`${name}/shape`, BigInt64Array.from([0, ...targetShape], BigInt));
    return {
      ...graph.add("Reshape", name, graph.channelsLast(input), [shape]),
      channelsFirst: false,
    };
  },
  Dense: (call) => {
    const { graph, name, inputs: [input] } = call;
    const [kernel, bias] = call.weights.map((weight) => graph.weight(weight));
    const product = graph.add("MatMul", name, graph.channelsLast(input), [kernel]);
    return activate(call, bias ? graph.add("Add", name, product, [bias]) : product);
  },
  Add: (call) => combine(call, "Add"),
  Multiply: (call) => combine(call, "Mul"),
  Maximum: (call) => combine(call, "Max"),
  Concatenate: ({ graph, name, settings: { axis }, inputs }) => {
    const [first, ...others] = inputs.map((input) => graph.channelsLast(input));
    return graph.add("Concat", name, first, others.map(({ name }) => name), { axis });
  },
};

/** Adds one number of a layer. @returns Its name. */
function number({ graph, name }: Call, what: string, value: number): string {
  return graph.constant(`${name}/${what}`, Float32Array.of(value));
}

/** @param order The axes of the kernel as ONNX wants them: outputs, inputs, rows, columns. */
function convolve(call: Call, order: number[]): Value {
  const { graph, name, settings, inputs: [input] } = call;
  const { kernelSize, strides, dilationRate: dilations } = settings;
  const [kernel, ...bias] = call.weights;
  const [rows, columns, inputs, outputs] = kernel.shape as number[];
  const isDepthwise = order[0] === 2;
  const shape = isDepthwise ? [inputs * outputs, 1, rows, columns] : undefined;
  const weights = [
    graph.weight(kernel, order, shape),
    ...bias.map((weight) => graph.weight(weight)),
  ];
  const value = graph.add("Conv", name, graph.channelsFirst(input), weights, {
    kernel_shape: kernelSize,
    strides,
    dilations,
    pads: pads(call, kernelSize, dilations),
    group: isDepthwise ? inputs : 1,
  });
  return activate(call, value);
}

/** How many rows and columns of nothing 'same' puts around a picture: top, left, bottom, right. */
function pads(
  { settings: { padding, strides }, inputs: [{ shape: [, ...sizes] }] }: Call,
  kernel: number[],
  dilations = [1, 1],
): number[] {
  if (padding !== "same") return [0, 0, 0, 0];
  const totals = [0, 1].map((axis) => {
    const size = sizes[axis]!;
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    return Math.max((Math.ceil(size / strides[axis]) - 1) * strides[axis] + reach - size, 0);
  });
  return [
    ...totals.map((total) => Math.floor(total / 2)),
    ...totals.map((total) => Math.ceil(total / 2)),
  ];
}

function pool(call: Call, type: string, more: Record<string, number> = {}): Value {
  const { graph, name, settings: { poolSize, strides }, inputs: [input] } = call;
  return graph.add(type, name, graph.channelsFirst(input), [], {
    kernel_shape: poolSize,
    strides,
    pads: pads(call, poolSize),
    ...more,
  });
}

function poolAll({ graph, name, inputs: [input] }: Call, type: string): Value {
  const pooled = graph.add(type, name, graph.channelsFirst(input));
  return graph.add("Flatten", name, pooled, [], { axis: 1 });
}

function combine({ graph, name, inputs }: Call, type: string): Value {
  const [first, ...others] = inputs.map((input) => graph.channelsLast(input));
  return others.reduce((sum, other) => graph.add(type, name, sum, [other.name]), first);
}

/** Activations that are one operation without settings, which ONNX writes with a capital letter. */
const ACTIVATIONS = "elu gelu mish relu selu sigmoid softplus softsign tanh".split(" ");

/** Such that take all channels of a place together. */
const OVER_CHANNELS = ["softmax", "logSoftmax"];

/** Adds the activation of a layer. */
function activate(
  { graph, name: layer, settings }: Call,
  input: Value,
  activation = settings.activation,
): Value {
  const name = `${layer}/${activation}`;
  const type = activation.charAt(0).toUpperCase() + activation.slice(1);
  if (activation === "linear") return input;
  if (OVER_CHANNELS.includes(activation)) {
    return graph.add(type, name, graph.channelsLast(input), [], { axis: -1 });
  }
  if (activation === "relu6") {
    const six = graph.constant(`${name}/most`, Float32Array.of(6));
    return graph.add("Min", name, graph.add("Relu", name, input), [six]);
  }
  if (activation === "swish") {
    return graph.add("Mul", name, input, [graph.add("Sigmoid", name, input).name]);
  }
  if (ACTIVATIONS.includes(activation)) return graph.add(type, name, input);
  throw untranslated(`${layer} with ${activation}`);
}
