/**
 * A convolution block as one operation: convolution 3×3 'same', 1×1 or depthwise 3×3 'same', without
 * bias → max-pooling 2×2 → batch normalisation → ReLU, with or without pooling; without pooling, also
 * without ReLU. The layers stay what they are; only their computation is fused.
 */

import * as tf from "@tensorflow/tfjs";
import { CONVOLUTIONS } from "./convolutions.ts";
import type { KernelCall, WasmKernels } from "./wasm_backend.ts";

/**
 * Computes the block that begins at `layers[start]` at once, if there is one and the fast kernels are
 * installed.
 *
 * In training the batch's own statistics are used and the moving ones updated, as the layer does.
 * Gradients flow to the weights, and to the input unless it has one channel only.
 *
 * @param layers Layers of a sequential network.
 * @param start Index of the block's first layer.
 * @param input `[batch, height, width, channels]`.
 * @param training Whether batch normalisation works as in training.
 * @returns What the block gives and of how many layers it is, or `undefined` if the layers are not a
 * block that the kernels support.
 */
export function applyBlock(
  layers: tf.layers.Layer[],
  start: number,
  input: tf.Tensor,
  training: boolean,
): { output: tf.Tensor; layerCount: number } | undefined {
  if (!tf.getKernel("ConvolutionBlock", tf.getBackend())) return undefined;
  // The fused block in use has no gradient; the layers have theirs.
  if (!training && tf.engine().state.gradientDepth > 0) return undefined;
  const block = blockAt(layers, start);
  if (!block || input.rank !== 4 || input.dtype !== "float32") return undefined;
  const { convolution, norm, layerCount, ...kind } = block;
  const filter = convolution.weights[0].read();
  if (!isSupported(input.shape, filter.shape, kind)) return undefined;
  const [gamma, beta, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
  const { epsilon, momentum } = norm.getConfig() as { epsilon: number; momentum: number };
  const attrs = { ...kind, epsilon, momentum };
  if (!training) {
    const output: tf.Tensor = tf.engine().runKernel("ConvolutionBlockInUse", {
      x: input,
      filter,
      gamma,
      beta,
      mean: movingMean,
      variance: movingVariance,
    }, attrs);
    return { output, layerCount };
  }
  const output = tf.tidy(() => {
    let moved: tf.Tensor[] = [];
    const block = tf.customGrad((...parameters) => {
      const save = parameters.pop() as unknown as tf.GradSaveFunc;
      const [x, filter, gamma, beta] = parameters as tf.Tensor[];
      const inputs = { x, filter, gamma, beta, movingMean, movingVariance };
      const [y, product, mask, mean, variance, ...statistics] = runKernel(
        "ConvolutionBlock",
        inputs,
        attrs,
      );
      moved = statistics.map((tensor) => tf.keep(tensor));
      save([x, filter, gamma, beta, product, mask, mean, variance]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter, gamma, beta, product, mask, mean, variance] = saved;
        return runKernel("ConvolutionBlockGradient", {
          ...{ dy, x, filter, gamma, beta, product, mask, mean, variance },
        }, attrs);
      };
      return { value: y, gradFunc };
    });
    const y = block(input, filter, gamma, beta);
    [movingMean, movingVariance].forEach((moving, i) => (moving as tf.Variable).assign(moved[i]));
    tf.dispose(moved);
    return y;
  });
  return { output, layerCount };
}

/** What a block is made of, beside the batch norm. */
type Kind = {
  isDepthwise: boolean;
  pools: boolean;
  rectifies: boolean;
};

function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Kind & { epsilon: number; momentum: number },
): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attrs);
}

/** The block that begins at `layers[start]`. */
function blockAt(
  layers: tf.layers.Layer[],
  start: number,
): Kind & { convolution: tf.layers.Layer; norm: tf.layers.Layer; layerCount: number } | undefined {
  let end = start;
  const next = (isWanted: (layer: tf.layers.Layer) => boolean) =>
    end < layers.length && isWanted(layers[end]) ? layers[end++] : undefined;
  const convolution = next(isConvolution);
  if (!convolution) return undefined;
  const pools = next(isPooling) !== undefined;
  const norm = next(isNorm);
  const rectifies = norm !== undefined && next(isRectifier) !== undefined;
  if (!norm || norm.trainable !== convolution.trainable || (pools && !rectifies)) return undefined;
  const isDepthwise = convolution.getClassName() === "DepthwiseConv2D";
  return { convolution, isDepthwise, pools, norm, rectifies, layerCount: end - start };
}

function isConvolution(layer: tf.layers.Layer): boolean {
  const name = layer.getClassName();
  if (name !== "Conv2D" && name !== "DepthwiseConv2D") return false;
  const config = layer.getConfig();
  const isBordered = isPair(config.kernelSize, 3) && config.padding === "same";
  const isSupported = name === "Conv2D"
    ? isBordered || isPair(config.kernelSize, 1)
    : isBordered && config.depthMultiplier === 1;
  return isSupported && config.useBias === false && config.activation === "linear" &&
    config.dataFormat === "channelsLast" && isPair(config.strides, 1) &&
    isPair(config.dilationRate, 1);
}

function isPooling(layer: tf.layers.Layer): boolean {
  if (layer.getClassName() !== "MaxPooling2D") return false;
  const config = layer.getConfig();
  return config.padding === "valid" && config.dataFormat === "channelsLast" &&
    isPair(config.poolSize, 2) && isPair(config.strides, 2);
}

function isNorm(layer: tf.layers.Layer): boolean {
  if (layer.getClassName() !== "BatchNormalization") return false;
  const { axis, center, scale } = layer.getConfig();
  return (axis === -1 || axis === 3) && center === true && scale === true;
}

function isRectifier(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === "Activation" && layer.getConfig().activation === "relu";
}

/** Whether a size that layers write as a number, a list or nothing means `size` in both directions. */
function isPair(value: unknown, size: number): boolean {
  return [value].flat().every((side) => (side ?? 1) === size);
}

function isSupported(
  [, height, width, inputs]: number[],
  filterShape: number[],
  { isDepthwise, pools }: Kind,
): boolean {
  if (isDepthwise) return !pools && inputs % 4 === 0;
  const isPicture = inputs === 1 && pools && filterShape[0] === 3;
  return (!pools || (height > 1 && width > 1)) && filterShape[3] % 8 === 0 &&
    (isPicture || inputs % 8 === 0);
}

/** The block's kernels. */
export const BLOCK_KERNELS = {
  ConvolutionBlock: forward,
  ConvolutionBlockInUse: forwardInUse,
  ConvolutionBlockGradient: backward,
};

function convolutionOf(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  { isDepthwise, pools, rectifies }: Kind,
) {
  const [batch, height, width, inputs] = x.shape;
  const size = { batch, height, width, inputs, outputs: filter.shape[3] };
  if (isDepthwise) return CONVOLUTIONS.depthwise(kernels, size, rectifies);
  if (inputs === 1) return CONVOLUTIONS.picture(kernels, size);
  const isPointwise = filter.shape[0] === 1;
  return CONVOLUTIONS[isPointwise ? "pointwise" : "winograd"](kernels, size, pools);
}

/** Shape of what the norm normalises. */
function productShape({ shape }: tf.TensorInfo, norm: tf.TensorInfo, { pools }: Kind): number[] {
  const [batch, height, width] = shape;
  return [batch, ...(pools ? [height >> 1, width >> 1] : [height, width]), norm.shape[0]];
}

/** Output, product, mask, mean, variance, and the moving mean and variance after this batch. */
function forward(kernels: WasmKernels, call: KernelCall): tf.TensorInfo[] {
  const { inputs, attrs } = call;
  const { x, filter, gamma, beta, movingMean, movingVariance } = inputs;
  const { pools, rectifies, epsilon } = attrs;
  const convolution = convolutionOf(kernels, x, filter, attrs as Kind);
  const shape = productShape(x, gamma, attrs as Kind);
  const [channels] = gamma.shape;
  const rows = tf.util.sizeFromShape(shape) / channels;
  const [y, product] = [kernels.output(shape), kernels.output(shape)];
  const mask = kernels.output(pools ? shape : [], "bool"); // else a placeholder
  const [mean, variance] = [kernels.output([channels]), kernels.output([channels])];
  const affine = kernels.scratch(8 * channels + convolution.scratchBytes);
  convolution.forward({
    ...{ x, filter, y: product, mask: pools ? mask : undefined },
    scratch: affine + 8 * channels,
  });
  kernels.run("moments", { x: product, mean, variance, rows, channels });
  kernels.run("affineOfNorm", { mean, variance, gamma, beta, epsilon, affine, channels });
  kernels.run("applyAffine", { x: product, affine, y, rows, channels, rectify: rectifies });
  const moved = [[movingMean, mean], [movingVariance, variance]]
    .map(([moving, latest]) => follow(kernels, call, moving, latest));
  return [y, product, mask, mean, variance, ...moved];
}

/** momentum · moving + (1 − momentum) · latest. */
function follow(
  kernels: WasmKernels,
  { attrs: { momentum }, backend }: KernelCall,
  moving: tf.TensorInfo,
  latest: tf.TensorInfo,
): tf.TensorInfo {
  const moved = kernels.output(moving.shape);
  const [before, now, after] = [moving, latest, moved].map((x) => backend.typedArrayFromHeap(x));
  for (let c = 0; c < after.length; c++) after[c] = momentum * before[c] + (1 - momentum) * now[c];
  return moved;
}

function forwardInUse(kernels: WasmKernels, call: KernelCall): tf.TensorInfo {
  const { x, filter, gamma, beta, mean, variance } = call.inputs;
  const { pools, rectifies, epsilon } = call.attrs;
  const convolution = convolutionOf(kernels, x, filter, call.attrs as Kind);
  const shape = productShape(x, gamma, call.attrs as Kind);
  const [channels] = gamma.shape;
  const rows = tf.util.sizeFromShape(shape) / channels;
  const y = kernels.output(shape);
  const affine = kernels.scratch(8 * channels + convolution.scratchBytes);
  kernels.run("affineOfNorm", { mean, variance, gamma, beta, epsilon, affine, channels });
  convolution.forward({
    ...{ x, filter, y, affine: pools ? affine : undefined },
    scratch: affine + 8 * channels,
  });
  if (!pools) {
    kernels.run("applyAffine", { x: y, affine, y, rows, channels, rectify: rectifies });
  }
  return y;
}

/** Gradients of input (a placeholder if that has one channel), filter, gamma and beta. */
function backward(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const { dy, x, filter, gamma, beta, product, mask, mean, variance } = inputs;
  const { isDepthwise, pools, rectifies, epsilon } = attrs;
  const convolution = convolutionOf(kernels, x, filter, attrs as Kind);
  const [channels] = gamma.shape;
  const rows = tf.util.sizeFromShape(dy.shape) / channels;
  const goesThroughNorm = pools || isDepthwise;
  const dx = kernels.output(x.shape[3] === 1 ? [] : x.shape);
  const dw = kernels.output(filter.shape);
  const [dGamma, dBeta] = [kernels.output([channels]), kernels.output([channels])];
  const gradientBytes = goesThroughNorm ? 0 : 4 * rows * channels;
  const norm = kernels.scratch(24 * channels + gradientBytes + convolution.scratchBytes);
  const sums = norm + 16 * channels;
  const gradient = sums + 8 * channels;
  const scratch = gradient + gradientBytes;
  kernels.run("affineOfNorm", {
    ...{ mean, variance, gamma, beta, epsilon, affine: norm, channels },
  });
  kernels.run("sumNormGradient", {
    ...{ dy, x: product, mean, affine: rectifies ? norm : undefined, sums, rows, channels },
  });
  kernels.run("normGradient", {
    ...{ sums, mean, variance, epsilon, rows, norm, dGamma, dBeta, channels },
  });
  const operands = { x, filter, dx, dw, scratch };
  if (goesThroughNorm) {
    convolution.backward({ dy, product, mask: pools ? mask : undefined, norm, ...operands });
  } else {
    kernels.run("applyNormGradient", {
      ...{ dy, x: product, norm, dx: gradient, rows, channels, rectify: rectifies },
    });
    convolution.backward({ dy: gradient, ...operands });
  }
  return [dx, dw, dGamma, dBeta];
}
