/** What `deno task make backend` bundles into one file: tfjs with its WASM modules, and this library. */

import "./bundle_environment.ts";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm" with {
  type: "bytes",
};
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};

function urlOf(module: Uint8Array): string {
  const text = Array.from(module, (byte) => String.fromCharCode(byte)).join("");
  return `data:application/wasm;base64,${btoa(text)}`;
}

tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
setWasmPaths({
  "tfjs-backend-wasm.wasm": urlOf(plain),
  "tfjs-backend-wasm-simd.wasm": urlOf(simd),
  "tfjs-backend-wasm-threaded-simd.wasm": urlOf(simd),
}, true);

export { tf };
export * from "./mod.ts";
