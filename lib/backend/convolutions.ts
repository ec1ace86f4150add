/** Convolutions by the compiled kernels: several algorithms that are called alike. */

import type * as tf from "@tensorflow/tfjs";
import type { WasmKernels } from "./wasm_backend.ts";

/** Of x[batch, height, width, inputs] and as many channels of output. */
interface Size {
  batch: number;
  height: number;
  width: number;
  inputs: number;
  outputs: number;
}

/** A tensor, or the address of numbers in scratch memory. */
type Numbers = tf.TensorInfo | number;

/** A convolution 'same' in steps of one, with or without 2×2 pooling. */
interface Convolution {
  /** Of the memory that both directions need. */
  scratchBytes: number;
  /**
   * y = x ∗ filter, or its 2×2 maxima: with which of the four they were where there is a `mask`, or
   * else their batch norm and ReLU by `affine`.
   */
  forward(
    operands: {
      x: Numbers;
      filter: Numbers;
      y: Numbers;
      mask?: Numbers;
      affine?: Numbers;
      scratch: number;
    },
  ): void;
  /**
   * Gradients `dx` (from `filter`) and `dw` (from `x`), where wanted. `product` is what `forward` gave
   * if dy comes from behind the batch norm `norm`, and `mask` if that was pooled.
   */
  backward(
    operands: {
      dy: Numbers;
      x?: Numbers;
      filter?: Numbers;
      product?: Numbers;
      mask?: Numbers;
      norm?: Numbers;
      dx?: Numbers;
      dw?: Numbers;
      scratch: number;
    },
  ): void;
}

/** 3×3, channels in eights. */
function winograd(kernels: WasmKernels, { batch, ...size }: Size, pools = false): Convolution {
  const chunk = pools
    ? picturesAtATime({ ...size, batch, height: size.height & ~1, width: size.width & ~1 })
    : picturesAtATime({ ...size, batch });
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
function picturesAtATime({ batch, height, width, inputs, outputs }: Size): number {
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

/** The algorithms; which fits is for the caller to know. */
export const CONVOLUTIONS = { winograd, pointwise, depthwise, picture };
