import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chosenKernels, startBackend } from "../../lib/backend/backend.ts";
import { overrideKernel, restoreKernels, wasmBackend } from "../../lib/backend/wasm_backend.ts";
import { assertSameConvolution } from "./convolutions.ts";
import { normalValues } from "./cpu_oracle.ts";

const relaxed = Deno.readFileSync(
  new URL("../../lib/backend/kernels/kernels_relaxed.wasm", import.meta.url),
);

/** Runs `body` on an engine that validates only the modules that `accepts` does. */
async function onEngine(accepts: (bytes: number) => boolean, body: () => Promise<void>) {
  const { validate } = WebAssembly;
  WebAssembly.validate = (binary) => accepts(binary.byteLength) && validate(binary);
  try {
    await startBackend({ kernels: "composed" });
    await startBackend({ kernels: "fast" });
    await body();
  } finally {
    WebAssembly.validate = validate;
    await startBackend({ kernels: "composed" });
    await startBackend({ kernels: "fast" });
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

Deno.test("startBackend() keeps the kernels that were chosen last", async () => {
  const names = ["ConvolutionBlock", "Conv2DBackpropFilter"];
  const installed = () => names.map((name) => tf.getKernel(name, "wasm"));
  await startBackend({ kernels: "composed" });
  const composed = installed();
  assertEquals(composed[0], undefined);
  await tf.setBackend("cpu");
  await startBackend();
  assertEquals([tf.getBackend(), chosenKernels(), installed()], ["wasm", "composed", composed]);
  await startBackend({ kernels: "fast" });
  await startBackend();
  assertEquals([chosenKernels(), installed()[0]?.kernelName], ["fast", "ConvolutionBlock"]);
});

Deno.test("startBackend() called twice at once gives every worker one backend of its own", async () => {
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
  await startBackend({ kernels: "fast" });
  await startBackend({ kernels: "composed" });
  assertEquals(tf.getGradient("Relu"), gradient);
  restoreKernels();
  assertEquals(names.map((name) => tf.getKernel(name, "wasm")?.kernelFunc), original);
  await startBackend({ kernels: "fast" });
});

for (const kernels of ["composed", "fast"] as const) {
  Deno.test(`${kernels} kernels train a CNN with every usual layer through model.fit`, async () => {
    await startBackend({ kernels });
    const seed = 1;
    const kernelInitializer = () => tf.initializers.glorotUniform({ seed });
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 1],
          filters: 8,
          kernelSize: 3,
          padding: "same",
          useBias: false,
          kernelInitializer: kernelInitializer(),
        }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.batchNormalization(),
        tf.layers.activation({ activation: "relu" }),
        tf.layers.conv2d({
          filters: 4,
          kernelSize: 3,
          activation: "relu",
          strides: 2,
          kernelInitializer: kernelInitializer(),
        }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 8, activation: "relu", kernelInitializer: kernelInitializer() }),
        tf.layers.dropout({ rate: 0.1, seed }),
        tf.layers.dense({
          units: 2,
          activation: "softmax",
          kernelInitializer: kernelInitializer(),
        }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: "categoricalCrossentropy" });
    const { values } = normalValues([20, 8, 8, 1], 4);
    const labels = Array.from({ length: 20 }, (_, i) => i % 2);
    const bright = values.map((value, i) => value + labels[Math.floor(i / 64)]);
    const x = tf.tensor4d(bright, [20, 8, 8, 1]);
    const y = tf.oneHot(labels, 2).toFloat();
    const { history } = await model.fit(x, y, {
      epochs: 20,
      batchSize: 8,
      shuffle: false,
      verbose: 0,
    });
    const loss = history.loss as number[];
    assert(loss[19] < loss[0] / 2, `loss went from ${loss[0]} to ${loss[19]}`);
    tf.dispose([x, y]);
    model.dispose();
  });
}
