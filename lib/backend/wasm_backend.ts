/**
 * The insides of tfjs's WASM backend that the training kernels rely on, checked once and typed, and the
 * compiled kernels (`kernels/`), which run on its memory.
 */

import * as tf from "@tensorflow/tfjs";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import plain from "./kernels/kernels.wasm" with { type: "bytes" };
import relaxed from "./kernels/kernels_relaxed.wasm" with { type: "bytes" };

/** The one tfjs version whose internals are known to fit. */
const TFJS_VERSION = "4.22.0";

/** The part of tfjs's `BackendWasm` that the kernels use. */
interface WasmBackend extends tf.KernelBackend {
  /** The Emscripten module. */
  wasm: {
    asm: { memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  /** Where tensors are on the WASM heap: addresses of their first bytes. */
  dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number } };
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

/** Kernels by tfjs's names, each made from the one it replaces, to which it may hand calls on. */
type Replacements = Record<
  string,
  (replaced: Kernel) => Kernel<tf.TensorInfo | tf.TensorInfo[]>
>;

/**
 * A gradient in place of tfjs's, of the same inputs: it may give `undefined` of what it does not support, and need
 * not have a gradient itself.
 */
type Gradient = (...call: Parameters<tf.GradFunc>) => ReturnType<tf.GradFunc> | undefined;

/** Put back, last first, what {@linkcode replaceKernels} has replaced. */
const undo: (() => void)[] = [];

/**
 * Replaces kernels of the WASM backend, or adds what it lacks, and gradients while it computes; what was
 * replaced before is put back first. Other backends, and gradients of gradients, keep tfjs's own gradients.
 *
 * @param kernels One table after the other.
 * @param gradients By the kernels' names.
 * @throws {Error} When another backend is active, or tfjs is not the version that this project was written for.
 */
export function replaceKernels(
  kernels: Replacements[],
  gradients: Record<string, Gradient> = {},
): void {
  wasmBackend();
  while (undo.length > 0) undo.pop()!();
  for (const [kernelName, replace] of kernels.flatMap(Object.entries)) {
    const replaced: tf.KernelConfig | undefined = tf.getKernel(kernelName, "wasm");
    const missing = () => {
      throw new Error(`Expected a call of ${kernelName} that the training kernels support`);
    };
    const kernelFunc = replace((replaced?.kernelFunc ?? missing) as unknown as Kernel);
    tf.registerKernel({
      ...{ ...replaced, kernelName, backendName: "wasm" },
      kernelFunc: kernelFunc as unknown as tf.KernelFunc,
    });
    undo.push(() =>
      replaced ? tf.registerKernel(replaced) : tf.unregisterKernel(kernelName, "wasm")
    );
  }
  for (const [kernelName, gradient] of Object.entries(gradients)) {
    const replaced = tf.getGradient(kernelName);
    tf.registerGradient({
      ...replaced,
      gradFunc: (...call) => {
        const isOurs = tf.getBackend() === "wasm" && tf.engine().state.gradientDepth === 0;
        return (isOurs ? gradient(...call) : undefined) ?? replaced.gradFunc(...call);
      },
    });
    undo.push(() => tf.registerGradient(replaced));
  }
}

/** The active WASM backend, its version checked. */
function wasmBackend(): WasmBackend {
  if (tf.getBackend() !== "wasm") {
    throw new Error(`Expected backend to be "wasm" but found "${tf.getBackend()}"`);
  }
  for (const version of [tf.version_core, version_wasm]) {
    if (version !== TFJS_VERSION) {
      throw new Error(`Expected tfjs to be version ${TFJS_VERSION} but found ${version}`);
    }
  }
  return tf.backend() as WasmBackend;
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
 * What the compiled module exports, with the parameters in their order; a question mark is behind those
 * that may be left out. `kernels/assembly/` says what each does.
 */
const SIGNATURES = {
  adamW: "weight gradient mean square updated size beta1 beta2 keep rate correction epsilon",
  addBias: "y bias? rows channels rectify",
  addWindows:
    "dy filter dx batch height width channels outHeight outWidth outputs filterHeight filterWidth strideHeight strideWidth dilationHeight dilationWidth top left scratch",
  affineOfNorm: "mean variance gamma? beta? epsilon affine channels",
  applyAffine: "x affine y rows channels rectify",
  applyNormGradient: "dy x norm dx rows channels rectify",
  clip: "x y size low high",
  convolve: "x filter y mask? affine? batch chunk height width inputs outputs scratch",
  convolveDepthwise: "x filter y batch height width channels scratch",
  convolveDepthwiseGradient:
    "x? filter? dy product? norm? rectify dx? dw? batch height width channels scratch",
  convolveDepthwiseScratch: "height width channels",
  convolveGradient:
    "x? filter? dy pooled? mask? norm? dx? dw? batch chunk height width inputs outputs scratch",
  convolvePicture: "x filter y mask? affine? batch height width channels padded",
  convolvePictureGradient: "x dy pooled mask norm dw batch height width channels padded",
  convolvePictureScratch: "height width",
  convolvePointwise: "x filter y mask? affine? batch height width inputs outputs scratch",
  convolvePointwiseGradient:
    "x? filter? dy pooled? mask? norm? dx? dw? batch height width inputs outputs scratch",
  convolvePointwiseScratch: "height width inputs outputs pools",
  convolveSmall: "x filter y affine? height width inputs outputs scratch",
  convolveSmallScratch: "height width inputs outputs",
  convolveScratch: "chunk height width inputs outputs pools",
  copyRows: "x y rows width fromStride toStride",
  lstmStep: "z gates before cells outputs rows units hard",
  lstmStepGradient: "gates before cells dy dOutputs dCells dz rows units hard",
  maxPoolGradient: "dy x dx batch height width channels",
  moments: "x mean variance rows channels",
  multiplyMatrices: "a b c rows columns depth transposeA transposeB accumulate scratch",
  multiplyMatricesScratch: "rows columns depth",
  multiplyWindows:
    "x b c transpose batch height width channels outHeight outWidth outputs filterHeight filterWidth strideHeight strideWidth dilationHeight dilationWidth top left scratch",
  multiplyWindowsScratch: "depth outputs",
  normGradient: "sums mean variance epsilon rows norm dGamma dBeta channels",
  rectifierGradient: "dy x dx size",
  sumNormGradient: "dy x mean affine? sums rows channels",
  sumRows: "x sums rows channels factor",
  tanh: "x y size",
} as const;

type KernelName = keyof typeof SIGNATURES;

/** Names of parameters. */
type Names<Signature extends string> = Signature extends `${infer Name} ${infer Rest}`
  ? Name | Names<Rest>
  : Signature;

/** A number, a flag, the address of scratch memory, or a tensor, which stands for its address. */
type Argument = number | boolean | tf.TensorInfo;

type Arguments<Name extends string> =
  & { [Key in Name as Key extends `${string}?` ? never : Key]: Argument }
  & { [Key in Name as Key extends `${infer Optional}?` ? Optional : never]?: Argument };

const PARAMETERS = Object.fromEntries(
  Object.entries(SIGNATURES)
    .map(([kernel, names]) => [kernel, names.replaceAll("?", "").split(" ")]),
) as Record<KernelName, string[]>;

type Exports = Record<KernelName, (...numbers: number[]) => number>;

/** Scratch memory starts on a line of the cache. */
const ALIGNMENT = 64;

/** The compiled kernels and the memory that they work on. */
export class WasmKernels {
  #backend = wasmBackend();
  #exports: Exports;
  #scratch = 0;
  #scratchBytes = 0;

  /**
   * Instantiates the kernels on the active WASM backend.
   *
   * @throws {WebAssembly.CompileError} When the engine has no SIMD.
   */
  constructor() {
    const binary = WebAssembly.validate(relaxed) ? relaxed : plain;
    const { memory } = this.#backend.wasm.asm;
    const module = new WebAssembly.Module(binary);
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  }

  /** @returns Whether the engine can run the kernels. */
  static get supported(): boolean {
    return WebAssembly.validate(plain);
  }

  /** Runs a kernel; what is left out of its arguments is 0. */
  run<Name extends KernelName>(
    kernel: Name,
    named: Arguments<Names<typeof SIGNATURES[Name]>>,
  ): number {
    const values = named as Record<string, Argument | undefined>;
    return this.#exports[kernel](
      ...PARAMETERS[kernel].map((name) => {
        const value = values[name];
        return typeof value === "object" ? this.address(value) : Number(value ?? 0);
      }),
    );
  }

  /** @returns The address of a tensor's first byte. */
  address({ dataId }: tf.TensorInfo): number {
    return this.#backend.dataIdMap.get(dataId).memoryOffset;
  }

  /** @returns A new tensor, its values undefined. */
  output(shape: number[], dtype: "float32" | "bool" = "float32"): tf.TensorInfo {
    return this.#backend.makeOutput(shape, dtype);
  }

  /** @returns The address of at least so many bytes, valid until the next call. */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      const { wasm } = this.#backend;
      if (this.#scratch) wasm._free(this.#scratch);
      this.#scratch = wasm._malloc(bytes + ALIGNMENT) >>> 0;
      this.#scratchBytes = this.#scratch ? bytes : 0;
      if (!this.#scratch) {
        throw new RangeError(`Expected ${bytes} bytes of WASM memory but found too few`);
      }
    }
    return Math.ceil(this.#scratch / ALIGNMENT) * ALIGNMENT;
  }

  /** Frees the scratch memory. */
  dispose(): void {
    if (this.#scratch) this.#backend.wasm._free(this.#scratch);
    this.#scratch = this.#scratchBytes = 0;
  }
}
