/** The insides of tfjs's WASM backend that the training kernels rely on, checked once and typed. */

import * as tf from "@tensorflow/tfjs";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";

/** The one tfjs version whose internals are known to fit. */
const TFJS_VERSION = "4.22.0";

/** A tensor on the WASM heap. */
interface TensorOnHeap {
  /** Address of its first byte. */
  memoryOffset: number;
}

/** The part of tfjs's `BackendWasm` that the kernels use. */
interface WasmBackend extends tf.KernelBackend {
  /** The Emscripten module. */
  wasm: {
    asm: { memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  dataIdMap: { get(dataId: tf.DataId): TensorOnHeap };
  makeOutput(
    shape: number[],
    dtype: tf.DataType,
    memoryOffset?: number,
    values?: tf.BackendValues,
  ): tf.TensorInfo;
  disposeData(dataId: tf.DataId): boolean;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  incRef(dataId: tf.DataId): void;
}

/** What tfjs hands to a kernel. */
export interface KernelCall {
  inputs: Record<string, tf.TensorInfo>;
  // deno-lint-ignore no-explicit-any -- every kernel has attributes of its own
  attrs: Record<string, any>;
  backend: WasmBackend;
}

/** A kernel, with one output tensor unless said otherwise. */
export type Kernel<Output = tf.TensorInfo> = (call: KernelCall) => Output;

/** Kernels as tfjs had registered them, by name; `undefined` where it had none. */
const originals = new Map<string, tf.KernelConfig | undefined>();

const originalGradients = new Map<string, tf.GradConfig>();

/**
 * The active WASM backend, its version and internals checked.
 *
 * @returns The backend that tfjs computes on.
 * @throws {Error} When another backend is active, or tfjs's internals are not those of the version
 * that this project was written for.
 */
export function wasmBackend(): WasmBackend {
  if (tf.getBackend() !== "wasm") {
    throw new Error(`Expected backend to be "wasm" but found "${tf.getBackend()}"`);
  }
  for (const version of [tf.version_core, version_wasm]) {
    if (version !== TFJS_VERSION) {
      throw new Error(`Expected tfjs to be version ${TFJS_VERSION} but found ${version}`);
    }
  }
  const backend = tf.backend() as WasmBackend;
  const complete = backend.wasm?.asm?.memory instanceof WebAssembly.Memory &&
    [
      backend.wasm._malloc,
      backend.wasm._free,
      backend.dataIdMap?.get,
      backend.makeOutput,
      backend.typedArrayFromHeap,
    ]
      .every((member) => typeof member === "function");
  if (!complete) {
    throw new Error(
      `Expected tfjs ${TFJS_VERSION} to expose its WASM memory, allocator and tensors but found changed internals`,
    );
  }
  return backend;
}

/**
 * The numbers of a tensor where they lie in the memory of the WASM backend, to read and to write.
 *
 * @returns A view that is valid until the next tensor is made.
 */
export function valuesInPlace(tensor: tf.Tensor): Float32Array {
  return (tf.backend() as WasmBackend).typedArrayFromHeap(tensor) as Float32Array;
}

/**
 * Replaces a kernel of the WASM backend, or adds one that it lacks, until {@linkcode restoreKernels}.
 *
 * @param name tfjs's name of the kernel, for example `"Conv2D"`.
 * @param kernel Makes the new kernel from the one it replaces, to which it may hand calls on.
 */
export function overrideKernel(
  name: string,
  kernel: (replaced: Kernel) => Kernel<tf.TensorInfo | tf.TensorInfo[]>,
): void {
  const replaced = tf.getKernel(name, "wasm");
  if (!originals.has(name)) originals.set(name, replaced);
  if (replaced) tf.unregisterKernel(name, "wasm");
  const missing: Kernel = () => {
    throw new Error(`Expected a call of ${name} that the training kernels support`);
  };
  tf.registerKernel({
    ...replaced,
    kernelName: name,
    backendName: "wasm",
    kernelFunc: kernel((replaced?.kernelFunc as Kernel | undefined) ?? missing) as tf.KernelFunc,
  });
}

/**
 * Replaces the gradient of a kernel while the WASM backend computes, until {@linkcode restoreKernels};
 * other backends keep tfjs's own, which may be asked for calls that the new one does not support.
 *
 * @param name tfjs's name of the kernel, for example `"Relu"`.
 * @param saved Names of the inputs that the gradient needs; it gets nothing else.
 * @param gradient Makes the new gradient from the one it replaces.
 */
export function overrideGradient(
  name: string,
  saved: string[],
  gradient: (replaced: tf.GradFunc) => tf.GradFunc,
): void {
  const replaced = tf.getGradient(name);
  originalGradients.set(name, replaced);
  const faster = gradient(replaced.gradFunc);
  tf.unregisterGradient(name);
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saved,
    gradFunc: (dy, tensors, attrs) =>
      (tf.getBackend() === "wasm" ? faster : replaced.gradFunc)(dy, tensors, attrs),
  });
}

/** Puts back all kernels and gradients that were replaced. */
export function restoreKernels(): void {
  for (const [name, original] of originals) {
    tf.unregisterKernel(name, "wasm");
    if (original) tf.registerKernel(original);
  }
  originals.clear();
  for (const [name, original] of originalGradients) {
    tf.unregisterGradient(name);
    tf.registerGradient(original);
  }
  originalGradients.clear();
}
