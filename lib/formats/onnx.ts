/** Networks as ONNX (https://onnx.ai): what ONNX Runtime and much else runs. */

import * as tf from "@tensorflow/tfjs";
import { networkFromData } from "../model/network.ts";
import { ModelProto, OnnxGraph } from "./onnx_graph.ts";

/** A tensor in the graph. */
type Value = ReturnType<OnnxGraph["add"]>;

/** Version of the operators that are used (https://onnx.ai/onnx/operators/). */
const OPSET = 21;

/** Version of the file format that came with these operators. */
const IR_VERSION = 10;

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
    return ModelProto.encode(ModelProto.fromObject({
      ir_version: IR_VERSION,
      producer_name: "TensorFlow.js",
      opset_import: [{ domain: "", version: OPSET }],
      metadata_props: [{ key: "card", value: JSON.stringify(card) }],
      graph: graph.describe(network.name, pixels, probabilities),
    })).finish();
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
        const translate = TRANSLATIONS[layer.getClassName()];
        if (!translate) throw untranslated(`${layer.name}, a ${layer.getClassName()}`);
        value = { ...translate(graph, layer, sources), shape };
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

/** Adds a layer, as it is in use, to a graph. @returns What it computes; its shape is not to be relied on. */
type Translation = (graph: OnnxGraph, layer: tf.layers.Layer, inputs: Value[]) => Value;

const identity: Translation = (_graph, _layer, [input]) => input;

const TRANSLATIONS: Record<string, Translation> = {
  InputLayer: identity,
  Dropout: identity,
  Conv2D: (graph, layer, inputs) => convolve(graph, layer, inputs, [3, 2, 0, 1]),
  DepthwiseConv2D: (graph, layer, inputs) => convolve(graph, layer, inputs, [2, 3, 0, 1]),
  MaxPooling2D: (graph, layer, [input]) => pool(graph, layer, input, "MaxPool"),
  AveragePooling2D: (graph, layer, [input]) =>
    pool(graph, layer, input, "AveragePool", { count_include_pad: 0 }),
  GlobalAveragePooling2D: (graph, layer, [input]) =>
    poolAll(graph, layer, input, "GlobalAveragePool"),
  GlobalMaxPooling2D: (graph, layer, [input]) => poolAll(graph, layer, input, "GlobalMaxPool"),
  BatchNormalization: (graph, layer, [input]) => {
    const { epsilon, scale, center } = settings(layer);
    const weights = layer.weights.map((weight) => graph.weight(weight));
    const [mean, variance] = weights.slice(-2);
    const channels = input.shape.at(-1)!;
    const filled = (name: string, value: number) =>
      graph.constant(`${layer.name}/${name}`, new Float32Array(channels).fill(value));
    const gamma = scale ? weights[0] : filled("gamma", 1);
    const beta = center ? weights.at(-3)! : filled("beta", 0);
    const inputs = [gamma, beta, mean, variance];
    return graph.add("BatchNormalization", layer.name, graph.channelsFirst(input), inputs, {
      epsilon,
    });
  },
  Activation: (graph, layer, [input]) =>
    activate(graph, layer.name, input, settings(layer).activation),
  ReLU: (graph, layer, [input]) => {
    const { maxValue } = settings(layer);
    const positive = graph.add("Relu", layer.name, input);
    return maxValue === undefined || maxValue === null
      ? positive
      : graph.add("Min", layer.name, positive, [number(graph, layer, "most", maxValue)]);
  },
  LeakyReLU: (graph, layer, [input]) =>
    graph.add("LeakyRelu", layer.name, input, [], { alpha: settings(layer).alpha }),
  Softmax: (graph, layer, [input]) => activate(graph, layer.name, input, "softmax"),
  Rescaling: (graph, layer, [input]) => {
    const { scale, offset } = settings(layer);
    const scaled = graph.add("Mul", layer.name, input, [number(graph, layer, "scale", scale)]);
    return graph.add("Add", layer.name, scaled, [number(graph, layer, "offset", offset)]);
  },
  ZeroPadding2D: (graph, layer, [input]) => {
    const [[top, bottom], [left, right]] = settings(layer).padding;
    const sizes = BigInt64Array.from([0, top, left, 0, 0, bottom, right, 0], BigInt);
    const name = graph.constant(`${layer.name}/pads`, sizes);
    return graph.add("Pad", layer.name, graph.channelsLast(input), [name]);
  },
  Flatten: (graph, layer, [input]) =>
    graph.add("Flatten", layer.name, graph.channelsLast(input), [], { axis: 1 }),
  Reshape: (graph, layer, [input]) => {
    const { targetShape } = settings(layer);
    const shape = BigInt64Array.from([0, ...targetShape], BigInt);
    const name = graph.constant(`${layer.name}/shape`, shape);
    return {
      ...graph.add("Reshape", layer.name, graph.channelsLast(input), [name]),
      channelsFirst: false,
    };
  },
  Dense: (graph, layer, [input]) => {
    const [kernel, bias] = layer.weights.map((weight) => graph.weight(weight));
    let value = graph.add("MatMul", layer.name, graph.channelsLast(input), [kernel]);
    if (bias) value = graph.add("Add", layer.name, value, [bias]);
    return activate(graph, layer.name, value, settings(layer).activation);
  },
  Add: (graph, layer, inputs) => combine(graph, layer, inputs, "Add"),
  Multiply: (graph, layer, inputs) => combine(graph, layer, inputs, "Mul"),
  Maximum: (graph, layer, inputs) => combine(graph, layer, inputs, "Max"),
  Concatenate: (graph, layer, inputs) => {
    const [first, ...others] = inputs.map((input) => graph.channelsLast(input));
    const more = others.map(({ name }) => name);
    return graph.add("Concat", layer.name, first, more, { axis: settings(layer).axis });
  },
};

// deno-lint-ignore no-explicit-any
function settings(layer: tf.layers.Layer): Record<string, any> {
  return layer.getConfig();
}

/** Adds one number of a layer. @returns Its name. */
function number(graph: OnnxGraph, layer: tf.layers.Layer, name: string, value: number): string {
  return graph.constant(`${layer.name}/${name}`, Float32Array.of(value));
}

/** @param order The axes of the kernel as ONNX wants them: outputs, inputs, rows, columns. */
function convolve(
  graph: OnnxGraph,
  layer: tf.layers.Layer,
  [input]: Value[],
  order: number[],
): Value {
  const { kernelSize, strides, padding, dilationRate, activation } = settings(layer);
  const [kernel, ...bias] = layer.weights;
  const [rows, columns, inputs, outputs] = kernel.shape as number[];
  const isDepthwise = order[0] === 2;
  const shape = isDepthwise ? [inputs * outputs, 1, rows, columns] : undefined;
  const weights = [
    graph.weight(kernel, order, shape),
    ...bias.map((weight) => graph.weight(weight)),
  ];
  const dilations = [dilationRate].flat();
  const value = graph.add("Conv", layer.name, graph.channelsFirst(input), weights, {
    kernel_shape: kernelSize,
    strides,
    dilations: dilations.length === 2 ? dilations : [dilations[0], dilations[0]],
    pads: pads(input, kernelSize, strides, padding, dilations),
    group: isDepthwise ? inputs : 1,
  });
  return activate(graph, layer.name, value, activation);
}

/** How many rows and columns of nothing 'same' puts around a picture: top, left, bottom, right. */
function pads(
  { shape: [, ...sizes] }: Value,
  kernel: number[],
  strides: number[],
  padding: string,
  dilations = [1],
): number[] {
  if (padding !== "same") return [0, 0, 0, 0];
  const totals = [0, 1].map((axis) => {
    const size = sizes[axis]!;
    const reach = (kernel[axis] - 1) * (dilations[axis] ?? dilations[0]) + 1;
    return Math.max((Math.ceil(size / strides[axis]) - 1) * strides[axis] + reach - size, 0);
  });
  return [
    ...totals.map((total) => Math.floor(total / 2)),
    ...totals.map((total) => Math.ceil(total / 2)),
  ];
}

function pool(
  graph: OnnxGraph,
  layer: tf.layers.Layer,
  input: Value,
  type: string,
  more: Record<string, number> = {},
): Value {
  const { poolSize, strides, padding } = settings(layer);
  return graph.add(type, layer.name, graph.channelsFirst(input), [], {
    kernel_shape: poolSize,
    strides,
    pads: pads(input, poolSize, strides, padding),
    ...more,
  });
}

function poolAll(graph: OnnxGraph, layer: tf.layers.Layer, input: Value, type: string): Value {
  const pooled = graph.add(type, layer.name, graph.channelsFirst(input));
  return graph.add("Flatten", layer.name, pooled, [], { axis: 1 });
}

function combine(graph: OnnxGraph, layer: tf.layers.Layer, inputs: Value[], type: string): Value {
  const [first, ...others] = inputs.map((input) => graph.channelsLast(input));
  return others.reduce((sum, { name }) => graph.add(type, layer.name, sum, [name]), first);
}

/** Activations that are one operation without settings. */
const ACTIVATIONS: Record<string, string> = {
  elu: "Elu",
  gelu: "Gelu",
  mish: "Mish",
  relu: "Relu",
  selu: "Selu",
  sigmoid: "Sigmoid",
  softplus: "Softplus",
  softsign: "Softsign",
  tanh: "Tanh",
};

/** Activations that take all channels of a place together. */
const OVER_CHANNELS: Record<string, string> = { softmax: "Softmax", logSoftmax: "LogSoftmax" };

function activate(graph: OnnxGraph, layer: string, input: Value, activation: string): Value {
  const name = `${layer}/${activation}`;
  if (activation === "linear") return input;
  if (activation in OVER_CHANNELS) {
    const type = OVER_CHANNELS[activation];
    return graph.add(type, name, graph.channelsLast(input), [], { axis: -1 });
  }
  if (activation === "relu6") {
    const six = graph.constant(`${name}/most`, Float32Array.of(6));
    return graph.add("Min", name, graph.add("Relu", name, input), [six]);
  }
  if (activation === "swish") {
    return graph.add("Mul", name, input, [graph.add("Sigmoid", name, input).name]);
  }
  if (activation in ACTIVATIONS) return graph.add(ACTIVATIONS[activation], name, input);
  throw untranslated(`${layer} with ${activation}`);
}
