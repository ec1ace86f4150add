/** The compiled kernels (`kernels/`), running on the memory of tfjs's own WASM module. */

import type * as tf from "@tensorflow/tfjs";
import plain from "./kernels/kernels.wasm" with { type: "bytes" };
import relaxed from "./kernels/kernels_relaxed.wasm" with { type: "bytes" };
import { wasmBackend } from "./wasm_backend.ts";

/**
 * What the compiled module exports, with the parameters in their order; a question mark is behind those
 * that may be left out. `kernels/assembly/` says what each does.
 */
const SIGNATURES = {
  adamW:
    "weight gradient mean square updated newMean newSquare size beta1 beta2 keep rate correction epsilon",
  addBias: "y bias? rows channels rectify",
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
  Object.entries(SIGNATURES).map((
    [kernel, names],
  ) => [kernel, names.replaceAll("?", "").split(" ")]),
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
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
      env: { memory },
    });
    this.#exports = exports as Exports;
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

  /** @returns A new tensor of floats, its values undefined. */
  output(shape: number[]): tf.TensorInfo {
    return this.#backend.makeOutput(shape, "float32");
  }

  /** @returns A new tensor of bytes, its values undefined. */
  bytes(shape: number[]): tf.TensorInfo {
    return this.#backend.makeOutput(shape, "bool");
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
