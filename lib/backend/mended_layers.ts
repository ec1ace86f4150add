/** Layers that tfjs has wrong on every backend: mended where a line does it, else refused when built. */

import * as tf from "@tensorflow/tfjs";

/** Methods of a layer that may be mended, bound to it. */
interface Methods {
  build: (shape: tf.Shape) => void;
  call: (inputs: tf.Tensor | tf.Tensor[], options: unknown) => tf.Tensor;
  computeOutputShape: (shape: tf.Shape) => tf.Shape;
}

/** Members of some layers, which tfjs keeps private. */
type Layer = tf.layers.Layer & Record<"height" | "width", number> & {
  gamma?: { read(): tf.Tensor };
  beta?: { read(): tf.Tensor };
};

/** Mends and refuses what is built from now on, whatever backend computes it. */
export function installMendedLayers(): void {
  const convolution = { filters: 1, kernelSize: 1 };
  const [conv1d, conv2d] = [tf.layers.conv1d(convolution), tf.layers.conv2d(convolution)];
  const separableConv2d = tf.layers.separableConv2d(convolution);
  for (const layer of [conv1d, conv2d, separableConv2d]) {
    refuse(layer, "padding", (padding) => padding === "causal", "same or valid");
  }
  for (const layer of [conv1d, separableConv2d]) {
    refuse(layer, "dataFormat", (format) => format === "channelsFirst", "channelsLast");
  }
  const depthwiseConv2d = tf.layers.depthwiseConv2d({ kernelSize: 1 });
  refuse(depthwiseConv2d, "dilationRate", (rate) => [rate].flat().some((side) => side !== 1), "1");
  for (const layer of [tf.layers.softmax({}), tf.layers.batchNormalization()]) {
    refuse(layer, "axis", (axis, rank) => axis !== -1 && axis !== rank - 1, "the last");
  }

  const categoryEncoding = tf.layers.categoryEncoding({ numTokens: 1, outputMode: "oneHot" });
  const centerCrop = tf.layers.centerCrop({ height: 1, width: 1 });
  for (const layer of [categoryEncoding, centerCrop]) {
    // It writes into the shape that it is given, which is another layer's.
    mend(layer, "computeOutputShape", (compute) => (shape) => compute([...shape]));
  }
  const resizing = tf.layers.resizing({ height: 1, width: 1 });
  const randomWidth = tf.layers.randomWidth({ factor: 0.1 });
  for (const layer of [resizing, randomWidth]) {
    // Models hand it a list of one tensor, and it has no place for the batch.
    mend(layer, "call", (call) => (inputs, options) => call([inputs].flat()[0], options));
    mend(layer, "computeOutputShape", (_compute, { height, width }) => (shape) => [
      ...shape.slice(0, -3),
      height ?? shape[shape.length - 3],
      width ?? null,
      shape[shape.length - 1],
    ]);
  }
  // In training it reads weights that it may have been told not to have.
  mend(tf.layers.batchNormalization(), "build", (build, layer) => (shape) => {
    build(shape);
    const channels = layer.weights.at(-1)!.shape as number[];
    layer.gamma ??= { read: () => tf.ones(channels) };
    layer.beta ??= { read: () => tf.zeros(channels) };
  });
}

/** Replaces a method of every layer of a class. */
function mend<Name extends keyof Methods>(
  { constructor: { prototype } }: tf.layers.Layer,
  name: Name,
  replace: (original: Methods[Name], layer: Layer) => Methods[Name],
): void {
  const original = prototype[name];
  prototype[name] = function (this: Layer, ...parameters: unknown[]) {
    const mended = replace(original.bind(this), this) as (...parameters: unknown[]) => unknown;
    return mended(...parameters);
  };
}

/** Lets no layer of a class be built with a value of an option for which tfjs has no right numbers. */
function refuse(
  layer: tf.layers.Layer,
  option: string,
  isWrong: (value: unknown, rank: number) => boolean,
  instead: string,
): void {
  mend(layer, "build", (build, layer) => (shape) => {
    const value = (layer as unknown as Record<string, unknown>)[option];
    if (isWrong(value, shape.length)) {
      throw new RangeError(
        `Expected ${option} of ${layer.name} to be ${instead}, as tfjs computes no other, but found ${value}`,
      );
    }
    build(shape);
  });
}
