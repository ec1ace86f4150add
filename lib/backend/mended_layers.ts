/**
 * What tfjs has wrong on every backend: gradients that it lacks, and layers, mended where a line does it,
 * else refused when built.
 */

import * as tf from "@tensorflow/tfjs";

/** A weight of a layer. */
interface Weight {
  read(): tf.Tensor;
}

/** Methods of a layer that may be mended, bound to it. */
interface Methods {
  build: (shape: tf.Shape) => void;
  call: (inputs: tf.Tensor | tf.Tensor[], options: unknown) => tf.Tensor;
  computeOutputShape: (shape: tf.Shape) => tf.Shape;
  getConfig: () => tf.serialization.ConfigDict;
}

/** Members of some layers, which tfjs keeps private. */
type Layer = tf.layers.Layer & Record<"height" | "width" | "depthMultiplier", number> & {
  gamma?: Weight;
  beta?: Weight;
  interpolation: string;
  dataFormat: string;
  size: number[];
};

/** Members of layers that convolve. */
type Dilated = Record<"dilationRate" | "strides", number[]> & Record<string, Weight>;

/** Comparisons, by their inputs: steps, whose gradient is zero wherever it exists. */
const STEPS: Record<string, string[]> = {
  All: ["x"],
  Any: ["x"],
  Equal: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalNot: ["x"],
  LogicalOr: ["a", "b"],
  NotEqual: ["a", "b"],
};

/**
 * Registers the gradients, and mends and refuses what layers are built from now on, whatever backend computes
 * them.
 */
export function mendLayers(): void {
  registerGradients();
  const convolution = { filters: 1, kernelSize: 1 };
  const [conv1d, conv2d] = [tf.layers.conv1d(convolution), tf.layers.conv2d(convolution)];
  const separableConv2d = tf.layers.separableConv2d(convolution);
  for (const layer of [conv1d, conv2d, separableConv2d]) {
    refuse(layer, "padding", (padding) => padding === "causal", "same or valid");
  }
  for (const layer of [conv1d, separableConv2d]) {
    refuse(layer, "dataFormat", (format) => format === "channelsFirst", "channelsLast");
  }
  const conv3d = tf.layers.conv3d(convolution);
  for (const layer of [conv1d, conv2d, conv3d]) trainDilated(layer, "kernel");
  trainDilated(separableConv2d, "depthwiseKernel");
  trainDilatedCell(tf.layers.convLstm2dCell(convolution));
  const depthwiseConv2d = tf.layers.depthwiseConv2d({ kernelSize: 1 });
  const conv2dTranspose = tf.layers.conv2dTranspose(convolution);
  const conv3dTranspose = tf.layers.conv3dTranspose(convolution);
  for (const layer of [depthwiseConv2d, conv2dTranspose, conv3dTranspose]) {
    refuse(layer, "dilationRate", (rate) => [rate].flat().some((side) => side !== 1), "1");
  }
  for (const layer of [tf.layers.softmax({}), tf.layers.batchNormalization()]) {
    refuse(layer, "axis", (axis, rank) => axis !== -1 && axis !== rank - 1, "the last");
  }

  const categoryEncoding = tf.layers.categoryEncoding({ numTokens: 1, outputMode: "oneHot" });
  const centerCrop = tf.layers.centerCrop({ height: 1, width: 1 });
  for (const layer of [categoryEncoding, centerCrop]) {
    // It writes into the shape that it is given, which is another layer's.
    mend(layer, "computeOutputShape", (compute) => (shape) => compute([...shape]));
  }
  mend(centerCrop, "call", (call, { height, width }) => (inputs, options) => {
    const [x] = [inputs].flat();
    const [before, [inHeight, inWidth, channels]] = [x.shape.slice(0, -3), x.shape.slice(-3)];
    const [rows, columns] = [inHeight - height, inWidth - width];
    if (rows < 0 || columns < 0) return call(x, options); // it enlarges
    // It cuts by an operation for boxes of any size, which has no gradient; of one column, it takes the first.
    const begin = [...before.map(() => 0), rows >> 1, columns === 1 ? 1 : columns >> 1, 0];
    return x.slice(begin, [...before, height, width, channels]);
  });
  const resizing = tf.layers.resizing({ height: 1, width: 1 });
  const randomWidth = tf.layers.randomWidth({ factor: 0.1 });
  // Models hand it a list of one tensor.
  mend(randomWidth, "call", (call) => (inputs, options) => call([inputs].flat()[0], options));
  for (const layer of [resizing, randomWidth]) {
    // It has no place for the batch.
    mend(layer, "computeOutputShape", (_compute, { height, width }) => (shape) => [
      ...shape.slice(0, -3),
      height ?? shape[shape.length - 3],
      width ?? null,
      shape[shape.length - 1],
    ]);
  }
  // Where Keras has them, at the centres of pixels.
  mend(
    resizing,
    "call",
    (_call, { interpolation, height, width }) => (inputs) =>
      resize([inputs].flat()[0], [height, width], interpolation),
  );
  mend(tf.layers.upSampling2d({}), "call", (call, layer) => (inputs, options) => {
    const { interpolation, dataFormat, size } = layer;
    const x = [inputs].flat()[0];
    if (interpolation === "nearest") return call(x, options);
    const isFirst = dataFormat === "channelsFirst";
    const pictures = isFirst ? x.transpose([0, 2, 3, 1]) : x;
    const sides = size.map((times, axis) => times * pictures.shape[axis + 1]!) as [number, number];
    const resized = resize(pictures, sides, interpolation);
    return isFirst ? resized.transpose([0, 3, 1, 2]) : resized;
  });
  const reshape = tf.layers.reshape({ targetShape: [1] });
  // A size of -1 is known where all others are, whatever the batch is.
  mend(reshape, "computeOutputShape", (compute) => ([batch, ...sides]) => [
    batch,
    ...compute([1, ...sides]).slice(1),
  ]);
  mend(separableConv2d, "getConfig", (getConfig, { depthMultiplier }) => () => ({
    ...getConfig(),
    depthMultiplier,
  }));
  // In training it reads weights that it may have been told not to have.
  mend(tf.layers.batchNormalization(), "build", (build, layer) => (shape) => {
    build(shape);
    const channels = layer.weights.at(-1)!.shape as number[];
    layer.gamma ??= { read: () => tf.ones(channels) };
    layer.beta ??= { read: () => tf.zeros(channels) };
  });
}

function resize(x: tf.Tensor, size: [number, number], interpolation: string): tf.Tensor {
  const method = interpolation === "nearest" ? "resizeNearestNeighbor" : "resizeBilinear";
  return tf.image[method](x as tf.Tensor4D, size, false, true);
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

/**
 * Lets layers of a class train with gaps between the taps of their filters, of which tfjs has no gradient:
 * by filters that have zeros there.
 */
function trainDilated({ constructor: { prototype } }: tf.layers.Layer, kernel: string): void {
  const { call } = prototype;
  prototype.call = function (this: Dilated, ...parameters: unknown[]) {
    const { dilationRate, strides, [kernel]: filter } = this;
    const isTrained = tf.engine().state.gradientDepth > 0;
    if (!isTrained || strides.some((stride) => stride > 1)) return call.apply(this, parameters);
    const filled = { read: () => fillGaps(filter.read(), dilationRate) };
    return call.apply(withoutGaps(this, { [kernel]: filled }), parameters);
  };
}

/** The same for a cell, which hands its filters to a method. */
function trainDilatedCell({ constructor: { prototype } }: tf.layers.Layer): void {
  const { inputConv } = prototype;
  prototype.inputConv = function (
    this: Dilated,
    x: tf.Tensor,
    filter: tf.Tensor,
    ...others: unknown[]
  ) {
    const filled = fillGaps(filter, this.dilationRate);
    return inputConv.call(withoutGaps(this), x, filled, ...others);
  };
}

/** The same layer, to call its methods on, but for some members and with filters that have no gaps. */
function withoutGaps(layer: Dilated, members: Record<string, Weight> = {}): Dilated {
  const dilationRate = layer.dilationRate.map(() => 1);
  return Object.assign(Object.create(layer), { dilationRate, ...members });
}

/** The filter with zeros in place of its gaps. */
function fillGaps(filter: tf.Tensor, rates: number[]): tf.Tensor {
  return rates.reduce((filled, rate, axis) => {
    if (rate === 1) return filled;
    const { shape } = filled;
    const [before, taps, after] = [shape.slice(0, axis), shape[axis], shape.slice(axis + 1)];
    const length = (taps - 1) * rate + 1;
    const [outer, inner] = [before, after].map((sizes) => tf.util.sizeFromShape(sizes));
    return filled.reshape([outer * taps, 1, inner])
      .pad([[0, 0], [0, rate - 1], [0, 0]])
      .reshape([outer, taps * rate, inner])
      .slice([0, 0, 0], [outer, length, inner])
      .reshape([...before, length, ...after]);
  }, filter);
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

function registerGradients(): void {
  for (const [kernelName, inputsToSave] of Object.entries(STEPS)) {
    const gradFunc = (_dy: unknown, saved: tf.Tensor[]) =>
      Object.fromEntries(
        inputsToSave.map((name, i) => [name, () => tf.zeros(saved[i].shape)]),
      );
    tf.registerGradient({ kernelName, inputsToSave, gradFunc });
  }
  tf.registerGradient({
    kernelName: "Conv3DBackpropInputV2",
    inputsToSave: ["dy", "filter"],
    gradFunc: gradientOfTransposedConvolution,
  });
}

/** y is the gradient by the input of a convolution in which x is the gradient of the output. */
function gradientOfTransposedConvolution(
  dy: tf.Tensor | tf.Tensor[],
  [x, filter]: tf.Tensor[],
  attrs: tf.NamedAttrMap,
) {
  const { pad, strides } = attrs as { pad: "same" | "valid"; strides: [number, number, number] };
  const gradient = dy as tf.Tensor5D;
  return {
    dy: () => tf.conv3d(gradient, filter as tf.Tensor5D, strides, pad),
    filter: (): tf.Tensor =>
      tf.engine().runKernel(
        "Conv3DBackpropFilterV2",
        { x: gradient, dy: x },
        { pad, strides, filterShape: filter.shape },
      ),
  };
}
