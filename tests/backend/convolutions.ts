/** A grid of convolutions on which kernels are compared with tfjs's cpu backend. */

import * as tf from "@tensorflow/tfjs";
import { assertSameValues, normalValues, onBothBackends } from "./cpu_oracle.ts";

/** A convolution in NHWC. */
export interface Convolution {
  /** `[batch, height, width, channels]` */
  x: [number, number, number, number];
  /** `[height, width, in, out]`; depthwise, `[height, width, in, filters for each]`. */
  filter: [number, number, number, number];
  isDepthwise?: boolean;
  stride?: number | [number, number];
  pad?: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
}

/** Odd sizes, strides, paddings, channels that are multiples of 8 and others, and batches of one. */
export const CONVOLUTIONS: Convolution[] = [
  { x: [1, 28, 28, 1], filter: [3, 3, 1, 8] },
  { x: [2, 7, 7, 8], filter: [3, 3, 8, 16] },
  { x: [3, 14, 14, 16], filter: [3, 3, 16, 8] },
  { x: [1, 1, 2, 8], filter: [3, 3, 8, 8] },
  { x: [2, 3, 5, 8], filter: [3, 3, 8, 8] },
  { x: [2, 9, 4, 24], filter: [3, 3, 24, 8] },
  { x: [1, 13, 11, 8], filter: [3, 3, 8, 8] },
  { x: [2, 6, 6, 8], filter: [3, 3, 8, 12] },
  { x: [2, 6, 6, 6], filter: [3, 3, 6, 8] },
  { x: [2, 7, 6, 8], filter: [3, 3, 8, 1] },
  { x: [2, 6, 7, 16], filter: [2, 4, 16, 3] },
  { x: [3, 6, 5, 8], filter: [3, 2, 8, 5], pad: "valid" },
  { x: [2, 5, 6, 8], filter: [1, 1, 8, 1] },
  { x: [3, 5, 9, 3], filter: [3, 3, 3, 5], pad: "valid" },
  { x: [2, 8, 8, 8], filter: [3, 3, 8, 8], pad: "valid" },
  { x: [1, 9, 12, 8], filter: [3, 3, 8, 16], pad: "valid" },
  { x: [3, 13, 11, 8], filter: [3, 3, 8, 8], pad: [[0, 0], [0, 1], [1, 0], [0, 0]] },
  { x: [2, 4, 3, 8], filter: [3, 3, 8, 8], pad: "valid" },
  { x: [2, 8, 8, 8], filter: [3, 3, 8, 8], stride: 2 },
  { x: [2, 9, 7, 16], filter: [3, 3, 16, 8], stride: [2, 3] },
  { x: [2, 9, 8, 8], filter: [3, 3, 8, 8], stride: 2, pad: "valid" },
  { x: [2, 9, 8, 8], filter: [3, 3, 8, 5], stride: 2, pad: 1 },
  { x: [3, 6, 9, 8], filter: [5, 5, 8, 16] },
  { x: [2, 8, 9, 16], filter: [4, 4, 16, 3], stride: 2 },
  { x: [2, 9, 9, 8], filter: [5, 2, 8, 8], stride: [1, 3], pad: "valid" },
  { x: [1, 2, 2, 8], filter: [4, 4, 8, 8], stride: 3 },
  { x: [2, 5, 5, 8], filter: [3, 3, 8, 8], stride: 2, pad: 2 },
  { x: [2, 8, 8, 2], filter: [5, 5, 2, 3], stride: 2 },
  { x: [2, 9, 8, 3], filter: [5, 5, 3, 8], stride: 2, pad: "valid" },
  { x: [1, 9, 9, 3], filter: [4, 4, 3, 4], stride: 3 },
  { x: [2, 7, 6, 1], filter: [2, 3, 1, 1], stride: [2, 1], pad: "valid" },
  { x: [2, 6, 6, 4], filter: [1, 1, 4, 7] },
  { x: [1, 6, 6, 4], filter: [1, 1, 4, 8], stride: 2, pad: "valid" },
  { x: [2, 5, 5, 2], filter: [3, 3, 2, 3], pad: 2 },
  { x: [2, 5, 5, 2], filter: [3, 3, 2, 8], stride: 2, pad: 1 },
  { x: [2, 5, 5, 2], filter: [2, 2, 2, 3], pad: 3 },
  { x: [1, 1, 1, 8], filter: [1, 1, 8, 8] },
  { x: [5, 7, 7, 16], filter: [1, 1, 16, 24] },
  { x: [2, 14, 15, 8], filter: [1, 1, 8, 16], pad: "valid" },
  { x: [2, 4, 4, 8], filter: [1, 1, 8, 8], pad: 1 },
  { x: [2, 5, 5, 8], filter: [1, 1, 8, 8], stride: 2 },
  { x: [1, 1, 1, 4], filter: [3, 3, 4, 1], isDepthwise: true },
  { x: [1, 1, 5, 4], filter: [3, 3, 4, 1], isDepthwise: true },
  { x: [2, 5, 1, 8], filter: [3, 3, 8, 1], isDepthwise: true },
  { x: [3, 14, 13, 12], filter: [3, 3, 12, 1], isDepthwise: true },
  { x: [2, 7, 7, 6], filter: [3, 3, 6, 1], isDepthwise: true },
  { x: [2, 7, 7, 4], filter: [3, 3, 4, 2], isDepthwise: true },
  { x: [2, 7, 7, 4], filter: [3, 3, 4, 1], pad: "valid", isDepthwise: true },
  { x: [2, 8, 7, 8], filter: [3, 3, 8, 1], stride: 2, isDepthwise: true },
  { x: [2, 8, 9, 4], filter: [5, 2, 4, 1], stride: [2, 1], pad: "valid", isDepthwise: true },
  { x: [2, 5, 5, 4], filter: [3, 3, 4, 1], pad: 2, isDepthwise: true },
  { x: [1, 9, 9, 3], filter: [1, 1, 3, 3], stride: 3, isDepthwise: true },
];

/** @returns A name for a test. */
export function nameOf(
  { x, filter, stride = 1, pad = "same", isDepthwise }: Convolution,
): string {
  const by = isDepthwise ? "depthwise by" : "by";
  return `${x.join("×")} ${by} ${filter.join("×")}, stride ${stride}, pad ${pad}`;
}

/** Compares result and both gradients on the active WASM backend with those on the cpu backend. */
export async function assertSameConvolution(
  { x, filter, stride = 1, pad = "same", isDepthwise }: Convolution,
  tolerance: number,
): Promise<void> {
  const inputs = [normalValues(x, 1), normalValues(filter, 2)];
  const { wasm, cpu } = await onBothBackends(inputs, (x, filter) => {
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      (isDepthwise ? tf.depthwiseConv2d : tf.conv2d)(
        x as tf.Tensor4D,
        filter as tf.Tensor4D,
        stride,
        pad,
      );
    const y = convolve(x, filter);
    const { shape, values } = normalValues(y.shape, 3);
    return [y, ...tf.grads(convolve)([x, filter], tf.tensor(values, shape))];
  });
  ["y", "dx", "dw"].forEach((part, i) => assertSameValues(wasm[i], cpu[i], tolerance, part));
}
