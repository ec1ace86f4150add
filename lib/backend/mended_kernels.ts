/**
 * What stands in where tfjs's WASM backend gives wrong numbers, writes beyond a tensor or has no
 * kernel: the kernel of tfjs's cpu backend, or one of ours where that one is wrong or too slow.
 */

import * as tf from "@tensorflow/tfjs";
import { type Kernel, type KernelCall, overrideKernel } from "./wasm_backend.ts";

/** Kernels that the WASM backend lacks; those of complex numbers, which it has no memory for, not. */
const LACKING = [
  "Conv2DBackpropFilter",
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

/** Replaces the kernels; the WASM backend must be active. */
export function installMendedKernels(): void {
  for (const name of [...LACKING, ...WRONG]) overrideKernel(name, () => cpuKernel(name));
  for (const [name, isRight] of Object.entries(PARTLY_RIGHT)) {
    const onCpu = cpuKernel(name);
    overrideKernel(name, (replaced) => (call) => (isRight(call) ? replaced : onCpu)(call));
  }
  for (const name of LIMITED) {
    overrideKernel(name, (replaced) => keepNaN(replaced, cpuKernel(name)));
  }
  for (const name of FUSED) overrideKernel(name, unfuseLimits);
  overrideKernel(
    "ClipByValue",
    () => (call) => clip(call, call.attrs.clipValueMin, call.attrs.clipValueMax),
  );
  // XNNPACK compares bits, by which NaN with a minus sign becomes 0.
  overrideKernel("Relu", () => (call) => clip(call, 0, Infinity));
  overrideKernel("Relu6", () => (call) => clip(call, 0, 6));
  overrideKernel("ResizeBilinearGrad", () => (call) => resizeGradient(call, bilinearSources));
  overrideKernel("ResizeNearestNeighborGrad", () => (call) => resizeGradient(call, nearestSource));
  overrideKernel("UnsortedSegmentSum", () => sumSegments);
}

/** The part of tfjs's cpu backend that its kernels are run with. */
interface CpuBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues): tf.TensorInfo;
  disposeIntermediateTensorInfo(tensor: tf.TensorInfo): void;
}

/** The cpu backend's kernel of that name, on tensors of the WASM backend. */
function cpuKernel(name: string): Kernel {
  const { kernelFunc } = tf.getKernel(name, "cpu")!;
  return ({ inputs, attrs, backend }) => {
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

type Shape4D = [number, number, number, number];

function isConvolutionRight({ inputs: { x, filter }, attrs }: KernelCall): boolean {
  const { strides, dilations, pad, dimRoundingMode, dataFormat = "NHWC" } = attrs;
  return dataFormat === "NHWC" && isSizedRight(tf.backend_util.computeConv2DInfo(
    ...[x.shape as Shape4D, filter.shape as Shape4D, strides, dilations ?? 1, pad, dimRoundingMode],
  ));
}

function isPoolingRight({ inputs: { x }, attrs }: KernelCall): boolean {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return isSizedRight(tf.backend_util.computePool2DInfo(
    ...[x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode],
  ));
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

/** Where along one side a number of the output comes from: indices and their weights. */
type Sources = [index: number, weight: number][];

/** Sources of output `i`, which is at `position` of `size` inputs. */
type SourcesOf = (position: number, size: number, attrs: KernelCall["attrs"]) => Sources;

function bilinearSources(position: number, size: number, attrs: KernelCall["attrs"]): Sources {
  const at = Math.max(0, attrs.halfPixelCenters ? position - 0.5 : position);
  const low = Math.floor(at);
  return [[low, 1 - (at - low)], [Math.min(size - 1, low + 1), at - low]];
}

function nearestSource(position: number, size: number, attrs: KernelCall["attrs"]): Sources {
  const index = attrs.alignCorners ? Math.round(position) : Math.floor(position);
  return [[Math.min(size - 1, index), 1]];
}

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
