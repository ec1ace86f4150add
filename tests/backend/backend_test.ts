import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { overrideKernel, restoreKernels, wasmBackend } from "../../lib/backend/wasm_backend.ts";
import { assertSameConvolution } from "./convolutions.ts";

const relaxed = Deno.readFileSync(
  new URL("../../lib/backend/kernels/kernels_relaxed.wasm", import.meta.url),
);

/** Runs `body` on an engine that validates only the modules that `accepts` does. */
async function onEngine(accepts: (bytes: number) => boolean, body: () => Promise<void>) {
  const { validate } = WebAssembly;
  WebAssembly.validate = (binary) => accepts(binary.byteLength) && validate(binary);
  try {
    await startBackend({ kernels: "composed" });
    await startBackend();
    await body();
  } finally {
    WebAssembly.validate = validate;
    await startBackend({ kernels: "composed" });
    await startBackend();
  }
}

const CONVOLUTION = { x: [2, 7, 7, 8], filter: [3, 3, 8, 16] } satisfies Parameters<
  typeof assertSameConvolution
>[0];

Deno.test("startBackend() does without relaxed SIMD", async () => {
  await onEngine((bytes) => bytes !== relaxed.length, async () => {
    assertEquals(tf.getKernel("ConvolutionBlock", "wasm")?.kernelName, "ConvolutionBlock");
    await assertSameConvolution(CONVOLUTION, 5e-5);
  });
});

Deno.test("startBackend() composes kernels where the engine has no SIMD", async () => {
  await onEngine(() => false, async () => {
    assertEquals(tf.getKernel("ConvolutionBlock", "wasm"), undefined);
    await assertSameConvolution(CONVOLUTION, 5e-6);
  });
});

Deno.test("startBackend() gives every worker a backend of its own", async () => {
  const module = new URL("./backend_worker.ts", import.meta.url);
  const answers = await Promise.all([1, 2].map(() =>
    new Promise((resolve, reject) => {
      const worker = new Worker(module, { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    })
  ));
  // 16 + 4 · 12 + 4 · 9 = 100 pixels under the nine taps, for 8 · 8 pairs of channels.
  assertEquals(answers, [1, 2].map(() => ({ backend: "wasm", sums: 6400 })));
});

Deno.test("wasmBackend() names the backend that is active instead", async () => {
  await tf.setBackend("cpu");
  assertThrows(() => wasmBackend(), Error, 'Expected backend to be "wasm" but found "cpu"');
  await startBackend();
});

Deno.test("restoreKernels() gives back tfjs's kernels and gradients", async () => {
  await startBackend({ kernels: "composed" });
  restoreKernels();
  const names = ["Conv2DBackpropFilter", "ConvolutionBlock", "Conv2D"];
  const original = names.map((name) => tf.getKernel(name, "wasm")?.kernelFunc);
  const gradient = tf.getGradient("Relu");
  assertEquals<unknown[]>(original.slice(0, 2), [undefined, undefined]);
  overrideKernel("Conv2D", (replaced) => replaced);
  await startBackend();
  await startBackend({ kernels: "composed" });
  assertEquals(tf.getGradient("Relu"), gradient);
  restoreKernels();
  assertEquals(names.map((name) => tf.getKernel(name, "wasm")?.kernelFunc), original);
  await startBackend();
});
