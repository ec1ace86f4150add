/** The compiled kernels (`kernels/`), running on the memory of tfjs's own WASM module. */

import type * as tf from "@tensorflow/tfjs";
import plain from "./kernels/kernels.wasm" with { type: "bytes" };
import relaxed from "./kernels/kernels_relaxed.wasm" with { type: "bytes" };
import { wasmBackend } from "./wasm_backend.ts";

/** What the compiled module exports; `kernels/assembly/` says what each does. */
type KernelName =
  | "adamW"
  | "addBias"
  | "affineOfNorm"
  | "applyAffine"
  | "applyNormGradient"
  | "convolve"
  | "convolveDepthwise"
  | "convolveDepthwiseGradient"
  | "convolveDepthwiseScratch"
  | "convolveGradient"
  | "convolvePicture"
  | "convolvePictureGradient"
  | "convolvePictureScratch"
  | "convolvePointwise"
  | "convolvePointwiseGradient"
  | "convolvePointwiseScratch"
  | "convolveScratch"
  | "maxPoolGradient"
  | "moments"
  | "multiplyMatrices"
  | "multiplyMatricesScratch"
  | "multiplyWindows"
  | "multiplyWindowsScratch"
  | "normGradient"
  | "rectifierGradient"
  | "sumNormGradient"
  | "sumRows";

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

  /**
   * Runs a kernel.
   *
   * @param parameters Numbers, flags, and tensors by their address; `undefined` is the address 0.
   */
  run(kernel: KernelName, ...parameters: (number | boolean | tf.TensorInfo | undefined)[]): number {
    return this.#exports[kernel](
      ...parameters.map((parameter) =>
        typeof parameter === "object"
          ? this.#backend.dataIdMap.get(parameter.dataId).memoryOffset
          : Number(parameter ?? 0)
      ),
    );
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
