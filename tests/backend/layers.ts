/** Networks of every layer that tfjs offers, and trainings by every optimiser, to compare backends by. */

import * as tf from "@tensorflow/tfjs";

/** What the inputs are filled with: floats, ids below six, or floats with steps of zeros to mask. */
type Content = "floats" | "ids" | "masked";

/** A network around one layer. */
export interface LayerCase {
  /** tfjs's name of the layer, as `tf.layers` has it. */
  layer: string;
  /** What is special in this case; may be empty. */
  variant: string;
  /** Shapes of the inputs, without the batch. */
  inputs: number[][];
  content: Content;
  /** Weights are drawn by the caller. */
  apply: (...inputs: tf.SymbolicTensor[]) => tf.SymbolicTensor;
  /** A layer that keeps its state knows its batch. */
  batch?: number;
}

// deno-lint-ignore no-explicit-any -- each layer has arguments of its own
type Options = any;

// deno-lint-ignore no-explicit-any -- by name
const make = tf.layers as any;

const list: LayerCase[] = [];

/** Networks of one layer, the same with different options, which are the case's name where none is given. */
function add(
  layer: string,
  inputs: number[][],
  options: Options,
  { variant = describe(options), content = "floats" as Content } = {},
): void {
  const apply = (...tensors: tf.SymbolicTensor[]) =>
    make[layer]({ name: layer, ...options }).apply(tensors.length === 1 ? tensors[0] : tensors);
  list.push({ layer, variant, inputs, content, apply });
}

/** A network of several layers. */
function addNetwork(
  layer: string,
  variant: string,
  inputs: number[][],
  apply: LayerCase["apply"],
  { content = "floats" as Content, batch = undefined as number | undefined } = {},
): void {
  list.push({ layer, variant, inputs, content, apply, batch });
}

/** Options that are worth naming. */
function describe(options: Options): string {
  const named = Object.entries(options).filter(([key]) =>
    !["filters", "units", "kernelSize", "poolSize", "rate", "seed"].includes(key)
  );
  return named.map(([key, value]) => value === true ? key : `${key} ${[value].flat().join("×")}`)
    .join(", ");
}

const ACTIVATIONS =
  "elu selu relu relu6 linear sigmoid hardSigmoid softplus softsign tanh softmax logSoftmax swish mish gelu gelu_new";
for (const activation of ACTIVATIONS.split(" ")) add("activation", [[3, 5]], { activation });
for (const layer of ["elu", "leakyReLU", "reLU", "thresholdedReLU"]) add(layer, [[3, 5]], {});
add("softmax", [[5]], {});
add("softmax", [[3, 5]], { axis: -1 });
add("reLU", [[3, 5]], { maxValue: 1 });
add("softmax", [[3, 5]], { axis: 1 });
add("prelu", [[3, 5]], {});
add("prelu", [[3, 4, 5]], { sharedAxes: [1, 2] });

for (const layer of ["add", "average", "maximum", "minimum", "multiply", "concatenate"]) {
  add(layer, [[3, 5], [3, 5], [3, 5]], {});
}
for (const layer of ["add", "multiply"]) add(layer, [[3, 5], [5]], {}, { variant: "broadcast" });
add("concatenate", [[3, 5], [4, 5]], { axis: 1 });
add("dot", [[5], [5]], { axes: -1 });
add("dot", [[3, 5], [5, 4]], { axes: [2, 1] });
add("dot", [[5], [5]], { axes: -1, normalize: true });

for (const activation of ["linear", "relu", "relu6", "softmax"]) {
  add("dense", [[7]], { units: 5, activation });
  add("dense", [[7]], { units: 8, activation });
}
add("dense", [[3, 7]], { units: 5, useBias: false });
add("dense", [[3, 7]], { units: 8 }, { variant: "of sequences" });
add("embedding", [[7]], { inputDim: 6, outputDim: 5 }, { content: "ids", variant: "" });
add("embedding", [[7]], { inputDim: 6, outputDim: 8 }, { content: "ids", variant: "" });
add("categoryEncoding", [[7]], { numTokens: 6, outputMode: "multiHot" }, { content: "ids" });
add("categoryEncoding", [[1]], { numTokens: 6, outputMode: "oneHot" }, { content: "ids" });
add("flatten", [[3, 4, 5]], {});
add("flatten", [[3, 4, 5]], { dataFormat: "channelsFirst" });
add("permute", [[3, 4, 5]], { dims: [3, 1, 2] });
add("repeatVector", [[5]], { n: 3 });
add("reshape", [[3, 4]], { targetShape: [2, 6] });
add("rescaling", [[3, 5]], { scale: 0.5, offset: 0.1 });

for (
  const [layer, options] of Object.entries({
    alphaDropout: { rate: 0.3 },
    dropout: { rate: 0.3 },
    gaussianDropout: { rate: 0.3 },
    gaussianNoise: { stddev: 0.3 },
  })
) {
  add(layer, [[3, 5]], options, { variant: "" });
}
add("dropout", [[3, 5]], { rate: 0.3, seed: 5, noiseShape: [1, 1, 5] });
add("spatialDropout1d", [[3, 5]], { rate: 0.3, seed: 5 });

for (const [filters, shape] of [[5, [7, 6, 3]], [8, [7, 6, 8]]] as [number, number[]][]) {
  const [height, , channels] = shape;
  const flat = [height, channels];
  const solid = [4, 5, 6, channels];
  for (
    const options of [
      { padding: "same" },
      { padding: "valid" },
      { padding: "same", strides: 2 },
      { padding: "valid", strides: [2, 1] },
      { padding: "same", dilationRate: 2 },
      { padding: "same", dataFormat: "channelsFirst" },
      { padding: "same", useBias: false, activation: "relu" },
      { padding: "same", kernelSize: 1 },
    ] as Options[]
  ) {
    const { strides, dataFormat } = options;
    const all = { filters, kernelSize: 3, ...options };
    const line = { ...all, ...(Array.isArray(strides) && { strides: 2 }) };
    const variant = describe(options);
    const turned = (shape: number[]) =>
      dataFormat ? [shape[shape.length - 1], ...shape.slice(0, -1)] : shape;
    add("conv1d", [turned(flat)], line, {
      variant: describe({ ...options, ...(strides && { strides: 2 }) }),
    });
    add("conv2d", [turned(shape)], all, { variant });
    add("separableConv2d", [turned(shape)], { ...all, depthMultiplier: 2 }, { variant });
    add("depthwiseConv2d", [turned(shape)], all, { variant });
    add("conv3d", [turned(solid)], {
      ...all,
      ...(Array.isArray(strides) && { strides: [2, 1, 2] }),
      kernelSize: 2,
    }, { variant });
    add("conv2dTranspose", [turned(shape)], all, { variant });
    add("conv3dTranspose", [turned(solid)], {
      ...all,
      ...(Array.isArray(strides) && { strides: [2, 1, 2] }),
      kernelSize: 2,
    }, { variant });
  }
  add("depthwiseConv2d", [shape], { kernelSize: 3, depthMultiplier: 2 });
  add("conv2d", [shape], { filters, kernelSize: [3, 2], padding: "causal" });
  add("conv1d", [flat], { filters, kernelSize: 3, padding: "causal" });
  for (const kind of ["average", "max"]) {
    for (
      const options of [
        { poolSize: 2 },
        { poolSize: 3, strides: 2, padding: "same" },
        { poolSize: 3, strides: 1, padding: "valid" },
        { poolSize: 2, dataFormat: "channelsFirst" },
      ] as Options[]
    ) {
      add(`${kind}Pooling2d`, [shape], options);
      add(`${kind}Pooling3d`, [solid], options);
      if (!options.dataFormat) add(`${kind}Pooling1d`, [flat], options);
    }
    const Kind = kind === "average" ? "Average" : "Max";
    add(`global${Kind}Pooling1d`, [flat], {});
    add(`global${Kind}Pooling2d`, [shape], {});
    add(`global${Kind}Pooling2d`, [shape], { dataFormat: "channelsFirst" });
  }
  add("batchNormalization", [shape], {});
  add("batchNormalization", [flat], { axis: 1 });
  add("batchNormalization", [[channels]], { center: false, scale: false });
  add("layerNormalization", [shape], {});
  add("layerNormalization", [shape], { axis: [1, 2] });
  for (const interpolation of ["nearest", "bilinear"]) {
    add("upSampling2d", [shape], { size: [2, 3], interpolation });
    add("resizing", [shape], { height: 5, width: 9, interpolation });
  }
  add("upSampling2d", [turnedShape(shape)], { size: [2, 2], dataFormat: "channelsFirst" });
  add("cropping2D", [shape], { cropping: [[1, 2], [0, 1]] }, { variant: "" });
  add("cropping2D", [turnedShape(shape)], {
    ...{ cropping: [[1, 2], [0, 1]], dataFormat: "channelsFirst" },
  }, { variant: "dataFormat channelsFirst" });
  add("zeroPadding2d", [shape], { padding: [[1, 2], [0, 1]] }, { variant: "" });
  add("zeroPadding2d", [turnedShape(shape)], {
    ...{ padding: [[1, 2], [0, 1]], dataFormat: "channelsFirst" },
  }, { variant: "dataFormat channelsFirst" });
  for (const [height, width] of [[3, 4], [4, 2], [9, 9]]) {
    add("centerCrop", [shape], { height, width }, { variant: "" });
  }
  add("randomWidth", [shape], { factor: 0.3, seed: 5 });
}

function turnedShape([height, width, channels]: number[]): number[] {
  return [channels, height, width];
}

for (const layer of ["simpleRNN", "gru", "lstm"]) {
  for (const units of [5, 8]) {
    add(layer, [[4, 3]], { units });
    add(layer, [[4, 3]], { units, returnSequences: true, goBackwards: true });
  }
  add(layer, [[4, 3]], { units: 5, useBias: false, activation: "relu" });
  // Of eight units an LSTM takes all its steps at once where it can.
  const units = layer === "lstm" ? 8 : 5;
  add(layer, [[4, 3]], { units, dropout: 0.3, recurrentDropout: 0.3 });
  addNetwork(layer, "masked", [[5, 3]], (x) => {
    const masked = tf.layers.masking({ maskValue: 0 }).apply(x);
    return make[layer]({ units, returnSequences: true }).apply(masked);
  }, { content: "masked" });
  addNetwork(layer, "returnState", [[4, 3]], (x) => {
    const [last, ...states] = make[layer]({ units, returnState: true }).apply(x);
    return tf.layers.concatenate().apply([last, ...states]) as tf.SymbolicTensor;
  });
  addNetwork(
    layer,
    "initialState",
    [[4, 3], [units], [units]],
    (x, h, c) => make[layer]({ units }).apply(x, { initialState: layer === "lstm" ? [h, c] : [h] }),
  );
  addNetwork(
    layer,
    "stateful",
    [[4, 3]],
    (x) => make[layer]({ units, stateful: true }).apply(x),
    { batch: 3 },
  );
  if (layer === "lstm") {
    add(layer, [[4, 3]], { units, recurrentActivation: "sigmoid", useBias: false });
  }
  add(`${layer}Cell`, [[4, 3]], { units: 5 });
  for (const mergeMode of ["concat", "sum", "mul", "ave"]) {
    if (layer !== "lstm" && mergeMode !== "concat") continue;
    addNetwork(
      "bidirectional",
      `${layer}, mergeMode ${mergeMode}`,
      [[4, 3]],
      (x) =>
        make.bidirectional({
          mergeMode,
          layer: make[layer]({ units: 5, returnSequences: true }),
        }).apply(x),
    );
  }
}
for (const cell of list.filter(({ layer }) => /^(simpleRNN|gru|lstm)Cell$/.test(layer))) {
  cell.variant = "by rnn";
  cell.apply = (x) =>
    make.rnn({ cell: make[cell.layer]({ units: 5 }), returnSequences: true }).apply(x);
}
addNetwork(
  "rnn",
  "unrolled",
  [[4, 3]],
  (x) => make.rnn({ cell: make.lstmCell({ units: 5 }), unroll: true }).apply(x),
);
addNetwork("stackedRNNCells", "by rnn", [[4, 3]], (x) => {
  const cells = [make.lstmCell({ units: 5 }), make.gruCell({ units: 8 })];
  return make.rnn({ cell: make.stackedRNNCells({ cells }) }).apply(x);
});
for (const filters of [3, 8]) {
  const options = { filters, kernelSize: 3, padding: "same" };
  add("convLstm2d", [[3, 5, 4, 2]], options);
  add("convLstm2d", [[3, 5, 4, 2]], { filters, kernelSize: 3, returnSequences: true });
  add("convLstm2d", [[3, 5, 4, 2]], { ...options, dilationRate: 2 });
  add("convLstm2d", [[3, 2, 5, 4]], { ...options, dataFormat: "channelsFirst" });
  addNetwork(
    "convLstm2dCell",
    "by rnn",
    [[3, 5, 4, 2]],
    (x) => make.convLstm2d({ ...options, cell: make.convLstm2dCell(options) }).apply(x),
  );
}
addNetwork("masking", "", [[5, 3]], (x) => {
  const masked = make.masking({ maskValue: 0 }).apply(x);
  return make.timeDistributed({ layer: make.dense({ units: 4 }) }).apply(masked);
}, { content: "masked" });
addNetwork("embedding", "maskZero, lstm", [[5]], (x) => {
  const words = make.embedding({ inputDim: 6, outputDim: 4, maskZero: true }).apply(x);
  return make.lstm({ units: 5 }).apply(words);
}, { content: "ids" });
addNetwork(
  "timeDistributed",
  "dense",
  [[4, 3]],
  (x) => make.timeDistributed({ layer: make.dense({ units: 8, activation: "relu" }) }).apply(x),
);
addNetwork(
  "timeDistributed",
  "conv2d",
  [[3, 6, 5, 2]],
  (x) => make.timeDistributed({ layer: make.conv2d({ filters: 8, kernelSize: 3 }) }).apply(x),
);

/** Networks of every layer. */
export const LAYER_CASES: readonly LayerCase[] = list;

/** What is no layer by itself. */
export const SKIPPED_LAYERS: Record<string, string> = {
  Layer: "a class to inherit from",
  RNN: "a class to inherit from",
  RNNCell: "a class to inherit from",
  input: "takes a network's inputs",
  inputLayer: "takes a network's inputs",
};

/** Other names of the same layers. */
export const ALIASES: Record<string, string> = {
  avgPool1d: "averagePooling1d",
  avgPool2d: "averagePooling2d",
  avgPool3d: "averagePooling3d",
  avgPooling1d: "averagePooling1d",
  avgPooling2d: "averagePooling2d",
  avgPooling3d: "averagePooling3d",
  globalMaxPool1d: "globalMaxPooling1d",
  globalMaxPool2d: "globalMaxPooling2d",
  maxPool1d: "maxPooling1d",
  maxPool2d: "maxPooling2d",
};

/** An optimiser, by tfjs's name of it, with options that change what it computes. */
export interface Optimization {
  optimizer: string;
  variant: string;
  make: () => tf.Optimizer;
}

/** Every optimiser. */
export const OPTIMIZATIONS: readonly Optimization[] = [
  { optimizer: "sgd", variant: "", make: () => tf.train.sgd(0.1) },
  { optimizer: "momentum", variant: "", make: () => tf.train.momentum(0.1, 0.9) },
  { optimizer: "momentum", variant: "Nesterov", make: () => tf.train.momentum(0.1, 0.9, true) },
  { optimizer: "rmsprop", variant: "", make: () => tf.train.rmsprop(0.01) },
  {
    optimizer: "rmsprop",
    variant: "momentum, centred",
    make: () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true),
  },
  { optimizer: "adam", variant: "", make: () => tf.train.adam(0.01) },
  { optimizer: "adadelta", variant: "", make: () => tf.train.adadelta(0.1) },
  { optimizer: "adamax", variant: "", make: () => tf.train.adamax(0.01) },
  {
    optimizer: "adamax",
    variant: "decay",
    make: () => tf.train.adamax(0.01, 0.9, 0.99, 1e-7, 0.1),
  },
  { optimizer: "adagrad", variant: "", make: () => tf.train.adagrad(0.1) },
];
