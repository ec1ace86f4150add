/**
 * A convolution block as one operation: convolution 3×3 'same' without bias → max-pooling 2×2 →
 * batch normalisation → ReLU. The layers stay what they are; only their computation is fused.
 */

import * as tf from "@tensorflow/tfjs";
import { picturesAtATime } from "./fast_kernels.ts";
import { type KernelCall, overrideKernel } from "./wasm_backend.ts";
import type { WasmKernels } from "./wasm_kernels.ts";

/** Layers of a block. */
export const BLOCK_LAYERS = 4;

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
 * @returns What the block's {@linkcode BLOCK_LAYERS} layers give, or `undefined` if these are not a
 * block that the kernels support.
 *
 * @example Layer by layer where nothing is fused
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * await tf.setBackend("cpu");
 * const layer = tf.layers.flatten();
 * assertEquals(applyBlock([layer], 0, tf.zeros([1, 2, 2, 1]), false), undefined);
 * ```
 */
export function applyBlock(
  layers: tf.layers.Layer[],
  start: number,
  input: tf.Tensor,
  training: boolean,
): tf.Tensor | undefined {
  if (!tf.getKernel("ConvolutionBlock", tf.getBackend())) return undefined;
  // The fused block in use has no gradient; the layers have theirs.
  if (!training && tf.engine().state.gradientDepth > 0) return undefined;
  const [convolution, pooling, norm, activation] = layers.slice(start, start + BLOCK_LAYERS);
  const isBlock = activation !== undefined && input.rank === 4 && input.dtype === "float32" &&
    isConvolution(convolution) && isPooling(pooling) && isNorm(norm) && isRectifier(activation) &&
    convolution.trainable === norm.trainable;
  if (!isBlock) return undefined;
  const filter = convolution.weights[0].read();
  const [gamma, beta, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
  const [height, width, channels] = input.shape.slice(1);
  const outputs = filter.shape[3]!;
  const supported = height > 1 && width > 1 && outputs % 8 === 0 &&
    (channels === 1 || channels % 8 === 0);
  if (!supported) return undefined;
  const { epsilon, momentum } = norm.getConfig() as { epsilon: number; momentum: number };
  if (!training) {
    return tf.engine().runKernel("ConvolutionBlockInUse", {
      x: input,
      filter,
      gamma,
      beta,
      mean: movingMean,
      variance: movingVariance,
    }, { epsilon });
  }
  return tf.tidy(() => {
    let statistics: tf.Tensor[] = [];
    const block = tf.customGrad((...parameters) => {
      const save = parameters.pop() as unknown as tf.GradSaveFunc;
      const [x, filter, gamma, beta] = parameters as tf.Tensor[];
      const inputs = { x, filter, gamma, beta };
      const [y, pooled, mask, mean, variance] = runKernel("ConvolutionBlock", inputs, { epsilon });
      statistics = [tf.keep(mean), tf.keep(variance)];
      save([x, filter, gamma, beta, pooled, mask, mean, variance]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter, gamma, beta, pooled, mask, mean, variance] = saved;
        return runKernel("ConvolutionBlockGradient", {
          ...{ dy, x, filter, gamma, beta, pooled, mask, mean, variance },
        }, { epsilon });
      };
      return { value: y, gradFunc };
    });
    const y = block(input, filter, gamma, beta);
    for (const [moving, value] of [[movingMean, statistics[0]], [movingVariance, statistics[1]]]) {
      const followed = moving.mul(momentum).add(value.mul(1 - momentum));
      (moving as tf.Variable).assign(followed);
    }
    tf.dispose(statistics);
    return y;
  });
}

function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: { epsilon: number },
): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attrs);
}

function isConvolution(layer: tf.layers.Layer): boolean {
  const config = layer.getConfig();
  return layer.getClassName() === "Conv2D" && config.useBias === false &&
    config.activation === "linear" && config.padding === "same" &&
    config.dataFormat === "channelsLast" && isPair(config.kernelSize, 3) &&
    isPair(config.strides, 1) && isPair(config.dilationRate, 1);
}

function isPooling(layer: tf.layers.Layer): boolean {
  const config = layer.getConfig();
  return layer.getClassName() === "MaxPooling2D" && config.padding === "valid" &&
    config.dataFormat === "channelsLast" && isPair(config.poolSize, 2) && isPair(config.strides, 2);
}

function isNorm(layer: tf.layers.Layer): boolean {
  const { axis, center, scale } = layer.getConfig();
  return layer.getClassName() === "BatchNormalization" && (axis === -1 || axis === 3) &&
    center === true && scale === true;
}

function isRectifier(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === "Activation" && layer.getConfig().activation === "relu";
}

/** Whether a size that layers write as a number, a list or nothing means `size` in both directions. */
function isPair(value: unknown, size: number): boolean {
  return [value].flat().every((side) => (side ?? 1) === size);
}

/** Registers the block's kernels; the WASM backend must be active. */
export function installFusedBlock(kernels: WasmKernels): void {
  overrideKernel("ConvolutionBlock", () => (call) => forward(kernels, call));
  overrideKernel("ConvolutionBlockInUse", () => (call) => forwardInUse(kernels, call));
  overrideKernel("ConvolutionBlockGradient", () => (call) => backward(kernels, call));
}

/** Sizes of a block, and bytes of scratch that its convolution needs. */
function measure(kernels: WasmKernels, x: tf.TensorInfo, filter: tf.TensorInfo) {
  const [batch, height, width, inputs] = x.shape;
  const outputs = filter.shape[3];
  const isPicture = inputs === 1;
  const chunk = picturesAtATime(batch, height & ~1, width & ~1, inputs, outputs);
  const size = isPicture ? [height, width, outputs] : [height, width, inputs, outputs];
  const scratchBytes = isPicture
    ? kernels.run("convolvePictureScratch", height, width)
    : kernels.run("convolveScratch", chunk, ...size, true);
  const shape = [batch, height >> 1, width >> 1, outputs];
  const rows = shape[0] * shape[1] * shape[2];
  return {
    isPicture,
    batches: isPicture ? [batch] : [batch, chunk],
    size,
    scratchBytes,
    shape,
    rows,
    channels: outputs,
  };
}

function forward(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const { x, filter, gamma, beta } = inputs;
  const { isPicture, batches, size, scratchBytes, shape, rows, channels } = measure(
    kernels,
    x,
    filter,
  );
  const [y, pooled, mask] = [kernels.output(shape), kernels.output(shape), kernels.bytes(shape)];
  const [mean, variance] = [kernels.output([channels]), kernels.output([channels])];
  const affine = kernels.scratch(8 * channels + scratchBytes);
  kernels.run(
    isPicture ? "convolvePicture" : "convolve",
    ...[x, filter, pooled, mask, 0, ...batches, ...size, affine + 8 * channels],
  );
  kernels.run("moments", pooled, mean, variance, rows, channels);
  kernels.run("affineOfNorm", mean, variance, gamma, beta, attrs.epsilon, affine, channels);
  kernels.run("applyAffine", pooled, affine, y, rows, channels, true);
  return [y, pooled, mask, mean, variance];
}

function forwardInUse(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo {
  const { x, filter, gamma, beta, mean, variance } = inputs;
  const { isPicture, batches, size, scratchBytes, shape, channels } = measure(kernels, x, filter);
  const y = kernels.output(shape);
  const affine = kernels.scratch(8 * channels + scratchBytes);
  kernels.run("affineOfNorm", mean, variance, gamma, beta, attrs.epsilon, affine, channels);
  kernels.run(
    isPicture ? "convolvePicture" : "convolve",
    ...[x, filter, y, 0, affine, ...batches, ...size, affine + 8 * channels],
  );
  return y;
}

/** Gradients of input (a placeholder if that has one channel), filter, gamma and beta. */
function backward(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const { dy, x, filter, gamma, beta, pooled, mask, mean, variance } = inputs;
  const { isPicture, batches, size, scratchBytes, rows, channels } = measure(kernels, x, filter);
  const dx = kernels.output(isPicture ? [] : x.shape);
  const dw = kernels.output(filter.shape);
  const [dGamma, dBeta] = [kernels.output([channels]), kernels.output([channels])];
  const norm = kernels.scratch(24 * channels + scratchBytes);
  const sums = norm + 16 * channels;
  const scratch = sums + 8 * channels;
  kernels.run("affineOfNorm", mean, variance, gamma, beta, attrs.epsilon, norm, channels);
  kernels.run("sumNormGradient", dy, pooled, mean, norm, sums, rows, channels);
  kernels.run(
    "normGradient",
    ...[sums, mean, variance, attrs.epsilon, rows, norm, dGamma, dBeta, channels],
  );
  if (isPicture) {
    kernels.run(
      "convolvePictureGradient",
      ...[x, dy, pooled, mask, norm, dw, ...batches, ...size, scratch],
    );
  } else {
    kernels.run(
      "convolveGradient",
      ...[x, filter, dy, pooled, mask, norm, dx, dw, ...batches, ...size, scratch],
    );
  }
  return [dx, dw, dGamma, dBeta];
}
