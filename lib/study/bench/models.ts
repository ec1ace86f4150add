/** Networks of others' shapes, each trained and run as tfjs alone has it, on one thread. */

import * as tf from "@tensorflow/tfjs";
import { IMAGE_SIDE } from "../../image/size.ts";

/** A network that is built in the same way in `torch_models.py`. */
interface Model {
  build: () => tf.LayersModel;
  inputShape: number[];
  loss: string;
  /** Labels of pictures. */
  labelsOf: (pictures: tf.Tensor) => tf.Tensor;
}

const CLASSES = 10;

/** By the names that the benchmark knows. */
export const MODELS: Record<string, Model> = {
  "U-Net": {
    build: buildUnet,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1],
    loss: "binaryCrossentropy",
    labelsOf: (pictures) => pictures.greater(0.5).toFloat(),
  },
  autoencoder: {
    build: buildAutoencoder,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1],
    loss: "binaryCrossentropy",
    labelsOf: (pictures) => pictures.clone(),
  },
  LSTM: {
    build: buildLstm,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE],
    loss: "categoricalCrossentropy",
    labelsOf: ({ shape: [count] }) =>
      tf.oneHot(
        tf.tidy(() => tf.range(0, count, 1, "int32").mod(tf.scalar(CLASSES, "int32"))),
        CLASSES,
      ),
  },
};

const conv = (filters: number) =>
  tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" });
const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });

/** Two convolutions a level, three levels, with a way across at two. */
function buildUnet(): tf.LayersModel {
  const two = (filters: number, inputs: tf.SymbolicTensor) =>
    conv(filters).apply(conv(filters).apply(inputs)) as tf.SymbolicTensor;
  const down = (inputs: tf.SymbolicTensor) => pool().apply(inputs) as tf.SymbolicTensor;
  const up = (inputs: tf.SymbolicTensor, across: tf.SymbolicTensor) => {
    const larger = tf.layers.upSampling2d({ size: [2, 2] }).apply(inputs) as tf.SymbolicTensor;
    return tf.layers.concatenate().apply([across, larger]) as tf.SymbolicTensor;
  };
  const inputs = tf.input({ shape: [IMAGE_SIDE, IMAGE_SIDE, 1] });
  const first = two(16, inputs);
  const second = two(32, down(first));
  const lowest = two(64, down(second));
  const last = two(16, up(two(32, up(lowest, second)), first));
  const outputs = tf.layers.conv2d({ filters: 1, kernelSize: 1, activation: "sigmoid" });
  return tf.model({ inputs, outputs: outputs.apply(last) as tf.SymbolicTensor });
}

/** As https://keras.io/examples/vision/autoencoder has it. */
function buildAutoencoder(): tf.LayersModel {
  const transposed = () =>
    tf.layers.conv2dTranspose({
      filters: 32,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
    });
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1] }),
      ...[conv(32), pool(), conv(32), pool(), transposed(), transposed()],
      tf.layers.conv2d({ filters: 1, kernelSize: 3, padding: "same", activation: "sigmoid" }),
    ],
  });
}

/** Reads a picture row by row. */
function buildLstm(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.lstm({
        units: 128,
        recurrentInitializer: "glorotUniform", // the default one is slow to draw, and says so
        inputShape: [IMAGE_SIDE, IMAGE_SIDE],
      }),
      tf.layers.dense({ units: CLASSES, activation: "softmax" }),
    ],
  });
}
