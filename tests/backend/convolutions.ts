/** A grid of convolutions on which kernels are compared with tfjs's cpu backend. */

import * as tf from "@tensorflow/tfjs";
import { assertSameValues, normalValues, onBothBackends } from "./cpu_oracle.ts";

/** A convolution in NHWC. */
export interface Convolution {
  /** `[batch, height, width, channels]` */
  x: [number, number, number, number];
  /** `[height, width, in, out]` */
  filter: [number, number, number, number];
  stride?: number | [number, number];
  pad?: "same" | "valid" | number;
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
  { x: [3, 5, 9, 3], filter: [3, 3, 3, 5], pad: "valid" },
  { x: [2, 8, 8, 8], filter: [3, 3, 8, 8], pad: "valid" },
  { x: [2, 8, 8, 8], filter: [3, 3, 8, 8], stride: 2 },
  { x: [2, 8, 8, 2], filter: [5, 5, 2, 3], stride: 2 },
  { x: [2, 9, 8, 3], filter: [5, 5, 3, 8], stride: 2, pad: "valid" },
  { x: [1, 9, 9, 3], filter: [4, 4, 3, 4], stride: 3 },
  { x: [2, 7, 6, 1], filter: [2, 3, 1, 1], stride: [2, 1], pad: "valid" },
  { x: [2, 6, 6, 4], filter: [1, 1, 4, 7] },
  { x: [1, 6, 6, 4], filter: [1, 1, 4, 8], stride: 2, pad: "valid" },
  { x: [2, 5, 5, 2], filter: [3, 3, 2, 3], pad: 2 },
  { x: [2, 5, 5, 2], filter: [3, 3, 2, 8], stride: 2, pad: 1 },
  { x: [2, 5, 5, 2], filter: [2, 2, 2, 3], pad: 3 },
];

/** @returns A name for a test. */
export function nameOf({ x, filter, stride = 1, pad = "same" }: Convolution): string {
  return `${x.join("×")} by ${filter.join("×")}, stride ${stride}, pad ${pad}`;
}

/** Compares result and both gradients on the active WASM backend with those on the cpu backend. */
export async function assertSameConvolution(
  { x, filter, stride = 1, pad = "same" }: Convolution,
  tolerance: number,
): Promise<void> {
  const inputs = [normalValues(x, 1), normalValues(filter, 2)];
  const { wasm, cpu } = await onBothBackends(inputs, (x, filter) => {
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);
    const y = convolve(x, filter);
    const { shape, values } = normalValues(y.shape, 3);
    return [y, ...tf.grads(convolve)([x, filter], tf.tensor(values, shape))];
  });
  ["y", "dx", "dw"].forEach((part, i) => assertSameValues(wasm[i], cpu[i], tolerance, part));
}
