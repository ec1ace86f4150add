/** The networks: convolutional bases by name, and the head that is put on them. */

import * as tf from "@tensorflow/tfjs";
import { IMAGE_SIDE } from "../image/size.ts";

/** Filters of the three stages of each base. */
const BASE_FILTERS = {
  "cnn": [32, 64, 128],
  "cnn-small": [16, 32, 64],
  "cnn-residual": [32, 64, 128],
  "cnn-depthwise": [32, 64, 128],
} as const;

/** Stages of `cnn-residual` that a residual one follows; the first is left out, being the costliest. */
const RESIDUAL_STAGES = [2, 3];

/** Filters of the separable convolutions that stand for that of a stage of `cnn-depthwise`. */
const SEPARABLE_FILTERS = [[], [64], [64, 128]];

/** Name of a base. */
export type BaseName = keyof typeof BASE_FILTERS;

/** Names of the bases that there are. */
export const BASE_NAMES = Object.keys(BASE_FILTERS) as BaseName[];

/** Mean and standard deviation of MNIST's training pixels in [0, 1], rounded: what the first layer takes off. */
const PIXEL_MEAN = 0.13;
const PIXEL_DEVIATION = 0.31;

/** Name of the last layer of every base; the layers behind it are the head. */
export const FEATURES = "features";

/** Name of the layer whose output are the logits, one before the softmax. */
const LOGITS = "logits";

/**
 * Builds a base with random weights.
 *
 * Three times convolution 3×3 'same' without bias → max-pooling 2×2 → batch
 * normalisation → ReLU: pooling first leaves a quarter of the work to the
 * normalisation. In `cnn-residual` the second and the third are followed by a
 * residual stage, which adds to its input what another convolution makes of it (He
 * et al. 2016, https://arxiv.org/abs/1512.03385). In `cnn-depthwise` separable
 * convolutions take the place of the second and the third: 3×3 of every channel by
 * itself, then 1×1 (Howard et al. 2017, https://arxiv.org/abs/1704.04861). Takes pixels
 * from 0 to 1, `[count, 28, 28, 1]`; gives features `[count, 9 × last filters]`.
 *
 * @param seed Seed of the initial weights (Glorot & Bengio 2010, uniform).
 */
export function buildBase(name: BaseName, seed: number): tf.Sequential {
  const base = tf.sequential({ name: "base" });
  base.add(tf.layers.rescaling({
    inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1],
    scale: 1 / PIXEL_DEVIATION,
    offset: -PIXEL_MEAN / PIXEL_DEVIATION,
    name: "standardise",
  }));
  BASE_FILTERS[name].forEach((filters, i) => {
    const stage = i + 1;
    if (name === "cnn-depthwise" && stage > 1) {
      addAll(base, separableConvolutions(SEPARABLE_FILTERS[i], stage, seed));
    } else {
      base.add(convolution(`conv${stage}`, filters, seed * 100 + stage));
    }
    base.add(tf.layers.maxPooling2d({ poolSize: 2, name: `pool${stage}` }));
    addAll(base, normAndRectifier(stage));
    if (name === "cnn-residual" && RESIDUAL_STAGES.includes(stage)) {
      base.add(
        residualStage(`residual${stage}`, base.outputShape as tf.Shape, seed * 100 + 10 + stage),
      );
    }
  });
  base.add(tf.layers.flatten({ name: FEATURES }));
  return base;
}

function addAll(network: tf.Sequential, layers: tf.layers.Layer[]): void {
  for (const layer of layers) network.add(layer);
}

function convolution(name: string, filters: number, seed: number, size = 3): tf.layers.Layer {
  return tf.layers.conv2d({
    filters,
    kernelSize: size,
    padding: "same",
    useBias: false,
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
    name,
  });
}

function normAndRectifier(place: number | string): tf.layers.Layer[] {
  return [
    tf.layers.batchNormalization({ momentum: 0.9, name: `norm${place}` }),
    tf.layers.activation({ activation: "relu", name: `relu${place}` }),
  ];
}

/** Convolutions 3×3 of every channel by itself, each before one of 1×1; between them norm and ReLU. */
function separableConvolutions(
  filters: number[],
  stage: number,
  seed: number,
): tf.layers.Layer[] {
  return filters.flatMap((count, i) => {
    const [place, draw] = [`${stage}_${i + 1}`, seed * 100 + 20 + 10 * i + stage];
    const isLast = i === filters.length - 1;
    return [
      tf.layers.depthwiseConv2d({
        kernelSize: 3,
        padding: "same",
        useBias: false,
        depthwiseInitializer: tf.initializers.glorotUniform({ seed: draw }),
        name: `depthwise${place}`,
      }),
      ...normAndRectifier(`${place}_depthwise`),
      convolution(`pointwise${place}`, count, draw + 4, 1),
      ...(isLast ? [] : normAndRectifier(place)),
    ];
  });
}

/**
 * Input + batch normalisation of a convolution of it → ReLU, as one layer. The normalisation's gamma
 * begins at 0, and the stage as if it were not there (Goyal et al. 2017, https://arxiv.org/abs/1706.02677).
 */
function residualStage(name: string, [, ...shape]: tf.Shape, seed: number): tf.LayersModel {
  const input = tf.input({ shape, name: `${name}_input` });
  const convolved = convolution(`${name}_conv`, shape.at(-1)!, seed).apply(input);
  const change = tf.layers.batchNormalization({
    momentum: 0.9,
    gammaInitializer: "zeros",
    name: `${name}_norm`,
  }).apply(convolved) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: `${name}_sum` }).apply([input, change]);
  const outputs = tf.layers.activation({ activation: "relu", name: `${name}_relu` }).apply(sum);
  return tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor, name });
}

/** What kind of head {@linkcode addHead} adds. */
interface HeadOptions {
  classes: number;
  seed: number;
  /**
   * Units of the hidden layer; with 0 there is none, and no dropout.
   * @default {256}
   */
  hiddenUnits?: number;
  /**
   * Share of hidden units that is dropped in training.
   * @default {0.5}
   */
  dropout?: number;
}

/**
 * Puts a new head on a base: dense with ReLU, dropout, dense, softmax.
 *
 * @param base Any model whose output is `[count, features]`; it becomes the whole network.
 * @returns `base`, now from pixels to probabilities `[count, classes]`.
 */
export function addHead(
  base: tf.Sequential,
  { classes, seed, hiddenUnits = 256, dropout = 0.5 }: HeadOptions,
): tf.Sequential {
  const initializer = (n: number) => tf.initializers.glorotUniform({ seed: seed * 100 + 50 + n });
  if (hiddenUnits > 0) {
    base.add(tf.layers.dense({
      units: hiddenUnits,
      activation: "relu",
      kernelInitializer: initializer(1),
      name: "hidden",
    }));
    base.add(tf.layers.dropout({ rate: dropout, name: "dropout" }));
  }
  base.add(
    tf.layers.dense({ units: classes, kernelInitializer: initializer(2), name: LOGITS }),
  );
  base.add(tf.layers.softmax({ name: "probabilities" }));
  return base;
}

/** The layers of a network up to and with its features, and those behind, up to and with the logits. */
export function splitNetwork(
  network: tf.LayersModel,
): { base: tf.layers.Layer[]; head: tf.layers.Layer[] } {
  const names = network.layers.map(({ name }) => name);
  const [features, logits] = [names.indexOf(FEATURES), names.indexOf(LOGITS)];
  if (features < 0 || logits < features) {
    throw new TypeError(
      `Expected a network with layers named ${FEATURES} and ${LOGITS} but found ${
        names.join(", ")
      }`,
    );
  }
  return {
    base: network.layers.slice(0, features + 1),
    head: network.layers.slice(features + 1, logits + 1),
  };
}
