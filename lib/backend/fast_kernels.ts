/**
 * Kernels that replace tfjs's own on the WASM backend, each where it can, so that any LayersModel
 * trains faster unchanged.
 */

import * as tf from "@tensorflow/tfjs";
import { BLOCK_KERNELS, CONVOLUTION_KERNELS } from "./convolutions.ts";
import { MENDED_KERNELS } from "./mended_kernels.ts";
import { type Kernel, type KernelCall, replaceKernels, type WasmKernels } from "./wasm_backend.ts";

/** Computes a call, or gives `undefined` of one that it does not support. */
type FastKernel<Output = tf.TensorInfo | tf.TensorInfo[]> = (
  kernels: WasmKernels,
  call: KernelCall,
) => Output | undefined;

/** Kernels for floats that replace tfjs's. */
const FAST_KERNELS: Record<string, FastKernel> = {
  Identity: (_kernels, { inputs: { x }, backend }) => {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
  ...CONVOLUTION_KERNELS,
  FusedConv2D: withBias(CONVOLUTION_KERNELS.Conv2D),
  BatchMatMul: multiply,
  _FusedMatMul: withBias(multiply),
  MaxPoolGrad: maxPoolGradient,
  Sum: (kernels, call) => sumRows(kernels, call, 1),
  Mean: (kernels, call) => sumRows(kernels, call, 1 / rowsOf(call.inputs.x)),
  FusedBatchNorm: normalise,
  ClipByValue: (kernels, call) =>
    clip(kernels, call, call.attrs.clipValueMin, call.attrs.clipValueMax),
  Relu: (kernels, call) => clip(kernels, call, 0, Infinity),
  Relu6: (kernels, call) => clip(kernels, call, 0, 6),
  Tanh: tanh,
  Concat: concatenate,
  SplitV: split,
};

/** Kernels of operations that tfjs does not know. */
const OWN_KERNELS: Record<string, FastKernel> = {
  BatchNormSums: sumNormGradient,
  RectifierGradient: rectifierGradient,
  AdamWStep: adamWStep,
  LstmSteps: lstmSteps,
  LstmStepsGradient: lstmStepsGradient,
  ...BLOCK_KERNELS,
};

/** Installs the kernels, above those that mend tfjs's, and gradients that use them. */
export function installFastKernels(kernels: WasmKernels): void {
  const fast = Object.entries(FAST_KERNELS).map(([name, kernel]) => {
    const replace = (replaced: Kernel) => (call: KernelCall) =>
      (areFloats(...Object.values(call.inputs)) && kernel(kernels, call)) || replaced(call);
    return [name, replace];
  });
  const own = Object.entries(OWN_KERNELS)
    .map(([name, kernel]) => [name, () => (call: KernelCall) => kernel(kernels, call)]);
  replaceKernels([...MENDED_KERNELS, Object.fromEntries([...fast, ...own])], {
    FusedBatchNorm: gradientOfNorm,
    Relu: gradientOfRectifier,
  });
}

/** One product of two matrices, its columns in eights. */
function multiply(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo | undefined {
  const { a, b } = inputs;
  const { transposeA = false, transposeB = false } = attrs;
  const isMatrix = ({ shape }: tf.TensorInfo) => shape.slice(0, -2).every((size) => size === 1);
  if (!isMatrix(a) || !isMatrix(b)) return undefined;
  const [rows, depth] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  if (columns % 8 !== 0) return undefined;
  const rank = Math.max(a.shape.length, b.shape.length);
  const c = kernels.output([...Array(rank - 2).fill(1), rows, columns]);
  const size = { rows, columns, depth };
  const scratch = kernels.scratch(kernels.run("multiplyMatricesScratch", size));
  kernels.run("multiplyMatrices", {
    ...{ a, b, c, ...size, transposeA, transposeB, accumulate: false, scratch },
  });
  return c;
}

/** The product and what is fused into it: at most a bias and a ReLU. */
function withBias(product: FastKernel<tf.TensorInfo>): FastKernel {
  return (kernels, call) => {
    const { inputs: { bias, preluActivationWeights }, attrs: { activation } } = call;
    const rectify = activation === "relu";
    const isSupported = !preluActivationWeights && (activation === "linear" || rectify) &&
      (!bias || bias.shape.length === 1);
    const y = isSupported ? product(kernels, call) : undefined;
    if (y && (bias || rectify)) {
      kernels.run("addBias", { y, bias, rows: rowsOf(y), channels: channelsOf(y), rectify });
    }
    return y;
  };
}

/** Of 2×2 maxima in steps of two without a border, channels in fours. */
function maxPoolGradient(
  kernels: WasmKernels,
  { inputs: { dy, input: x }, attrs }: KernelCall,
): tf.TensorInfo | undefined {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = x.shape as [number, number, number, number];
  const [batch, height, width, channels] = shape;
  const { padInfo: { top, bottom, left, right } } = tf.backend_util
    .computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const isSupported = channels % 4 === 0 &&
    [filterSize, strides].flat().every((size) => size === 2) &&
    [top, bottom, left, right].every((size) => size === 0);
  if (!isSupported) return undefined;
  const dx = kernels.output(shape);
  kernels.run("maxPoolGradient", { dy, x, dx, batch, height, width, channels });
  return dx;
}

/** Sum over all axes but the last, times `factor`; channels in fours. */
function sumRows(
  kernels: WasmKernels,
  { inputs: { x }, attrs: { axis, keepDims } }: KernelCall,
  factor: number,
): tf.TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const channels = channelsOf(x);
  const isSupported = channels % 4 === 0 && axes.length > 0 &&
    axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i);
  if (!isSupported) return undefined;
  const sums = kernels.output(keepDims ? [...axes.map(() => 1), channels] : [channels]);
  kernels.run("sumRows", { x, sums, rows: rowsOf(x), channels, factor });
  return sums;
}

function normalise(
  kernels: WasmKernels,
  { inputs: { x, mean, variance, offset, scale }, attrs }: KernelCall,
): tf.TensorInfo | undefined {
  if (!isNormOfChannels(x, mean, variance, offset, scale)) return undefined;
  const channels = channelsOf(x);
  const affine = kernels.scratch(8 * channels);
  const y = kernels.output(x.shape);
  kernels.run("affineOfNorm", {
    ...{ mean, variance, gamma: scale, beta: offset },
    ...{ epsilon: attrs.varianceEpsilon, affine, channels },
  });
  kernels.run("applyAffine", { x, affine, y, rows: rowsOf(x), channels, rectify: false });
  return y;
}

/** What {@linkcode gradientOfNorm} is made of: the sums of dy and of dy · (x − mean), `[2, channels]`. */
function sumNormGradient(
  kernels: WasmKernels,
  { inputs: { dy, x, mean } }: KernelCall,
): tf.TensorInfo {
  const channels = channelsOf(x);
  const sums = kernels.output([2, channels]);
  kernels.run("sumNormGradient", { dy, x, mean, sums, rows: rowsOf(x), channels });
  return sums;
}

function gradientOfNorm(
  dy: tf.Tensor | tf.Tensor[],
  [x, mean, variance, scale]: tf.Tensor[],
  attrs: tf.NamedAttrMap,
) {
  const gradient = dy as tf.Tensor;
  if (!isNormOfChannels(x, mean, variance, scale) || !areFloats(gradient)) return undefined;
  const sums: tf.Tensor = tf.engine().runKernel("BatchNormSums", { dy: gradient, x, mean });
  const [sum, products] = tf.unstack(sums);
  const { varianceEpsilon } = attrs as { varianceEpsilon: number };
  const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon));
  const factor = scale ? inverse.mul(scale) : inverse;
  return {
    x: () => gradient.mul(factor),
    mean: () => factor.mul(sum).neg(),
    variance: () => factor.mul(inverse).mul(inverse).mul(products).mul(-0.5),
    scale: () => products.mul(inverse),
    offset: () => sum,
  };
}

function rectifierGradient(kernels: WasmKernels, { inputs: { dy, x } }: KernelCall): tf.TensorInfo {
  const dx = kernels.output(x.shape);
  kernels.run("rectifierGradient", { dy, x, dx, size: tf.util.sizeFromShape(x.shape) });
  return dx;
}

function gradientOfRectifier(dy: tf.Tensor | tf.Tensor[], [x]: tf.Tensor[]) {
  const inputs = { dy: dy as tf.Tensor, x };
  if (!areFloats(inputs.dy, x)) return undefined;
  return { x: (): tf.Tensor => tf.engine().runKernel("RectifierGradient", inputs) };
}

function clip(kernels: WasmKernels, { inputs: { x } }: KernelCall, low: number, high: number) {
  const y = kernels.output(x.shape);
  kernels.run("clip", { x, y, size: tf.util.sizeFromShape(x.shape), low, high });
  return y;
}

function tanh(kernels: WasmKernels, { inputs: { x } }: KernelCall): tf.TensorInfo {
  const y = kernels.output(x.shape);
  kernels.run("tanh", { x, y, size: tf.util.sizeFromShape(x.shape) });
  return y;
}

function concatenate(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo {
  const parts = Object.values(inputs);
  const [axis] = tf.util.parseAxisParam(attrs.axis, parts[0].shape);
  const shapes = parts.map(({ shape }) => shape);
  const whole = kernels.output(tf.backend_util.computeOutShape(shapes, axis));
  copyParts(kernels, parts, whole, axis, true);
  return whole;
}

function split(kernels: WasmKernels, { inputs: { x }, attrs }: KernelCall): tf.TensorInfo[] {
  const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
  const parts = sizes.map((size) => kernels.output(x.shape.with(axis, size)));
  copyParts(kernels, parts, x, axis, false);
  return parts;
}

/** Copies the parts that a tensor consists of along an axis: all of them into it, or it into all of them. */
function copyParts(
  kernels: WasmKernels,
  parts: tf.TensorInfo[],
  whole: tf.TensorInfo,
  axis: number,
  joins: boolean,
): void {
  const rows = tf.util.sizeFromShape(whole.shape.slice(0, axis));
  const stride = tf.util.sizeFromShape(whole.shape.slice(axis));
  let address = kernels.address(whole);
  for (const part of parts) {
    const width = tf.util.sizeFromShape(part.shape.slice(axis));
    kernels.run("copyRows", {
      ...(joins ? { x: part, y: address } : { x: address, y: part }),
      ...{ rows, width, fromStride: joins ? width : stride, toStride: joins ? stride : width },
    });
    address += 4 * width;
  }
}

/** The weight after the step; both moments change in place. */
function adamWStep(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo {
  const { weight, gradient, first, second } = inputs;
  const { beta1, beta2, keep, rate, correction, epsilon } = attrs;
  const updated = kernels.output(weight.shape);
  kernels.run("adamW", {
    ...{ weight, gradient, mean: first, square: second, updated },
    size: tf.util.sizeFromShape(weight.shape),
    ...{ beta1, beta2, keep, rate, correction, epsilon },
  });
  return updated;
}

/** Of an LSTM: outputs and the last cells, then the cells before them and the gates, or if none is to be kept of one step. */
function lstmSteps(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const { z, recurrent, output, cell } = inputs;
  const { hard, keepsAll } = attrs;
  const [time, rows, width] = z.shape;
  const [, units] = output.shape;
  const y = kernels.output([time + 1, rows, units]);
  const cells = kernels.output([keepsAll ? time : 1, rows, units]);
  const gates = kernels.output([keepsAll ? time : 1, rows, width]);
  const { addressOf, outputAt, cellAt } = lstmAddresses(kernels, { y, cells, output, cell });
  const size = { rows, columns: width, depth: units };
  const scratch = kernels.scratch(kernels.run("multiplyMatricesScratch", size));
  const options = { ...size, transposeA: false, transposeB: false, accumulate: false, scratch };
  for (let t = 0; t < time; t++) {
    const c = addressOf(gates, keepsAll ? t : 0);
    kernels.run("multiplyMatrices", { a: outputAt(t - 1), b: recurrent, c, ...options });
    kernels.run("lstmStep", {
      ...{ z: addressOf(z, t), gates: c, before: cellAt(t - 1), cells: cellAt(t) },
      ...{ outputs: outputAt(t), rows, units, hard },
    });
  }
  return [y, cells, gates];
}

/** Of an LSTM: gradients of z, of the recurrent kernel, and of output and cell before the first step. */
function lstmStepsGradient(
  kernels: WasmKernels,
  { inputs, attrs, backend }: KernelCall,
): tf.TensorInfo[] {
  const { dy, recurrent, output, cell, y, cells, gates } = inputs;
  const [time, rows, width] = gates.shape;
  const [, units] = output.shape;
  const [dz, dRecurrent] = [gates, recurrent].map(({ shape }) => kernels.output(shape));
  const [dOutput, dCell] = [output, output].map(({ shape }) => kernels.output(shape));
  const { addressOf, outputAt, cellAt } = lstmAddresses(kernels, { y, cells, output, cell });
  const [dyValues, dOutputs, dCells] = [dy, dOutput, dCell].map((tensor) =>
    backend.typedArrayFromHeap(tensor)
  );
  dOutputs.fill(0);
  dCells.set(dyValues.subarray(time * rows * units));

  const back = { rows, columns: units, depth: width };
  const sum = { rows: units, columns: width, depth: Math.max(1, time - 1) * rows };
  const scratch = kernels.scratch(
    Math.max(...[back, sum].map((size) => kernels.run("multiplyMatricesScratch", size))),
  );
  for (let t = time - 1; t >= 0; t--) {
    const a = addressOf(dz, t);
    kernels.run("lstmStepGradient", {
      ...{ gates: addressOf(gates, t), before: cellAt(t - 1), cells: cellAt(t) },
      ...{ dy: addressOf(dy, t), dOutputs: dOutput, dCells: dCell, dz: a },
      ...{ rows, units, hard: attrs.hard },
    });
    kernels.run("multiplyMatrices", {
      ...{ a, b: recurrent, c: dOutput, ...back },
      ...{ transposeA: false, transposeB: true, accumulate: false, scratch },
    });
  }
  const transposed = { transposeA: true, transposeB: false, scratch };
  kernels.run("multiplyMatrices", {
    ...{ a: output, b: dz, c: dRecurrent, ...sum, depth: rows },
    ...{ ...transposed, accumulate: false },
  });
  if (time > 1) {
    kernels.run("multiplyMatrices", {
      ...{ a: outputAt(0), b: addressOf(dz, 1), c: dRecurrent, ...sum },
      ...{ ...transposed, accumulate: true },
    });
  }
  return [dz, dRecurrent, dOutput, dCell];
}

/** Where steps of an LSTM are; outputs and cells at −1 are those before the first. */
function lstmAddresses(
  kernels: WasmKernels,
  { y, cells, output, cell }: Record<"y" | "cells" | "output" | "cell", tf.TensorInfo>,
) {
  const addressOf = (tensor: tf.TensorInfo, t: number) =>
    kernels.address(tensor) + 4 * t * tf.util.sizeFromShape(tensor.shape.slice(1));
  const last = y.shape[0] - 2;
  return {
    /** Of a step of a tensor whose first axis is time. */
    addressOf,
    outputAt: (t: number) => t < 0 ? kernels.address(output) : addressOf(y, t),
    cellAt: (t: number) => {
      if (t < 0) return kernels.address(cell);
      return t === last ? addressOf(y, t + 1) : addressOf(cells, cells.shape[0] > 1 ? t : 0);
    },
  };
}

function areFloats(...tensors: (tf.TensorInfo | undefined)[]): boolean {
  return tensors.every((tensor) => !tensor || tensor.dtype === "float32");
}

function channelsOf({ shape }: tf.TensorInfo): number {
  return shape[shape.length - 1];
}

function rowsOf(x: tf.TensorInfo): number {
  return tf.util.sizeFromShape(x.shape) / channelsOf(x);
}

/** Statistics for every channel, channels in fours. */
function isNormOfChannels(x: tf.TensorInfo, ...statistics: (tf.TensorInfo | undefined)[]): boolean {
  const channels = channelsOf(x);
  return areFloats(x, ...statistics) && channels % 4 === 0 &&
    statistics.every((tensor) =>
      tensor === undefined || (tensor.shape.length === 1 && tensor.shape[0] === channels)
    );
}
