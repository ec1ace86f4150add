/** Choosing the backend that everything computes on. */

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { installFastKernels } from "./fast_kernels.ts";
import { registerKerasLayers } from "./keras_layers.ts";
import { speedUpLstm } from "./lstm.ts";
import { MENDED_KERNELS } from "./mended_kernels.ts";
import { mendLayers } from "./mended_layers.ts";
import { replaceKernels, WasmKernels } from "./wasm_backend.ts";

/** Options for {@linkcode startBackend}. */
export interface BackendOptions {
  /**
   * Kernels for training: compiled ones (`"fast"`), or ones composed of tfjs's own (`"composed"`),
   * which also stand in where the engine has no WASM SIMD.
   *
   * @default {What the last call chose, at first `"fast"`}
   */
  kernels?: "fast" | "composed";
}

let chosen: NonNullable<BackendOptions["kernels"]> = "fast";
let installed: BackendOptions["kernels"];
let compiled: WasmKernels | undefined;
let starting = Promise.resolve();

/**
 * Makes tfjs compute on its WASM backend, with the kernels that training needs.
 *
 * Call it once before the first tensor is made, in every worker; further calls keep the kernels that
 * the last one chose and cost nothing, and calls at the same time wait for one another.
 *
 * @param options Which kernels to install.
 * @throws {Error} When the WASM backend cannot start or is another version's.
 */
export function startBackend({ kernels = chosen }: BackendOptions = {}): Promise<void> {
  chosen = kernels;
  return starting = starting.then(start, start);
}

/** @returns Which kernels were chosen by the last {@linkcode startBackend}, to start workers alike. */
export function chosenKernels(): NonNullable<BackendOptions["kernels"]> {
  return chosen;
}

async function start(): Promise<void> {
  if (installed === chosen && tf.getBackend() === "wasm") return;
  // Without this tfjs advises every user of its cpu backend to install tfjs-node.
  tf.enableProdMode();
  if (!await tf.setBackend("wasm")) throw new Error("Expected the WASM backend to start");
  await tf.ready();
  if (installed === chosen) return;
  compiled?.dispose();
  compiled = chosen === "fast" && WasmKernels.supported ? new WasmKernels() : undefined;
  if (compiled) installFastKernels(compiled);
  else replaceKernels(MENDED_KERNELS);
  if (!installed) {
    mendLayers();
    registerKerasLayers();
    speedUpLstm();
  }
  installed = chosen;
}
