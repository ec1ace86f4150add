/**
 * The kernels that training a CNN on tfjs's WASM backend needs, composed of kernels that it has:
 * the filter gradient that it lacks (https://github.com/tensorflow/tfjs/issues/8474), and fast ways
 * around its naive loops for the input gradient and for transposed matrix products. The gradients of
 * depthwise convolutions, which it lacks too, are plain loops. Two of tfjs's kernels give wrong
 * numbers and are replaced as well: MaxPoolGrad adds to memory that it has not cleared, and
 * _FusedMatMul forgets the bias where a matrix is transposed.
 */

import * as tf from "@tensorflow/tfjs";
import { type Kernel, type KernelCall, overrideKernel } from "./wasm_backend.ts";

/** Replaces the kernels; the WASM backend must be active. */
export function installComposedKernels(): void {
  overrideKernel("Conv2DBackpropFilter", filterGradient);
  overrideKernel("Conv2DBackpropInput", inputGradient);
  overrideKernel("DepthwiseConv2dNativeBackpropFilter", () => depthwiseFilterGradient);
  overrideKernel("DepthwiseConv2dNativeBackpropInput", () => depthwiseInputGradient);
  overrideKernel("BatchMatMul", matMulOfTransposed);
  overrideKernel("_FusedMatMul", matMulOfTransposed);
  overrideKernel("MaxPoolGrad", () => maxPoolGradient);
}

/**
 * dW[i, j] = Σ x[n, i + s·y, j + s·x] · dy[n, y, x] is itself a convolution, in which channels and
 * batch change places and the stride becomes a dilation.
 */
function filterGradient(replaced: Kernel): Kernel {
  return (call) => call.attrs.dataFormat === "NCHW" ? replaced(call) : filterGradientOfLast(call);
}

function filterGradientOfLast({ inputs: { x, dy }, attrs, backend }: KernelCall): tf.TensorInfo {
  const { strides, pad, dimRoundingMode, filterShape } = attrs;
  const { padInfo, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const [height, width, inChannels, outChannels] = filterShape;
  return composed(backend, (run) => {
    const swapped = run("Transpose", { x }, { perm: [3, 1, 2, 0] });
    const filter = run("Transpose", { x: dy }, { perm: [1, 2, 0, 3] });
    const full = run("Conv2D", { x: swapped, filter }, {
      strides: [1, 1],
      dilations: [strideHeight, strideWidth],
      pad: [[0, 0], [padInfo.top, padInfo.bottom], [padInfo.left, padInfo.right], [0, 0]],
      dataFormat: "NHWC",
    });
    // Rows and columns that the last stride did not reach give taps that do not exist.
    const taps = run("Slice", { x: full }, {
      begin: [0, 0, 0, 0],
      size: [inChannels, height, width, outChannels],
    });
    return run("Transpose", { x: taps }, { perm: [1, 2, 0, 3] });
  });
}

/** dX is the convolution of dy with the filter turned by 180°, its channels swapped. */
function inputGradient(replaced: Kernel): Kernel {
  return (call) => {
    const { inputs: { dy, filter }, attrs, backend } = call;
    const { strides, pad, dimRoundingMode, inputShape, dataFormat } = attrs;
    if (dataFormat === "NCHW") return replaced(call);
    const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = tf.backend_util
      .computeConv2DInfo(inputShape, filter.shape as never, strides, 1, pad, dimRoundingMode);
    const rows = [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom];
    const columns = [filterWidth - 1 - padInfo.left, filterWidth - 1 - padInfo.right];
    const supported = strideHeight === 1 && strideWidth === 1 &&
      Math.min(...rows, ...columns) >= 0;
    if (!supported) return replaced(call);
    return composed(backend, (run) => {
      const turned = run("Reverse", { x: filter }, { dims: [0, 1] });
      const swapped = run("Transpose", { x: turned }, { perm: [0, 1, 3, 2] });
      return run("Conv2D", { x: dy, filter: swapped }, {
        strides: [1, 1],
        dilations: [1, 1],
        pad: [[0, 0], rows, columns, [0, 0]],
        dataFormat: "NHWC",
      });
    });
  };
}

function depthwiseFilterGradient(call: KernelCall): tf.TensorInfo {
  const { inputs: { x, dy }, attrs: { filterShape }, backend } = call;
  const dw = backend.makeOutput(filterShape, "float32");
  const [from, gradient, to] = [x, dy, dw].map((tensor) => backend.typedArrayFromHeap(tensor));
  const sums = new Float64Array(to.length);
  visitDepthwise(call, x.shape, filterShape, (i, j, k) => sums[j] += from[i] * gradient[k]);
  to.set(sums);
  return dw;
}

function depthwiseInputGradient(call: KernelCall): tf.TensorInfo {
  const { inputs: { dy, filter }, attrs: { inputShape }, backend } = call;
  const dx = backend.makeOutput(inputShape, "float32");
  const [taps, gradient, to] = [filter, dy, dx].map((tensor) => backend.typedArrayFromHeap(tensor));
  to.fill(0);
  visitDepthwise(call, inputShape, filter.shape, (i, j, k) => to[i] += taps[j] * gradient[k]);
  return dx;
}

/** Calls `visit` for all products of a depthwise convolution: y[k] is the sum of x[i] · filter[j]. */
function visitDepthwise(
  { attrs: { strides, dilations, pad, dimRoundingMode } }: KernelCall,
  inputShape: number[],
  filterShape: number[],
  visit: (i: number, j: number, k: number) => void,
): void {
  const { inHeight, inWidth, inChannels, padInfo, ...info } = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  const multiplier = filterShape[3];
  let k = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let row = 0; row < info.outHeight; row++) {
      for (let column = 0; column < info.outWidth; column++, k += info.outChannels) {
        for (let tap = 0; tap < info.filterHeight * info.filterWidth; tap++) {
          const [down, right] = [Math.floor(tap / info.filterWidth), tap % info.filterWidth];
          const y = row * info.strideHeight - padInfo.top + down * info.dilationHeight;
          const x = column * info.strideWidth - padInfo.left + right * info.dilationWidth;
          if (y < 0 || y >= inHeight || x < 0 || x >= inWidth) continue;
          const pixel = ((n * inHeight + y) * inWidth + x) * inChannels;
          for (let output = 0; output < info.outChannels; output++) {
            const channel = Math.floor(output / multiplier);
            visit(pixel + channel, tap * info.outChannels + output, k + output);
          }
        }
      }
    }
  }
}

/** tfjs multiplies transposed matrices in a naive loop, and plain ones with XNNPACK. */
function matMulOfTransposed(replaced: Kernel): Kernel {
  return (call) => {
    const { inputs: { a, b }, attrs, backend } = call;
    const { transposeA, transposeB } = attrs;
    return composed(backend, (run) => {
      const transpose = (x: tf.TensorInfo) => {
        const perm = x.shape.map((_, axis) => axis);
        perm.push(...perm.splice(-2).reverse());
        return run("Transpose", { x }, { perm });
      };
      return replaced({
        inputs: {
          ...call.inputs,
          a: transposeA ? transpose(a) : a,
          b: transposeB ? transpose(b) : b,
        },
        attrs: { ...attrs, transposeA: false, transposeB: false },
        backend,
      });
    });
  };
}

/**
 * Every gradient goes to the first of the largest values of its window, as on tfjs's cpu backend: NaN
 * is never the largest.
 */
function maxPoolGradient({ inputs: { dy, input }, attrs, backend }: KernelCall): tf.TensorInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { inHeight, inWidth, inChannels, padInfo, strideHeight, strideWidth } = info;
  const dx = backend.makeOutput(input.shape, "float32");
  const [from, x, to] = [dy, input, dx].map((tensor) => backend.typedArrayFromHeap(tensor));
  to.fill(0);
  let i = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let row = 0; row < info.outHeight; row++) {
      const top = row * strideHeight - padInfo.top;
      const bottom = Math.min(top + info.filterHeight, inHeight);
      for (let column = 0; column < info.outWidth; column++) {
        const left = column * strideWidth - padInfo.left;
        const right = Math.min(left + info.filterWidth, inWidth);
        for (let channel = 0; channel < inChannels; channel++, i++) {
          let largest = -Infinity;
          let at = -1;
          for (let y = Math.max(top, 0); y < bottom; y++) {
            for (let z = Math.max(left, 0); z < right; z++) {
              const k = ((n * inHeight + y) * inWidth + z) * inChannels + channel;
              if (x[k] > largest) {
                largest = x[k];
                at = k;
              }
            }
          }
          if (at >= 0) to[at] += from[i];
        }
      }
    }
  }
  return dx;
}

/** Runs kernels one after the other and frees every intermediate result but the returned one. */
function composed(
  backend: KernelCall["backend"],
  compose: (
    run: (name: string, inputs: KernelCall["inputs"], attrs: KernelCall["attrs"]) => tf.TensorInfo,
  ) => tf.TensorInfo,
): tf.TensorInfo {
  const intermediate: tf.TensorInfo[] = [];
  const result = compose((name, inputs, attrs) => {
    const kernel = tf.getKernel(name, "wasm").kernelFunc as unknown as Kernel;
    const output = kernel({ inputs, attrs, backend });
    intermediate.push(output);
    return output;
  });
  for (const tensor of intermediate) {
    if (tensor !== result) backend.disposeData(tensor.dataId);
  }
  return result;
}
