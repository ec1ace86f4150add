/**
 * Kernels that replace tfjs's own on the WASM backend, each where it can, so that any LayersModel
 * trains faster unchanged.
 */

import * as tf from "@tensorflow/tfjs";
import { CONVOLUTIONS } from "./convolutions.ts";
import { BLOCK_KERNELS } from "./fused_block.ts";
import { LSTM_KERNELS } from "./lstm.ts";
import {
  type Gradient,
  type KernelCall,
  type Replacements,
  type WasmKernels,
} from "./wasm_backend.ts";

/** Computes a call, or gives `undefined` of one that it does not support. */
type FastKernel<Output = tf.TensorInfo> = (
  kernels: WasmKernels,
  call: KernelCall,
) => Output | undefined;

const FAST_KERNELS: Record<string, FastKernel<tf.TensorInfo | tf.TensorInfo[]>> = {
  Identity: shareValues,
  Conv2D: convolve,
  FusedConv2D: withBias(convolve),
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNative: convolveDepthwise,
  DepthwiseConv2dNativeBackpropInput: convolveDepthwise,
  DepthwiseConv2dNativeBackpropFilter: convolveDepthwise,
  BatchMatMul: multiply,
  _FusedMatMul: withBias(multiply),
  MaxPoolGrad: maxPoolGradient,
  Sum: (kernels, call) => sumRows(kernels, call, 1),
  Mean: (kernels, call) => sumRows(kernels, call, 1 / rowsOf(call.inputs.x)),
  FusedBatchNorm: normalise,
  BatchNormSums: sumNormGradient,
  RectifierGradient: rectifierGradient,
  ClipByValue: (kernels, call) =>
    clip(kernels, call, call.attrs.clipValueMin, call.attrs.clipValueMax),
  Relu: (kernels, call) => clip(kernels, call, 0, Infinity),
  Relu6: (kernels, call) => clip(kernels, call, 0, 6),
  Tanh: tanh,
  Concat: concatenate,
  SplitV: split,
  AdamWStep: adamWStep,
  ...BLOCK_KERNELS,
  ...LSTM_KERNELS,
};

/** @returns The kernels, which run on `kernels` where they can, else as those that they replace. */
export function fastKernels(kernels: WasmKernels): Replacements {
  return Object.fromEntries(
    Object.entries(FAST_KERNELS).map(([name, kernel]) => [
      name,
      (replaced) => (call) => kernel(kernels, call) ?? replaced(call),
    ]),
  );
}

/** Gradients that use them, and the gradients of what those are made of. */
export const FAST_GRADIENTS: Gradient[] = [
  {
    kernelName: "FusedBatchNorm",
    inputsToSave: ["x", "mean", "variance", "scale"],
    gradFunc: gradientOfNorm,
  },
  { kernelName: "Relu", inputsToSave: ["x"], gradFunc: gradientOfRectifier },
  {
    kernelName: "RectifierGradient",
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      dy: () => tf.engine().runKernel("RectifierGradient", { dy: dy as tf.Tensor, x }),
      x: () => tf.zerosLike(x),
    }),
  },
  {
    kernelName: "BatchNormSums",
    inputsToSave: ["dy", "x", "mean"],
    gradFunc: (ofSums, [dy, x, mean]) => {
      const [ofSum, ofProducts] = tf.unstack(ofSums as tf.Tensor);
      const ofX = dy.mul(ofProducts);
      return {
        dy: () => x.sub(mean).mul(ofProducts).add(ofSum),
        x: () => ofX,
        mean: () => ofX.neg(),
      };
    },
  },
];

function shareValues(
  _kernels: WasmKernels,
  { inputs: { x }, backend }: KernelCall,
): tf.TensorInfo | undefined {
  if (x.dtype === "string") return undefined;
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** A convolution by the fast kernels, `undefined` if they do not support it. */
function convolve(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { x, filter } = call.inputs;
  if (!areFloats(x, filter)) return undefined;
  const info = convolutionInfo(call, x.shape, filter.shape);
  const convolution = convolutionOf(kernels, info);
  if (!convolution && !isOfWindows(info)) return undefined;
  const y = kernels.output(info.outShape);
  if (convolution) {
    convolution.forward({ x, filter, y, scratch: kernels.scratch(convolution.scratchBytes) });
  } else multiplyWindows(kernels, info, { x, b: filter, c: y, transpose: false });
  return y;
}

/** Steps are undone by spreading dy out; the rest is the gradient of a convolution in steps of one. */
function inputGradient(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { dy, filter }, attrs: { inputShape }, backend } = call;
  if (!areFloats(dy, filter)) return undefined;
  const info = convolutionInfo(call, inputShape, filter.shape);
  if (!isWithinSame(info)) return undefined;
  const sameCall = { ...call, attrs: { strides: 1, pad: "same" } };
  const same = convolutionInfo(sameCall, inputShape, filter.shape);
  const convolution = convolutionOf(kernels, same);
  if (!convolution && same.inChannels % 8 !== 0) return undefined;
  const isInOnes = tf.util.arraysEqual(dy.shape, same.outShape);
  const spread = isInOnes ? dy : spreadOut(kernels, call, info, same);
  const dx = kernels.output(inputShape);
  if (convolution) {
    const scratch = kernels.scratch(convolution.scratchBytes);
    convolution.backward({ dy: spread, filter, dx, scratch });
  } else {
    const turned = turn(kernels, call);
    const { top, bottom, left, right } = same.padInfo;
    const pad = [[0, 0], [bottom, top], [right, left], [0, 0]];
    const back = convolutionInfo(
      { ...call, attrs: { strides: 1, pad } },
      spread.shape,
      turned.shape,
    );
    multiplyWindows(kernels, back, { x: spread, b: turned, c: dx, transpose: false });
    backend.disposeData(turned.dataId);
  }
  if (!isInOnes) backend.disposeData(spread.dataId);
  return dx;
}

/** Whether no border is wider than that of padding 'same' in steps of one. */
function isWithinSame(info: ConvolutionInfo): boolean {
  const { filterHeight, filterWidth, padInfo: { top, bottom, left, right } } = info;
  const isWithin = (first: number, last: number, length: number) =>
    first <= (length - 1) >> 1 && last <= length >> 1;
  return info.dataFormat === "channelsLast" && info.dilationHeight === 1 &&
    info.dilationWidth === 1 && isWithin(top, bottom, filterHeight) &&
    isWithin(left, right, filterWidth);
}

/** dy[y, x] where a convolution in steps of one has it, zeros between. */
function spreadOut(
  kernels: WasmKernels,
  { inputs: { dy }, backend }: KernelCall,
  { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth, padInfo }:
    ConvolutionInfo,
  same: ConvolutionInfo,
): tf.TensorInfo {
  const spread = kernels.output(same.outShape);
  const [from, to] = [dy, spread].map((tensor) => backend.typedArrayFromHeap(tensor));
  to.fill(0);
  let k = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let row = 0; row < outHeight; row++) {
      const y = row * strideHeight + same.padInfo.top - padInfo.top;
      for (let column = 0; column < outWidth; column++) {
        const x = column * strideWidth + same.padInfo.left - padInfo.left;
        const pixel = ((n * same.outHeight + y) * same.outWidth + x) * outChannels;
        for (let channel = 0; channel < outChannels; channel++) to[pixel + channel] = from[k++];
      }
    }
  }
  return spread;
}

/** The filter turned by 180°, its channels swapped. */
function turn(kernels: WasmKernels, { inputs: { filter }, backend }: KernelCall): tf.TensorInfo {
  const [height, width, inputs, outputs] = filter.shape;
  const turned = kernels.output([height, width, outputs, inputs]);
  const [from, to] = [filter, turned].map((tensor) => backend.typedArrayFromHeap(tensor));
  let k = 0;
  for (let tap = height * width - 1; tap >= 0; tap--) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        to[(tap * outputs + output) * inputs + input] = from[k++];
      }
    }
  }
  return turned;
}

function filterGradient(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { x, dy }, attrs: { filterShape } } = call;
  if (!areFloats(x, dy)) return undefined;
  const info = convolutionInfo(call, x.shape, filterShape);
  const convolution = convolutionOf(kernels, info);
  if (!convolution && !isOfWindows(info)) return filterGradientOfFew(kernels, call, info);
  const dw = kernels.output(filterShape);
  if (convolution) {
    convolution.backward({ x, dy, dw, scratch: kernels.scratch(convolution.scratchBytes) });
  } else multiplyWindows(kernels, info, { x, b: dy, c: dw, transpose: true });
  return dw;
}

/** Of any number of outputs, and inputs in eights: x and dy change places, which turns the filter. */
function filterGradientOfFew(
  kernels: WasmKernels,
  call: KernelCall,
  info: ConvolutionInfo,
): tf.TensorInfo | undefined {
  const { inputs: { x, dy }, attrs: { filterShape }, backend } = call;
  const isInOnes = info.strideHeight === 1 && info.strideWidth === 1;
  if (!isInOnes || info.inChannels % 8 !== 0 || !isWithinSame(info)) return undefined;
  const [height, width, inputs, outputs] = filterShape;
  const { top, bottom, left, right } = info.padInfo;
  const pad = [
    [0, 0],
    [height - 1 - top, height - 1 - bottom],
    [width - 1 - left, width - 1 - right],
    [0, 0],
  ];
  const turned = kernels.output([height, width, outputs, inputs]);
  const back = convolutionInfo({ ...call, attrs: { strides: 1, pad } }, dy.shape, turned.shape);
  multiplyWindows(kernels, back, { x: dy, b: x, c: turned, transpose: true });
  const dw = turn(kernels, { ...call, inputs: { filter: turned } });
  backend.disposeData(turned.dataId);
  return dw;
}

/** Convolves x, or gives the gradient of x or of the filter, whichever inputs and attributes there are. */
function convolveDepthwise(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { x, filter, dy }, attrs } = call;
  const [inputShape, filterShape] = [
    attrs.inputShape ?? x.shape,
    attrs.filterShape ?? filter.shape,
  ];
  const convolution = areFloats(x, filter, dy) &&
    depthwiseOf(kernels, call, inputShape, filterShape);
  if (!convolution) return undefined;
  const output = kernels.output(filter ? inputShape : filterShape);
  const scratch = kernels.scratch(convolution.scratchBytes);
  if (!dy) convolution.forward({ x, filter, y: output, scratch });
  else convolution.backward({ dy, x, filter, [filter ? "dx" : "dw"]: output, scratch });
  return output;
}

type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

type Shape4D = [number, number, number, number];

function convolutionInfo(
  { attrs: { strides, dilations, pad, dimRoundingMode, dataFormat } }: KernelCall,
  inputShape: number[],
  filterShape: number[],
  isDepthwise = false,
): ConvolutionInfo {
  return tf.backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
    tf.backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC"),
  );
}

/** A convolution that has kernels of its own in both directions, `undefined` of any other. */
function convolutionOf(kernels: WasmKernels, info: ConvolutionInfo) {
  if (isPointwise(info)) return CONVOLUTIONS.pointwise(kernels, sizeOf(info));
  if (isWinograd(info)) return CONVOLUTIONS.winograd(kernels, sizeOf(info));
  return undefined;
}

/**
 * A depthwise convolution 3×3 in steps of one with a border of one pixel, channels in fours and one
 * filter each; `undefined` of any other.
 */
function depthwiseOf(
  kernels: WasmKernels,
  call: KernelCall,
  inputShape: number[],
  filterShape: number[],
) {
  const info = convolutionInfo(call, inputShape, filterShape, true);
  const isSupported = isBordered(info) && filterShape[3] === 1 && info.inChannels % 4 === 0;
  return isSupported ? CONVOLUTIONS.depthwise(kernels, sizeOf(info)) : undefined;
}

function sizeOf({ batchSize, inHeight, inWidth, inChannels, outChannels }: ConvolutionInfo) {
  return {
    ...{ batch: batchSize, height: inHeight, width: inWidth },
    ...{ inputs: inChannels, outputs: outChannels },
  };
}

/** 1×1 in steps of one without a border, channels in eights. */
function isPointwise(info: ConvolutionInfo): boolean {
  const { top, bottom, left, right } = info.padInfo;
  return info.dataFormat === "channelsLast" && info.inChannels % 8 === 0 &&
    info.outChannels % 8 === 0 &&
    [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
      .every((size) => size === 1) &&
    [top, bottom, left, right].every((size) => size === 0);
}

/** 3×3 in steps of one with a border of one pixel, channels in eights. */
function isWinograd(info: ConvolutionInfo): boolean {
  return isBordered(info) && info.inChannels % 8 === 0 && info.outChannels % 8 === 0;
}

/** 3×3 in steps of one with a border of one pixel. */
function isBordered(info: ConvolutionInfo): boolean {
  const { top, bottom, left, right } = info.padInfo;
  return info.dataFormat === "channelsLast" && info.filterHeight === 3 && info.filterWidth === 3 &&
    [
      info.strideHeight,
      info.strideWidth,
      info.dilationHeight,
      info.dilationWidth,
      ...[top, bottom, left, right],
    ].every((size) => size === 1);
}

/** Any size, step, dilation and padding, output channels in eights. */
function isOfWindows(info: ConvolutionInfo): boolean {
  return info.dataFormat === "channelsLast" && info.outChannels % 8 === 0;
}

/** C = W · B, or where `transpose` C = Wᵀ · B, with the windows of x as the rows of W. */
function multiplyWindows(
  kernels: WasmKernels,
  info: ConvolutionInfo,
  operands: { x: tf.TensorInfo; b: tf.TensorInfo; c: tf.TensorInfo; transpose: boolean },
): void {
  const { filterHeight, filterWidth, inChannels, outChannels: outputs, padInfo } = info;
  const depth = filterHeight * filterWidth * inChannels;
  kernels.run("multiplyWindows", {
    ...operands,
    batch: info.batchSize,
    ...{ height: info.inHeight, width: info.inWidth, channels: inChannels },
    ...{ outHeight: info.outHeight, outWidth: info.outWidth, outputs },
    ...{ filterHeight, filterWidth },
    ...{ strideHeight: info.strideHeight, strideWidth: info.strideWidth },
    ...{ dilationHeight: info.dilationHeight, dilationWidth: info.dilationWidth },
    ...{ top: padInfo.top, left: padInfo.left },
    scratch: kernels.scratch(kernels.run("multiplyWindowsScratch", { depth, outputs })),
  });
}

/** One product of two matrices, its columns in eights. */
function multiply(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo | undefined {
  const { a, b } = inputs;
  const { transposeA = false, transposeB = false } = attrs;
  const isMatrix = ({ shape }: tf.TensorInfo) => shape.slice(0, -2).every((size) => size === 1);
  if (!areFloats(a, b) || !isMatrix(a) || !isMatrix(b)) return undefined;
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
function withBias(product: FastKernel): FastKernel {
  return (kernels, call) => {
    const { inputs: { bias, preluActivationWeights }, attrs: { activation } } = call;
    const rectify = activation === "relu";
    const isSupported = !preluActivationWeights && (activation === "linear" || rectify) &&
      (!bias || (bias.shape.length === 1 && bias.dtype === "float32"));
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
  const { batchSize, inHeight, inWidth, inChannels, padInfo, ...info } = tf.backend_util
    .computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
  const { top, bottom, left, right } = padInfo;
  const isSupported = areFloats(x, dy) && inChannels % 4 === 0 &&
    [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
      .every((size) => size === 2) &&
    [top, bottom, left, right].every((size) => size === 0);
  if (!isSupported) return undefined;
  const dx = kernels.output(x.shape);
  const size = { batch: batchSize, height: inHeight, width: inWidth, channels: inChannels };
  kernels.run("maxPoolGradient", { dy, x, dx, ...size });
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
  const isSupported = areFloats(x) && channels % 4 === 0 && axes.length > 0 &&
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

function clip(
  kernels: WasmKernels,
  { inputs: { x } }: KernelCall,
  low: number,
  high: number,
): tf.TensorInfo | undefined {
  if (!areFloats(x)) return undefined;
  const y = kernels.output(x.shape);
  kernels.run("clip", { x, y, size: tf.util.sizeFromShape(x.shape), low, high });
  return y;
}

function tanh(kernels: WasmKernels, { inputs: { x } }: KernelCall): tf.TensorInfo | undefined {
  if (!areFloats(x)) return undefined;
  const y = kernels.output(x.shape);
  kernels.run("tanh", { x, y, size: tf.util.sizeFromShape(x.shape) });
  return y;
}

function concatenate(
  kernels: WasmKernels,
  { inputs, attrs }: KernelCall,
): tf.TensorInfo | undefined {
  const parts = Object.values(inputs);
  if (!areFloats(...parts)) return undefined;
  const [axis] = tf.util.parseAxisParam(attrs.axis, parts[0].shape);
  const shapes = parts.map(({ shape }) => shape);
  const whole = kernels.output(tf.backend_util.computeOutShape(shapes, axis));
  copyParts(kernels, parts, whole, axis, true);
  return whole;
}

function split(
  kernels: WasmKernels,
  { inputs: { x }, attrs }: KernelCall,
): tf.TensorInfo[] | undefined {
  if (!areFloats(x)) return undefined;
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

function adamWStep(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const { weight, gradient, first, second } = inputs;
  const { beta1, beta2, keep, rate, correction, epsilon } = attrs;
  const outputs = [weight, weight, weight].map(({ shape }) => kernels.output(shape));
  const [updated, newMean, newSquare] = outputs;
  kernels.run("adamW", {
    ...{ weight, gradient, mean: first, square: second, updated, newMean, newSquare },
    size: tf.util.sizeFromShape(weight.shape),
    ...{ beta1, beta2, keep, rate, correction, epsilon },
  });
  return outputs;
}

function areFloats(...tensors: (tf.TensorInfo | undefined)[]): boolean {
  return tensors.every((tensor) => tensor === undefined || tensor.dtype === "float32");
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
