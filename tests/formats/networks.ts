/** Networks of several kinds for tests of formats. */

import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { randomNetwork } from "../model/saved_networks.ts";

/** Layers with cells and layers inside, which have no translation into ONNX. */
export async function recurrentNetwork(): Promise<tf.LayersModel> {
  await startBackend();
  const { layers } = tf;
  // Keras's; the one that tfjs takes if it is not told is Keras 2's and not 3's.
  const recurrentActivation = "sigmoid";
  const network = tf.sequential({
    name: "recurrent",
    layers: [
      layers.reshape({ inputShape: [28, 28, 1], targetShape: [28, 28] }),
      layers.timeDistributed({ layer: layers.dense({ units: 6 }), name: "rows" }),
      layers.bidirectional({
        layer: layers.lstm({ units: 4, returnSequences: true, recurrentActivation }) as tf.RNN,
        mergeMode: "concat",
        name: "both_ways",
      }),
      layers.lstm({ units: 3, recurrentActivation, name: "one_way" }),
      layers.dense({ units: 10, activation: "softmax", name: "last" }),
    ],
  });
  shakeWeights(network);
  return network;
}

/** A chain of layers, one whose layers are all of other kinds, a graph, and a network of networks. */
export const NETWORKS: Record<string, () => Promise<tf.LayersModel>> = {
  "this project's": () => randomNetwork(),
  "a chain": chain,
  "a graph": graph,
  "networks in a chain": async () =>
    tf.sequential({
      layers: [await graph(), tf.layers.dense({ units: 10, activation: "softmax", name: "last" })],
    }),
  "networks in a graph": async () => {
    const input = tf.input({ shape: [28, 28, 1], name: "outer_input" });
    const inner = (await graph()).apply(input) as tf.SymbolicTensor;
    const outputs = tf.layers.dense({ units: 3, name: "last" }).apply(inner) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs, name: "outer" });
  },
};

async function chain(): Promise<tf.LayersModel> {
  await startBackend();
  const { layers } = tf;
  const network = tf.sequential({
    name: "chain",
    layers: [
      layers.conv2d({
        inputShape: [28, 28, 1],
        filters: 4,
        kernelSize: [3, 5],
        strides: 2,
        padding: "same",
        activation: "relu",
        name: "conv",
      }),
      layers.zeroPadding2d({ padding: [[1, 0], [2, 1]], name: "pad" }),
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, name: "depthwise" }),
      layers.leakyReLU({ alpha: 0.2, name: "leaky" }),
      layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same", name: "average" }),
      layers.batchNormalization({ scale: false, epsilon: 0.01, name: "norm" }),
      layers.activation({ activation: "tanh", name: "tanh" }),
      layers.dropout({ rate: 0.3, name: "dropout" }),
      layers.flatten({ name: "flatten" }),
      layers.dense({ units: 10, activation: "softmax", name: "dense" }),
    ],
  });
  shakeWeights(network);
  return network;
}

async function graph(): Promise<tf.LayersModel> {
  await startBackend();
  const { layers } = tf;
  const convolve = (filters: number, name: string, options = {}) =>
    layers.conv2d({ filters, kernelSize: 3, padding: "same", name, ...options });
  const input = tf.input({ shape: [28, 28, 1], name: "picture" });
  const first = convolve(4, "first").apply(input) as tf.SymbolicTensor;
  const second = convolve(4, "second", { activation: "relu", useBias: false }).apply(first);
  const sum = layers.add({ name: "add" }).apply([first, second as tf.SymbolicTensor]);
  const both = layers.concatenate({ name: "both" }).apply([first, sum as tf.SymbolicTensor]);
  const norm = layers.batchNormalization({ name: "graph_norm" }).apply(both);
  const pooled = layers.maxPooling2d({ poolSize: 2, name: "graph_pool" }).apply(norm);
  const outputs = layers.globalAveragePooling2d({ name: "mean", dataFormat: "channelsLast" })
    .apply(pooled) as tf.SymbolicTensor;
  const network = tf.model({ inputs: input, outputs, name: "graph" });
  shakeWeights(network);
  return network;
}

/** A layer in the middle of a network, told of as many numbers as a picture has pixels, in some shape. */
type Middle = [shape: number[], layer: () => tf.layers.Layer];

/** Layers of tfjs that Keras has too, in other words or with more inside than its own weights. */
export const LAYERS_OF_KERAS: Record<string, () => Promise<tf.LayersModel>> = (() => {
  const { layers } = tf;
  const [sequence, maps, volume, frames] = [[28, 28], [14, 14, 4], [7, 4, 4, 7], [4, 14, 14, 1]];
  const recurrentActivation = "sigmoid";
  const lstm = { units: 3, recurrentActivation } as const;
  const cells = () => [layers.lstmCell(lstm), layers.gruCell(lstm), layers.lstmCell(lstm)];
  const inner = () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [14, 14, 1], filters: 2, kernelSize: 5, strides: 3 }),
        layers.batchNormalization(),
        layers.flatten(),
      ],
    });
  const middles: Record<string, Middle> = {
    Embedding: [[784], () => layers.embedding({ inputDim: 10, outputDim: 2 })],
    "Embedding of a length": [
      [784],
      () => layers.embedding({ inputDim: 10, outputDim: 2, inputLength: 784 }),
    ],
    "LayerNormalization over one axis": [maps, () => layers.layerNormalization({ axis: [-1] })],
    SpatialDropout1D: [sequence, () => layers.spatialDropout1d({ rate: 0.2 })],
    ThresholdedReLU: [maps, () => layers.thresholdedReLU({ theta: 0.3 })],
    PReLU: [maps, () => layers.prelu({ sharedAxes: [1, 2] })],
    Masking: [sequence, () => layers.masking({ maskValue: 0 })],
    Conv3DTranspose: [volume, () => layers.conv3dTranspose({ filters: 2, kernelSize: 2 })],
    SeparableConv2D: [maps, () => layers.separableConv2d({ filters: 2, kernelSize: 3 })],
    ConvLSTM2D: [frames, () => layers.convLstm2d({ filters: 2, kernelSize: 3, ...lstm })],
    "RNN of a cell": [
      sequence,
      () => layers.rnn({ cell: layers.simpleRNNCell({ units: 3 }), returnSequences: true }),
    ],
    "RNN of cells": [sequence, () => layers.rnn({ cell: cells(), returnSequences: true })],
    "Bidirectional GRU": [
      sequence,
      () =>
        layers.bidirectional({
          layer: layers.gru({ ...lstm, returnSequences: true }) as tf.RNN,
          mergeMode: "sum",
        }),
    ],
    "LSTM over frames": [[4, 14, 14], () => layers.timeDistributed({ layer: layers.lstm(lstm) })],
    "network over frames": [frames, () => layers.timeDistributed({ layer: inner() })],
  };
  return Object.fromEntries(
    Object.entries(middles).map(([name, [targetShape, layer]]) => [name, async () => {
      await startBackend();
      const network = tf.sequential({
        layers: [
          layers.rescaling({ inputShape: [28, 28, 1], scale: 9 }),
          layers.reshape({ targetShape }),
          layer(),
          layers.flatten(),
          layers.rescaling({ scale: 0.01 }),
          layers.dense({ units: 10, activation: "softmax" }),
        ],
      });
      shakeWeights(network);
      return network;
    }]),
  );
})();

/** Gives every weight, biases and statistics among them, a value that is not its first one. */
function shakeWeights(network: tf.LayersModel): void {
  network.weights.forEach((weight, i) =>
    tf.tidy(() => {
      const value = weight.read();
      const noise = tf.randomUniform(value.shape, 0, 0.2, "float32", i);
      void weight.write(value.add(noise));
    })
  );
}

/** Throws unless two networks give the same outputs, to the last bit, for the same pictures. */
export function assertSameOutputs(actual: tf.LayersModel, expected: tf.LayersModel): void {
  tf.tidy(() => {
    const pictures = tf.randomUniform([3, 28, 28, 1], 0, 1, "float32", 5);
    const [first, second] = [actual, expected].map((network) =>
      (network.predict(pictures) as tf.Tensor).dataSync()
    );
    assert(second.every(Number.isFinite));
    assertEquals(first, second);
  });
}
