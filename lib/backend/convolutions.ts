/**
 * Convolutions by the compiled kernels: several algorithms that are called alike, the kernels that
 * replace tfjs's by them, of floats, each where it can, and those of whole blocks.
 */

import * as tf from "@tensorflow/tfjs";
import type { Kernel, KernelCall, WasmKernels } from "./wasm_backend.ts";

/** Of x[batch, height, width, inputs] and as many channels of output. */
interface Size {
  batch: number;
  height: number;
  width: number;
  inputs: number;
  outputs: number;
}

/** Tensors, or addresses of numbers in scratch memory. */
type Operands<Needed extends string, Optional extends string> =
  & Record<Needed | "scratch", tf.TensorInfo | number>
  & Partial<Record<Optional, tf.TensorInfo | number>>;

/** A convolution 'same' in steps of one, with or without 2×2 pooling. */
interface Convolution {
  /** Of the memory that both directions need. */
  scratchBytes: number;
  /**
   * y = x ∗ filter, or its 2×2 maxima: with which of the four they were where there is a `mask`, or
   * else their batch norm and ReLU by `affine`.
   */
  forward(operands: Operands<"x" | "filter" | "y", "mask" | "affine">): void;
  /**
   * Gradients `dx` (from `filter`) and `dw` (from `x`), where wanted. `product` is what `forward` gave
   * if dy comes from behind the batch norm `norm`, and `mask` if that was pooled.
   */
  backward(
    operands: Operands<"dy", "x" | "filter" | "product" | "mask" | "norm" | "dx" | "dw">,
  ): void;
}

/** 3×3, channels in eights. */
function winograd(kernels: WasmKernels, { batch, ...size }: Size, pools = false): Convolution {
  const chunk = picturesAtATime({ batch, ...size }, pools);
  const isSmall = batch === 1 && size.height * size.width <= SMALL_PICTURE;
  return {
    scratchBytes: Math.max(
      kernels.run("convolveScratch", { chunk, ...size, pools }),
      isSmall ? kernels.run("convolveSmallScratch", size) : 0,
    ),
    forward: ({ mask, ...operands }) =>
      isSmall && !mask
        ? kernels.run("convolveSmall", { ...size, ...operands })
        : kernels.run("convolve", { batch, chunk, ...size, mask, ...operands }),
    backward: ({ product: pooled, ...operands }) =>
      kernels.run("convolveGradient", { batch, chunk, ...size, pooled, ...operands }),
  };
}

/** Most pixels of a picture that by itself is convolved faster by tiles of 2×2 than by larger ones. */
const SMALL_PICTURE = 200;

/** Bytes of transformed pictures at a time: about what the second cache holds. */
const CHUNK_BYTES = 1_400_000;

/** How many pictures Winograd's transforms work on at a time. */
function picturesAtATime({ batch, height, width, inputs, outputs }: Size, pools: boolean): number {
  const points = pools
    ? pointsOf(height & ~1) * pointsOf(width & ~1)
    : pointsOf(height) * pointsOf(width);
  const pictures = Math.round(CHUNK_BYTES / (4 * points * (inputs + outputs)));
  return Math.ceil(batch / Math.ceil(batch / Math.max(1, pictures)));
}

/** Points along one side: a tile of m pixels has m + 2, and tiles are of 6, the last of 2, 4 or 6. */
function pointsOf(length: number): number {
  const sixes = Math.floor((length + 1) / 6);
  const rest = Math.max(0, Math.ceil((length - 6 * sixes) / 2) * 2);
  return 8 * sixes + (rest ? rest + 2 : 0);
}

/** 1×1, channels in eights. */
function pointwise(kernels: WasmKernels, { batch, ...size }: Size, pools = false): Convolution {
  return {
    scratchBytes: kernels.run("convolvePointwiseScratch", { ...size, pools }),
    forward: (operands) => kernels.run("convolvePointwise", { batch, ...size, ...operands }),
    backward: ({ product: pooled, ...operands }) =>
      kernels.run("convolvePointwiseGradient", { batch, ...size, pooled, ...operands }),
  };
}

/** 3×3, every channel by itself, channels in fours; behind the norm may be a ReLU. */
function depthwise(
  kernels: WasmKernels,
  { batch, height, width, inputs: channels }: Size,
  rectify = false,
): Convolution {
  const size = { height, width, channels };
  return {
    scratchBytes: kernels.run("convolveDepthwiseScratch", size),
    forward: (operands) => kernels.run("convolveDepthwise", { batch, ...size, ...operands }),
    backward: (operands) =>
      kernels.run("convolveDepthwiseGradient", { batch, ...size, rectify, ...operands }),
  };
}

/** 3×3 of one channel, pooled; outputs in fours. It has no gradient for the pictures. */
function picture(
  kernels: WasmKernels,
  { batch, height, width, outputs: channels }: Size,
): Convolution {
  const size = { batch, height, width, channels };
  return {
    scratchBytes: kernels.run("convolvePictureScratch", { height, width }),
    forward: ({ scratch: padded, ...operands }) =>
      kernels.run("convolvePicture", { ...size, padded, ...operands }),
    backward: ({ x, dy, product, mask, norm, dw, scratch: padded }) =>
      kernels.run("convolvePictureGradient", {
        ...size,
        ...{ x: x!, dy, pooled: product!, mask: mask!, norm: norm!, dw: dw!, padded },
      }),
  };
}

/** The kernels; each gives `undefined` of a call that it does not support. */
export const CONVOLUTION_KERNELS = {
  Conv2D: convolve,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNative: convolveDepthwise,
  DepthwiseConv2dNativeBackpropInput: convolveDepthwise,
  DepthwiseConv2dNativeBackpropFilter: convolveDepthwise,
};

function convolve(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { x, filter }, backend } = call;
  const { info, wider, convolution } = algorithmOf(kernels, call, x.shape, filter.shape);
  if (!convolution && !isOfWindows(info)) return undefined;
  const y = kernels.output(wider.outShape);
  if (convolution) {
    convolution.forward({ x, filter, y, scratch: kernels.scratch(convolution.scratchBytes) });
  } else {
    const size = sizeOfWindows(kernels, info);
    kernels.run("multiplyWindows", { x, b: filter, c: y, transpose: false, ...size });
  }
  if (wider === info) return y;
  const begin = [
    0,
    wider.padInfo.top - info.padInfo.top,
    wider.padInfo.left - info.padInfo.left,
    0,
  ];
  const inner = run(call, "Slice", y, { begin, size: info.outShape });
  backend.disposeData(y.dataId);
  return inner;
}

function inputGradient(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { dy, filter }, attrs: { inputShape } } = call;
  const algorithm = algorithmOf(kernels, call, inputShape, filter.shape);
  const { info, convolution } = algorithm;
  const isOfWindows = info.dataFormat === "channelsLast" && info.inChannels % 8 === 0;
  if (!convolution && !isOfWindows) return undefined;
  const dx = kernels.output(inputShape);
  if (convolution) goBack(kernels, call, algorithm, { filter, dx });
  else kernels.run("addWindows", { dy, filter, dx, ...sizeOfWindows(kernels, info) });
  return dx;
}

function filterGradient(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { x, dy }, attrs: { filterShape } } = call;
  const algorithm = algorithmOf(kernels, call, x.shape, filterShape);
  const { info, convolution } = algorithm;
  if (!convolution && !isOfWindows(info)) return filterGradientOfFew(kernels, call, info);
  const dw = kernels.output(filterShape);
  if (convolution) goBack(kernels, call, algorithm, { x, dw });
  else {
    const size = sizeOfWindows(kernels, info);
    kernels.run("multiplyWindows", { x, b: dy, c: dw, transpose: true, ...size });
  }
  return dw;
}

/** Of any number of outputs, and inputs in eights: x and dy change places, which turns the filter. */
function filterGradientOfFew(
  kernels: WasmKernels,
  call: KernelCall,
  info: ConvolutionInfo,
): tf.TensorInfo | undefined {
  const { inputs: { x, dy }, attrs: { filterShape }, backend } = call;
  const [height, width, inputs, outputs] = filterShape;
  const { top, bottom, left, right } = info.padInfo;
  const rows = [height - 1 - top, height - 1 - bottom];
  const columns = [width - 1 - left, width - 1 - right];
  const isSupported = info.dataFormat === "channelsLast" && inputs % 8 === 0 && isInOnes(info) &&
    Math.min(...rows, ...columns) >= 0;
  if (!isSupported) return undefined;
  const turned = kernels.output([height, width, outputs, inputs]);
  const attrs = { strides: 1, pad: [[0, 0], rows, columns, [0, 0]] };
  const back = convolutionInfo({ ...call, attrs }, dy.shape, turned.shape);
  const size = sizeOfWindows(kernels, back);
  kernels.run("multiplyWindows", { x: dy, b: x, c: turned, transpose: true, ...size });
  const reversed = run(call, "Reverse", turned, { dims: [0, 1] });
  const dw = run(call, "Transpose", reversed, { perm: [0, 1, 3, 2] });
  for (const { dataId } of [turned, reversed]) backend.disposeData(dataId);
  return dw;
}

/** Computes a gradient; dy has zeros around it where a convolution with wider borders has more. */
function goBack(
  kernels: WasmKernels,
  call: KernelCall,
  { info, wider, convolution }: ReturnType<typeof algorithmOf>,
  operands: Omit<Parameters<Convolution["backward"]>[0], "dy" | "scratch">,
): void {
  const { dy } = call.inputs;
  const paddings = ([["top", "bottom"], ["left", "right"]] as const)
    .map((sides) => sides.map((side) => wider.padInfo[side] - info.padInfo[side]));
  const bordered = wider === info
    ? dy
    : run(call, "PadV2", dy, { paddings: [[0, 0], ...paddings, [0, 0]], constantValue: 0 });
  const scratch = kernels.scratch(convolution!.scratchBytes);
  convolution!.backward({ dy: bordered, ...operands, scratch });
  if (bordered !== dy) call.backend.disposeData(bordered.dataId);
}

/** Runs one of tfjs's kernels. */
function run(
  { backend }: KernelCall,
  name: string,
  x: tf.TensorInfo,
  attrs: KernelCall["attrs"],
): tf.TensorInfo {
  const kernel = tf.getKernel(name, "wasm").kernelFunc as unknown as Kernel;
  return kernel({ inputs: { x }, attrs, backend });
}

/**
 * Convolves x, or gives the gradient of x or of the filter, whichever inputs and attributes there are: 3×3 in steps
 * of one with a border of one pixel, channels in fours and one filter each.
 */
function convolveDepthwise(kernels: WasmKernels, call: KernelCall): tf.TensorInfo | undefined {
  const { inputs: { x, filter, dy }, attrs } = call;
  const inputShape = attrs.inputShape ?? x.shape;
  const filterShape = attrs.filterShape ?? filter.shape;
  const info = convolutionInfo(call, inputShape, filterShape, true);
  const isSupported = isPlain(info, 3, [1]) && filterShape[3] === 1 && info.inChannels % 4 === 0;
  if (!isSupported) return undefined;
  const convolution = depthwise(kernels, sizeOf(info));
  const output = kernels.output(filter ? inputShape : filterShape);
  const scratch = kernels.scratch(convolution.scratchBytes);
  if (!dy) convolution.forward({ x, filter, y: output, scratch });
  else convolution.backward({ dy, x, filter, [filter ? "dx" : "dw"]: output, scratch });
  return output;
}

type ConvolutionInfo = ReturnType<typeof convolutionInfo>;

type Shape4D = [number, number, number, number];

/** @returns Sizes, steps and borders of the convolution that a kernel is called for. */
export function convolutionInfo(
  { attrs: { strides, dilations, pad, dimRoundingMode, dataFormat } }: KernelCall,
  inputShape: number[],
  filterShape: number[],
  isDepthwise = false,
) {
  const shapes = [inputShape as Shape4D, filterShape as Shape4D] as const;
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC");
  return tf.backend_util.computeConv2DInfo(
    ...[...shapes, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise, format],
  );
}

/**
 * How a kernel's call is computed: by a convolution that has kernels of its own in both directions, with
 * wider borders than asked for where it has no others; or else by windows.
 */
function algorithmOf(
  kernels: WasmKernels,
  call: KernelCall,
  inputShape: number[],
  filterShape: number[],
) {
  const info = convolutionInfo(call, inputShape, filterShape);
  const isInEights = info.inChannels % 8 === 0 && info.outChannels % 8 === 0;
  if (isInEights && isPlain(info, 1, [0])) {
    return { info, wider: info, convolution: pointwise(kernels, sizeOf(info)) };
  }
  const isBordered = isPlain(info, 3, [1]);
  const isWinograd = isInEights &&
    (isBordered || (isPlain(info, 3, [0, 1]) && isWorthBorders(info)));
  if (!isWinograd) return { info, wider: info, convolution: undefined };
  const attrs = { strides: 1, pad: "same" };
  const wider = isBordered ? info : convolutionInfo({ ...call, attrs }, inputShape, filterShape);
  return { info, wider, convolution: winograd(kernels, sizeOf(info)) };
}

/** Whether Winograd's points of the wider convolution are less than half of the narrower one's taps. */
function isWorthBorders({ inHeight, inWidth, outHeight, outWidth }: ConvolutionInfo): boolean {
  return 2 * pointsOf(inHeight) * pointsOf(inWidth) < 9 * outHeight * outWidth;
}

function sizeOf({ batchSize, inHeight, inWidth, inChannels, outChannels }: ConvolutionInfo) {
  return {
    ...{ batch: batchSize, height: inHeight, width: inWidth },
    ...{ inputs: inChannels, outputs: outChannels },
  };
}

function isInOnes({ strideHeight, strideWidth, dilationHeight, dilationWidth }: ConvolutionInfo) {
  return [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1);
}

/** Of a square in steps of one with such borders on all sides. */
function isPlain(info: ConvolutionInfo, side: number, borders: number[]): boolean {
  const { top, bottom, left, right } = info.padInfo;
  return info.dataFormat === "channelsLast" && isInOnes(info) &&
    info.filterHeight === side && info.filterWidth === side &&
    [top, bottom, left, right].every((border) => borders.includes(border));
}

/** Any size, step, dilation and padding, output channels in eights. */
function isOfWindows(info: ConvolutionInfo): boolean {
  return info.dataFormat === "channelsLast" && info.outChannels % 8 === 0;
}

function sizeOfWindows(kernels: WasmKernels, info: ConvolutionInfo) {
  const { filterHeight, filterWidth, inChannels, outChannels: outputs, padInfo } = info;
  const depth = filterHeight * filterWidth * inChannels;
  return {
    batch: info.batchSize,
    ...{ height: info.inHeight, width: info.inWidth, channels: inChannels },
    ...{ outHeight: info.outHeight, outWidth: info.outWidth, outputs },
    ...{ filterHeight, filterWidth },
    ...{ strideHeight: info.strideHeight, strideWidth: info.strideWidth },
    ...{ dilationHeight: info.dilationHeight, dilationWidth: info.dilationWidth },
    ...{ top: padInfo.top, left: padInfo.left },
    scratch: kernels.scratch(kernels.run("multiplyWindowsScratch", { depth, outputs })),
  };
}

/** The kernels of blocks of convolution, pooling, batch normalisation and ReLU (`fused_block.ts`). */
export const BLOCK_KERNELS = {
  ConvolutionBlock: blockForward,
  ConvolutionBlockInUse: blockInUse,
  ConvolutionBlockGradient: blockBackward,
};

/** How a block is computed: by which convolution, and the shape of what the norm normalises, rows of channels. */
function planOf(kernels: WasmKernels, { inputs: { x, filter, gamma }, attrs }: KernelCall) {
  const { pools } = attrs;
  const [batch, height, width] = x.shape;
  const [channels] = gamma.shape;
  const shape = [batch, ...(pools ? [height >> 1, width >> 1] : [height, width]), channels];
  const rows = tf.util.sizeFromShape(shape) / channels;
  return { convolution: convolutionOf(kernels, x, filter, attrs), shape, rows, channels };
}

function convolutionOf(
  kernels: WasmKernels,
  { shape: [batch, height, width, inputs] }: tf.TensorInfo,
  { shape: filterShape }: tf.TensorInfo,
  { isDepthwise, pools, rectifies }: KernelCall["attrs"],
) {
  const size = { batch, height, width, inputs, outputs: filterShape[3] };
  if (isDepthwise) return depthwise(kernels, size, rectifies);
  if (inputs === 1) return picture(kernels, size);
  return (filterShape[0] === 1 ? pointwise : winograd)(kernels, size, pools);
}

/** Output, product, mask, mean, variance, and the moving mean and variance after this batch. */
function blockForward(kernels: WasmKernels, call: KernelCall): tf.TensorInfo[] {
  const { x, filter, gamma, beta, movingMean, movingVariance } = call.inputs;
  const { pools, rectifies, epsilon } = call.attrs;
  const { convolution, shape, rows, channels } = planOf(kernels, call);
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

function blockInUse(kernels: WasmKernels, call: KernelCall): tf.TensorInfo {
  const { x, filter, gamma, beta, mean, variance } = call.inputs;
  const { pools, rectifies, epsilon } = call.attrs;
  const { convolution, shape, rows, channels } = planOf(kernels, call);
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
function blockBackward(kernels: WasmKernels, call: KernelCall): tf.TensorInfo[] {
  const { dy, x, filter, gamma, beta, product, mask, mean, variance } = call.inputs;
  const { isDepthwise, pools, rectifies, epsilon } = call.attrs;
  const { convolution, rows, channels } = planOf(kernels, call);
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
