/**
 * Kernels that replace tfjs's own on the WASM backend, each where its predicate says that it can,
 * so that any LayersModel trains faster unchanged.
 */

import * as tf from "@tensorflow/tfjs";
import { type KernelCall, overrideGradient, overrideKernel } from "./wasm_backend.ts";
import type { WasmKernels } from "./wasm_kernels.ts";

type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Replaces the kernels; the WASM backend must be active. */
export function installFastKernels(kernels: WasmKernels): void {
  overrideKernel("Identity", (replaced) => (call) => {
    const { inputs: { x }, backend } = call;
    if (x.dtype === "string") return replaced(call);
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
  overrideKernel("Conv2D", (replaced) => (call) => convolve(kernels, call) ?? replaced(call));
  overrideKernel("FusedConv2D", (replaced) => (call) => {
    if (!isBiasAndRectifier(call)) return replaced(call);
    const y = convolve(kernels, call);
    return y ? addBias(kernels, call, y) : replaced(call);
  });
  overrideKernel("Conv2DBackpropInput", (replaced) => (call) => {
    const { inputs: { dy, filter }, attrs: { inputShape } } = call;
    const info = convolutionInfo(call, inputShape, filter.shape);
    if (!areFloats(dy, filter)) return replaced(call);
    if (isPointwise(info)) {
      const dx = kernels.output(inputShape);
      const size = pointwiseSize(kernels, info);
      kernels.run("convolvePointwiseGradient", ...[0, filter, dy, 0, 0, 0, dx, 0, ...size]);
      return dx;
    }
    if (!isWinograd(info)) return replaced(call);
    const { batchSize, inHeight, inWidth, inChannels, outChannels } = info;
    const size = [inHeight, inWidth, inChannels, outChannels];
    const chunk = picturesAtATime(batchSize, inHeight, inWidth, inChannels, outChannels);
    const dx = kernels.output(inputShape);
    const scratch = kernels.scratch(kernels.run("convolveScratch", chunk, ...size, false));
    kernels.run(
      "convolveGradient",
      ...[0, filter, dy, 0, 0, 0, dx, 0, batchSize, chunk, ...size, scratch],
    );
    return dx;
  });
  overrideKernel("Conv2DBackpropFilter", (replaced) => (call) => {
    const { inputs: { x, dy }, attrs: { filterShape } } = call;
    const info = convolutionInfo(call, x.shape, filterShape);
    if (!areFloats(x, dy)) return replaced(call);
    if (isPointwise(info)) {
      const dw = kernels.output(filterShape);
      const size = pointwiseSize(kernels, info);
      kernels.run("convolvePointwiseGradient", ...[x, 0, dy, 0, 0, 0, 0, dw, ...size]);
      return dw;
    }
    const { batchSize, inHeight, inWidth, inChannels, outChannels } = info;
    if (isWinograd(info)) {
      const size = [inHeight, inWidth, inChannels, outChannels];
      const chunk = picturesAtATime(batchSize, inHeight, inWidth, inChannels, outChannels);
      const dw = kernels.output(filterShape);
      const scratch = kernels.scratch(kernels.run("convolveScratch", chunk, ...size, false));
      kernels.run("convolveGradient", ...[
        x,
        0,
        dy,
        0,
        0,
        0,
        0,
        dw,
        batchSize,
        chunk,
        ...size,
        scratch,
      ]);
      return dw;
    }
    if (!isOfWindows(info)) return replaced(call);
    const dw = kernels.output(filterShape);
    kernels.run("multiplyWindows", x, dy, dw, true, ...windows(kernels, info));
    return dw;
  });
  overrideKernel("DepthwiseConv2dNative", (replaced) => (call) => {
    const { x, filter } = call.inputs;
    const size = areFloats(x, filter) && depthwiseSize(call, x.shape, filter.shape);
    if (!size) return replaced(call);
    const y = kernels.output(x.shape);
    kernels.run("convolveDepthwise", x, filter, y, ...size, depthwiseScratch(kernels, size));
    return y;
  });
  overrideKernel("DepthwiseConv2dNativeBackpropInput", (replaced) => (call) => {
    const { inputs: { dy, filter }, attrs: { inputShape } } = call;
    const size = areFloats(dy, filter) && depthwiseSize(call, inputShape, filter.shape);
    if (!size) return replaced(call);
    const dx = kernels.output(inputShape);
    const scratch = depthwiseScratch(kernels, size);
    kernels.run(
      "convolveDepthwiseGradient",
      ...[0, filter, dy, 0, 0, false, dx, 0, ...size, scratch],
    );
    return dx;
  });
  overrideKernel("DepthwiseConv2dNativeBackpropFilter", (replaced) => (call) => {
    const { inputs: { x, dy }, attrs: { filterShape } } = call;
    const size = areFloats(x, dy) && depthwiseSize(call, x.shape, filterShape);
    if (!size) return replaced(call);
    const dw = kernels.output(filterShape);
    const scratch = depthwiseScratch(kernels, size);
    kernels.run("convolveDepthwiseGradient", ...[x, 0, dy, 0, 0, false, 0, dw, ...size, scratch]);
    return dw;
  });
  overrideKernel("BatchMatMul", (replaced) => (call) => multiply(kernels, call) ?? replaced(call));
  overrideKernel("_FusedMatMul", (replaced) => (call) => {
    if (!isBiasAndRectifier(call)) return replaced(call);
    const y = multiply(kernels, call);
    return y ? addBias(kernels, call, y) : replaced(call);
  });
  overrideKernel("MaxPoolGrad", (replaced) => (call) => {
    const { inputs: { dy, input: x }, attrs: { filterSize, strides, pad, dimRoundingMode } } = call;
    const { batchSize, inHeight, inWidth, inChannels, padInfo, ...info } = tf.backend_util
      .computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
    const { top, bottom, left, right } = padInfo;
    const supported = areFloats(x, dy) && inChannels % 4 === 0 &&
      [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
        .every((size) => size === 2) &&
      [top, bottom, left, right].every((size) => size === 0);
    if (!supported) return replaced(call);
    const dx = kernels.output(x.shape);
    kernels.run("maxPoolGradient", dy, x, dx, batchSize, inHeight, inWidth, inChannels);
    return dx;
  });
  overrideKernel("Sum", (replaced) => (call) => reduceRows(kernels, call, 1) ?? replaced(call));
  overrideKernel("Mean", (replaced) => (call) => {
    const { x } = call.inputs;
    const rows = tf.util.sizeFromShape(x.shape) / x.shape[x.shape.length - 1];
    return reduceRows(kernels, call, 1 / rows) ?? replaced(call);
  });
  overrideKernel("FusedBatchNorm", (replaced) => (call) => {
    const { inputs: { x, mean, variance, offset, scale }, attrs: { varianceEpsilon } } = call;
    if (!isNormOfChannels(x, mean, variance, offset, scale)) return replaced(call);
    const channels = mean.shape[0];
    const affine = kernels.scratch(8 * channels);
    const y = kernels.output(x.shape);
    kernels.run("affineOfNorm", mean, variance, scale, offset, varianceEpsilon, affine, channels);
    kernels.run(
      "applyAffine",
      x,
      affine,
      y,
      tf.util.sizeFromShape(x.shape) / channels,
      channels,
      false,
    );
    return y;
  });
  overrideKernel("BatchNormSums", () => ({ inputs: { dy, x, mean } }) => {
    const channels = mean.shape[0];
    const sums = kernels.output([2, channels]);
    const rows = tf.util.sizeFromShape(x.shape) / channels;
    kernels.run("sumNormGradient", dy, x, mean, 0, sums, rows, channels);
    return sums;
  });
  overrideGradient(
    "FusedBatchNorm",
    ["x", "mean", "variance", "scale"],
    (replaced) => (dy, saved, attrs) => {
      const [x, mean, variance, scale] = saved;
      const gradient = dy as tf.Tensor;
      const supported = isNormOfChannels(x, mean, variance, scale) && areFloats(gradient);
      if (!supported) return replaced(dy, saved, attrs);
      const sums: tf.Tensor = tf.engine().runKernel("BatchNormSums", { dy: gradient, x, mean });
      const [sum, products] = tf.unstack(sums);
      const inverse = tf.rsqrt(
        tf.add(variance, (attrs as { varianceEpsilon: number }).varianceEpsilon),
      );
      const factor = scale ? inverse.mul(scale) : inverse;
      return {
        x: () => gradient.mul(factor),
        mean: () => factor.mul(sum).neg(),
        variance: () => factor.mul(inverse).mul(inverse).mul(products).mul(-0.5),
        scale: () => products.mul(inverse),
        offset: () => sum,
      };
    },
  );
  overrideKernel("RectifierGradient", () => ({ inputs: { dy, x } }) => {
    const dx = kernels.output(x.shape);
    kernels.run("rectifierGradient", dy, x, dx, tf.util.sizeFromShape(x.shape));
    return dx;
  });
  overrideGradient("Relu", ["x"], (replaced) => (dy, saved, attrs) => {
    const [x] = saved;
    if (x.dtype !== "float32" || (dy as tf.Tensor).dtype !== "float32") {
      return replaced(dy, saved, attrs);
    }
    return { x: () => tf.engine().runKernel("RectifierGradient", { dy: dy as tf.Tensor, x }) };
  });
}

type Shape4D = [number, number, number, number];

function areFloats(...tensors: (tf.TensorInfo | undefined)[]): boolean {
  return tensors.every((tensor) => tensor === undefined || tensor.dtype === "float32");
}

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

/** 3×3 in steps of one with a border of one pixel, channels in eights. */
function isWinograd(info: ConvolutionInfo): boolean {
  return isBordered(info) && info.inChannels % 8 === 0 && info.outChannels % 8 === 0;
}

/** Most pixels of a picture that by itself is convolved faster by windows. */
const SMALL_PICTURE = 200;

/**
 * Whether x[batch, height, width, channels] is one small picture: Winograd's transform of the filter
 * takes as long for it as for many, and longer than all of a convolution by windows.
 */
export function isSmallPicture([batch, height, width]: number[]): boolean {
  return batch === 1 && height * width <= SMALL_PICTURE;
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

/** 1×1 in steps of one without a border, channels in eights. */
function isPointwise(info: ConvolutionInfo): boolean {
  const { top, bottom, left, right } = info.padInfo;
  return info.dataFormat === "channelsLast" && info.inChannels % 8 === 0 &&
    info.outChannels % 8 === 0 &&
    [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
      .every((size) => size === 1) &&
    [top, bottom, left, right].every((size) => size === 0);
}

/** The parameters of a 1×1 convolution that follow its tensors. */
function pointwiseSize(kernels: WasmKernels, info: ConvolutionInfo): number[] {
  const size = [info.inHeight, info.inWidth, info.inChannels, info.outChannels];
  const scratch = kernels.scratch(kernels.run("convolvePointwiseScratch", ...size, false));
  return [info.batchSize, ...size, scratch];
}

/**
 * Batch, height, width and channels of a depthwise convolution 3×3 in steps of one with a border of
 * one pixel, channels in fours and one filter each; `undefined` of any other.
 */
function depthwiseSize(
  call: KernelCall,
  inputShape: number[],
  filterShape: number[],
): number[] | undefined {
  const info = convolutionInfo(call, inputShape, filterShape, true);
  const isSupported = isBordered(info) && filterShape[3] === 1 && info.inChannels % 4 === 0;
  return isSupported ? inputShape : undefined;
}

function depthwiseScratch(kernels: WasmKernels, [, ...size]: number[]): number {
  return kernels.scratch(kernels.run("convolveDepthwiseScratch", ...size));
}

/** Any size, step, dilation and padding, output channels in eights. */
function isOfWindows(info: ConvolutionInfo): boolean {
  return info.dataFormat === "channelsLast" && info.outChannels % 8 === 0;
}

/** Bytes of transformed pictures at a time: about what the second cache holds. */
const CHUNK_BYTES = 1_400_000;

/**
 * How many pictures Winograd's transforms work on at a time, for outputs of the given size (rounded
 * down to even numbers where they are pooled).
 */
export function picturesAtATime(
  batch: number,
  height: number,
  width: number,
  inputs: number,
  outputs: number,
): number {
  const points = pointsOf(height) * pointsOf(width);
  const pictures = Math.round(CHUNK_BYTES / (4 * points * (inputs + outputs)));
  return Math.ceil(batch / Math.ceil(batch / Math.max(1, pictures)));
}

/** Points along one side: a tile of m pixels has m + 2, and tiles are of 6, the last of 2, 4 or 6. */
function pointsOf(length: number): number {
  const sixes = Math.floor((length + 1) / 6);
  const rest = Math.max(0, Math.ceil((length - 6 * sixes) / 2) * 2);
  return 8 * sixes + (rest ? rest + 2 : 0);
}

/** The parameters of a convolution by windows that follow its tensors. */
function windows(kernels: WasmKernels, info: ConvolutionInfo): number[] {
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo } = info;
  const depth = filterHeight * filterWidth * inChannels;
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    inChannels,
    info.outHeight,
    info.outWidth,
    outChannels,
    filterHeight,
    filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    padInfo.top,
    padInfo.left,
    kernels.scratch(kernels.run("multiplyWindowsScratch", depth, outChannels)),
  ];
}

/** A convolution by the fast kernels, `undefined` if they do not support it. */
export function convolve(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { x, filter } = call.inputs;
  const info = convolutionInfo(call, x.shape, filter.shape);
  if (!areFloats(x, filter)) return undefined;
  if (isPointwise(info)) {
    const y = kernels.output(info.outShape);
    kernels.run("convolvePointwise", x, filter, y, 0, 0, ...pointwiseSize(kernels, info));
    return y;
  }
  if (isWinograd(info) && !isSmallPicture(x.shape)) {
    const { batchSize, inHeight, inWidth, inChannels, outChannels } = info;
    const size = [inHeight, inWidth, inChannels, outChannels];
    const chunk = picturesAtATime(batchSize, inHeight, inWidth, inChannels, outChannels);
    const y = kernels.output(info.outShape);
    const scratch = kernels.scratch(kernels.run("convolveScratch", chunk, ...size, false));
    kernels.run("convolve", x, filter, y, 0, 0, batchSize, chunk, ...size, scratch);
    return y;
  }
  if (!isOfWindows(info)) return undefined;
  const y = kernels.output(info.outShape);
  kernels.run("multiplyWindows", x, filter, y, false, ...windows(kernels, info));
  return y;
}

/** Whether what is fused into a product is at most a bias and a ReLU. */
function isBiasAndRectifier({ inputs, attrs: { activation } }: KernelCall): boolean {
  const { bias, preluActivationWeights } = inputs;
  return !preluActivationWeights && (activation === "linear" || activation === "relu") &&
    (!bias || (bias.shape.length === 1 && bias.dtype === "float32"));
}

function addBias(kernels: WasmKernels, call: KernelCall, y: tf.TensorInfo): tf.TensorInfo {
  const { inputs: { bias }, attrs: { activation } } = call;
  const rectify = activation === "relu";
  const channels = y.shape[y.shape.length - 1];
  if (bias || rectify) {
    kernels.run("addBias", y, bias, tf.util.sizeFromShape(y.shape) / channels, channels, rectify);
  }
  return y;
}

/** One product of two matrices, its columns in eights. */
function multiply(kernels: WasmKernels, { inputs, attrs }: KernelCall): tf.TensorInfo | undefined {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs;
  const isMatrix = ({ shape }: tf.TensorInfo) => shape.slice(0, -2).every((size) => size === 1);
  if (!areFloats(a, b) || !isMatrix(a) || !isMatrix(b)) return undefined;
  const [rows, depth] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  if (columns % 8 !== 0) return undefined;
  const rank = Math.max(a.shape.length, b.shape.length);
  const c = kernels.output([...Array(rank - 2).fill(1), rows, columns]);
  const scratch = kernels.scratch(kernels.run("multiplyMatricesScratch", rows, columns, depth));
  kernels.run(
    "multiplyMatrices",
    ...[a, b, c, rows, columns, depth, transposeA, transposeB, false, scratch],
  );
  return c;
}

/** Sum over all axes but the last, times `factor`; channels in fours. */
function reduceRows(
  kernels: WasmKernels,
  { inputs: { x }, attrs: { axis, keepDims } }: KernelCall,
  factor: number,
): tf.TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const channels = x.shape[x.shape.length - 1];
  const supported = areFloats(x) && channels % 4 === 0 && axes.length > 0 &&
    axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i);
  if (!supported) return undefined;
  const sums = kernels.output(keepDims ? [...axes.map(() => 1), channels] : [channels]);
  kernels.run("sumRows", x, sums, tf.util.sizeFromShape(x.shape) / channels, channels, factor);
  return sums;
}

/** Statistics for every channel, channels in fours. */
function isNormOfChannels(x: tf.TensorInfo, ...statistics: (tf.TensorInfo | undefined)[]): boolean {
  const channels = x.shape[x.shape.length - 1];
  return areFloats(x, ...statistics) && channels % 4 === 0 &&
    statistics.every((tensor) =>
      tensor === undefined || (tensor.shape.length === 1 && tensor.shape[0] === channels)
    );
}
