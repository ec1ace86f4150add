/**
 * What stands in where tfjs's WASM backend gives wrong numbers, writes beyond a tensor, has no kernel
 * or loops naively: the kernel of tfjs's cpu backend, one composed of kernels that are right, or one of
 * ours where those are wrong or too slow.
 */

import * as tf from "@tensorflow/tfjs";
import { convolutionInfo } from "./convolutions.ts";
import type { Kernel, KernelCall } from "./wasm_backend.ts";

/** Kernels that the WASM backend lacks; those of complex numbers, which it has no memory for, not. */
const LACKING = [
  "Conv2DBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "Einsum",
  "RaggedGather",
  "RaggedRange",
  "RaggedTensorToTensor",
  "StaticRegexReplace",
];

/** Kernels that give wrong numbers. */
const WRONG = [
  // They add to what they do not clear, and mistake steps.
  ...["Conv3DBackpropFilterV2", "Conv3DBackpropInputV2"],
  // Their largest of a window is at least the smallest positive number.
  ...["Dilation2D", "Dilation2DBackpropFilter", "Dilation2DBackpropInput"],
  ...["MaxPool3D", "MaxPool3DGrad", "MaxPoolWithArgmax"],
  // They write in part, or of the wrong picture, or fill with other values.
  ...["CropAndResize", "RotateWithOffset", "Transform"],
];

/** Kernels that give right numbers of some calls, and of which. */
const PARTLY_RIGHT: Record<string, (call: KernelCall) => boolean> = {
  AvgPool: isPoolingRight,
  BatchMatMul: ({ inputs: { a, b } }) => a.dtype === "float32" && b.dtype === "float32",
  Cast: ({ attrs }) => attrs.dtype !== "bool",
  Conv2D: isConvolutionRight,
  Conv2DBackpropInput: ({ attrs }) => attrs.dataFormat !== "NCHW",
  DepthwiseConv2dNative: isConvolutionRight,
  FloorDiv: ({ inputs: { a } }) => a.dtype === "int32",
  FusedConv2D: isConvolutionRight,
  FusedDepthwiseConv2D: isConvolutionRight,
  GatherV2: ({ attrs }) => !attrs.batchDims,
  MaxPool: isPoolingRight,
  Maximum: hasNumbers,
  Minimum: hasNumbers,
  OneHot: ({ attrs }) => attrs.dtype === "int32",
  Reverse: ({ inputs: { x } }) => x.dtype !== "bool",
  Select: ({ inputs: { t } }) => t.dtype !== "bool",
  StridedSlice: ({ inputs: { x } }) => x.dtype === "float32",
};

/** Kernels whose outputs XNNPACK limits, by which NaN becomes −∞. */
const LIMITED = ["AvgPool", "DepthwiseConv2dNative"];

/** Kernels that do an activation as well, of which XNNPACK does some by limits. */
const FUSED = ["_FusedMatMul", "FusedConv2D", "FusedDepthwiseConv2D"];

const LIMITS: Record<string, string> = { relu: "Relu", relu6: "Relu6" };

function replaceAll(names: string[], replacement: (name: string) => (replaced: Kernel) => Kernel) {
  return Object.fromEntries(names.map((name) => [name, replacement(name)]));
}

/** The kernels, one table on top of the other. */
export const MENDED_KERNELS: Record<string, (replaced: Kernel) => Kernel>[] = [
  replaceAll([...LACKING, ...WRONG], (name) => () => cpuKernel(name)),
  replaceAll(
    Object.keys(PARTLY_RIGHT),
    (name) => (replaced) => (call) => (PARTLY_RIGHT[name](call) ? replaced : cpuKernel(name))(call),
  ),
  replaceAll(LIMITED, (name) => (replaced) => keepNaN(replaced, cpuKernel(name))),
  replaceAll(FUSED, () => unfuseLimits),
  {
    ClipByValue: () => (call) => clip(call, call.attrs.clipValueMin, call.attrs.clipValueMax),
    // XNNPACK compares bits, by which NaN with a minus sign becomes 0.
    Relu: () => (call) => clip(call, 0, Infinity),
    Relu6: () => (call) => clip(call, 0, 6),
    ResizeBilinearGrad: () => (call) => resizeGradient(call, bilinearSources),
    ResizeNearestNeighborGrad: () => (call) => resizeGradient(call, nearestSource),
    UnsortedSegmentSum: () => sumSegments,
    // https://github.com/tensorflow/tfjs/issues/8474
    Conv2DBackpropFilter: filterGradient,
    Conv2DBackpropInput: inputGradient,
    DepthwiseConv2dNativeBackpropFilter: () => depthwiseFilterGradient,
    BatchMatMul: multiplyTransposed,
    _FusedMatMul: multiplyTransposed,
    MaxPoolGrad: () => maxPoolGradient,
  },
];

/** The part of tfjs's cpu backend that its kernels are run with. */
interface CpuBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues): tf.TensorInfo;
  disposeIntermediateTensorInfo(tensor: tf.TensorInfo): void;
}

/** The cpu backend's kernel of that name, on tensors of the WASM backend. */
function cpuKernel(name: string): Kernel {
  return ({ inputs, attrs, backend }) => {
    const { kernelFunc } = tf.getKernel(name, "cpu")!;
    const cpu = tf.findBackend("cpu") as CpuBackend;
    const moved = Object.entries(inputs).filter(([, tensor]) => tensor)
      .map(([key, { shape, dtype, dataId }]) => {
        const info = cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId));
        return [key, { ...info, rank: shape.length }] as const;
      });
    const result = kernelFunc({
      inputs: Object.assign(Array.isArray(inputs) ? [] : {}, Object.fromEntries(moved)),
      attrs,
      backend: cpu,
    });
    const outputs = [result].flat().map(({ shape, dtype, dataId }) => {
      const values = cpu.readSync(dataId);
      const typed = dtype === "string" ? values : tf.util.toTypedArray(values, dtype);
      return backend.makeOutput(shape, dtype, undefined, typed);
    });
    for (const tensor of [...moved.map(([, tensor]) => tensor), ...[result].flat()]) {
      cpu.disposeIntermediateTensorInfo(tensor);
    }
    return (Array.isArray(result) ? outputs : outputs[0]) as tf.TensorInfo;
  };
}

function poolingInfo({ attrs }: KernelCall, inputShape: number[]) {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = inputShape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

function isConvolutionRight(call: KernelCall): boolean {
  const { inputs: { x, filter }, attrs: { dataFormat = "NHWC" } } = call;
  return dataFormat === "NHWC" && isSizedRight(convolutionInfo(call, x.shape, filter.shape));
}

function isPoolingRight(call: KernelCall): boolean {
  return isSizedRight(poolingInfo(call, call.inputs.x.shape));
}

/**
 * Whether the output has the size that XNNPACK gives it: tfjs-core computes another where padding is
 * given as a number and the windows or their steps are not square, or dilated.
 */
function isSizedRight({ padInfo, ...info }: tf.backend_util.Conv2DInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  const steps = (size: number, window: number, stride: number) =>
    Math.floor((size - window) / stride) + 1;
  return info.outHeight ===
      steps(info.inHeight + top + bottom, info.effectiveFilterHeight, info.strideHeight) &&
    info.outWidth ===
      steps(info.inWidth + left + right, info.effectiveFilterWidth, info.strideWidth);
}

/** Whether the second operand holds no NaN, to which the kernel prefers any number. */
function hasNumbers({ inputs: { b }, backend }: KernelCall): boolean {
  return !backend.typedArrayFromHeap(b).includes(NaN);
}

function keepNaN(replaced: Kernel, onCpu: Kernel): Kernel {
  return (call) => {
    const y = replaced(call);
    if (!call.backend.typedArrayFromHeap(y).includes(-Infinity)) return y;
    call.backend.disposeData(y.dataId);
    return onCpu(call);
  };
}

function unfuseLimits(replaced: Kernel): Kernel {
  return (call) => {
    const activation = LIMITS[call.attrs.activation];
    if (!activation) return replaced(call);
    const x = replaced({ ...call, attrs: { ...call.attrs, activation: "linear" } });
    const kernel = tf.getKernel(activation, "wasm")!.kernelFunc as unknown as Kernel;
    const y = kernel({ inputs: { x }, attrs: {}, backend: call.backend });
    call.backend.disposeData(x.dataId);
    return y;
  };
}

function clip({ inputs: { x }, backend }: KernelCall, low: number, high: number): tf.TensorInfo {
  const y = backend.makeOutput(x.shape, x.dtype);
  const [from, to] = [x, y].map((tensor) => backend.typedArrayFromHeap(tensor));
  for (let i = 0; i < to.length; i++) {
    const value = from[i];
    to[i] = value < low ? low : value > high ? high : value; // NaN stays
  }
  return y;
}

/** Where along one side a number at a position of `size` inputs comes from: indices and their weights. */
type SourcesOf = (
  position: number,
  size: number,
  attrs: KernelCall["attrs"],
) => [index: number, weight: number][];

const bilinearSources: SourcesOf = (position, size, attrs) => {
  const at = Math.max(0, attrs.halfPixelCenters ? position - 0.5 : position);
  const low = Math.floor(at);
  return [[low, 1 - (at - low)], [Math.min(size - 1, low + 1), at - low]];
};

const nearestSource: SourcesOf = (position, size, attrs) => {
  const index = attrs.alignCorners ? Math.round(position) : Math.floor(position);
  return [[Math.min(size - 1, index), 1]];
};

/** Every gradient goes to the pixels that its pixel came from, by their weights. */
function resizeGradient(
  { inputs: { images, dy }, attrs, backend }: KernelCall,
  sourcesOf: SourcesOf,
): tf.TensorInfo {
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [[height, dy.shape[1]], [width, dy.shape[2]]].map(([from, to]) => {
    const fromEnds = attrs.alignCorners && to > 1;
    const scale = fromEnds ? (from - 1) / (to - 1) : from / to;
    const offset = attrs.halfPixelCenters ? 0.5 : 0;
    return Array.from({ length: to }, (_, i) => sourcesOf((i + offset) * scale, from, attrs));
  });
  const dx = backend.makeOutput(images.shape, "float32");
  const [from, to] = [dy, dx].map((tensor) => backend.typedArrayFromHeap(tensor));
  to.fill(0);
  let i = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (const column of columns) {
        for (const [y, down] of row) {
          for (const [x, right] of column) {
            const pixel = ((n * height + y) * width + x) * channels;
            const weight = down * right;
            for (let c = 0; c < channels; c++) to[pixel + c] += weight * from[i + c];
          }
        }
        i += channels;
      }
    }
  }
  return dx;
}

/** Adds every row of x to the row of the output that its id names; ids out of range name none. */
function sumSegments(
  { inputs: { x, segmentIds }, attrs: { numSegments }, backend }: KernelCall,
): tf.TensorInfo {
  const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
  const sums = backend.makeOutput(shape, x.dtype);
  const [ids, from, to] = [segmentIds, x, sums].map((tensor) => backend.typedArrayFromHeap(tensor));
  to.fill(0);
  const length = to.length / numSegments;
  ids.forEach((id, row) => {
    if (id < 0 || id >= numSegments) return;
    for (let i = 0; i < length; i++) to[id * length + i] += from[row * length + i];
  });
  return sums;
}

/**
 * dW[i, j] = Σ x[n, i + s·y, j + s·x] · dy[n, y, x] is itself a convolution, in which channels and
 * batch change places and the stride becomes a dilation.
 */
function filterGradient(replaced: Kernel): Kernel {
  return (call) => {
    const { inputs: { x, dy }, attrs: { filterShape, dataFormat }, backend } = call;
    if (dataFormat === "NCHW") return replaced(call);
    const { padInfo, strideHeight, strideWidth } = convolutionInfo(call, x.shape, filterShape);
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
  };
}

/** dX is the convolution of dy with the filter turned by 180°, its channels swapped. */
function inputGradient(replaced: Kernel): Kernel {
  return (call) => {
    const { inputs: { dy, filter }, attrs, backend } = call;
    if (attrs.dataFormat === "NCHW") return replaced(call);
    const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = convolutionInfo(
      ...[call, attrs.inputShape, filter.shape] as const,
    );
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
  const { inHeight, inWidth, inChannels, padInfo, ...info } = convolutionInfo(
    ...[call, x.shape, filterShape, true] as const,
  );
  const dw = backend.makeOutput(filterShape, "float32");
  const [from, gradient, to] = [x, dy, dw].map((tensor) => backend.typedArrayFromHeap(tensor));
  const sums = new Float64Array(to.length);
  const multiplier = filterShape[3];
  let k = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let row = 0; row < info.outHeight; row++) {
      for (let column = 0; column < info.outWidth; column++, k += info.outChannels) {
        for (let tap = 0; tap < info.filterHeight * info.filterWidth; tap++) {
          const [down, right] = [Math.floor(tap / info.filterWidth), tap % info.filterWidth];
          const y = row * info.strideHeight - padInfo.top + down;
          const x = column * info.strideWidth - padInfo.left + right;
          if (y < 0 || y >= inHeight || x < 0 || x >= inWidth) continue;
          const pixel = ((n * inHeight + y) * inWidth + x) * inChannels;
          for (let output = 0; output < info.outChannels; output++) {
            const channel = Math.floor(output / multiplier);
            sums[tap * info.outChannels + output] += from[pixel + channel] * gradient[k + output];
          }
        }
      }
    }
  }
  to.set(sums);
  return dw;
}

/**
 * tfjs multiplies transposed matrices in a naive loop, in which it forgets the bias, and plain ones with
 * XNNPACK.
 */
function multiplyTransposed(replaced: Kernel): Kernel {
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
 * is never the largest. tfjs's own adds to memory that it has not cleared.
 */
function maxPoolGradient(call: KernelCall): tf.TensorInfo {
  const { inputs: { dy, input }, backend } = call;
  const info = poolingInfo(call, input.shape);
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
