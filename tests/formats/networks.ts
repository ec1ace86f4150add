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
