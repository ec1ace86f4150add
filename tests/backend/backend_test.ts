import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chosenKernels, startBackend } from "../../lib/backend/backend.ts";
import { replaceKernels } from "../../lib/backend/wasm_backend.ts";
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

Deno.test("replaceKernels() names the backend that is active instead", async () => {
  await tf.setBackend("cpu");
  assertThrows(
    () => replaceKernels([]),
    Error,
    'Expected backend to be "wasm" but found "cpu"',
  );
  await startBackend();
});

Deno.test("replaceKernels() gives back tfjs's kernels and gradients", async () => {
  await startBackend({ kernels: "composed" });
  replaceKernels([]);
  const names = ["Conv2DBackpropFilter", "ConvolutionBlock", "Conv2D"];
  const original = names.map((name) => tf.getKernel(name, "wasm")?.kernelFunc);
  const gradient = tf.getGradient("Relu");
  assertEquals<unknown[]>(original.slice(0, 2), [undefined, undefined]);
  await startBackend({ kernels: "fast" });
  await startBackend({ kernels: "composed" });
  assertEquals(tf.getGradient("Relu"), gradient);
  replaceKernels([]);
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

/** Layers of a CNN and of an LSTM. */
const NETWORKS: (() => tf.layers.Layer[])[] = [
  () => [
    tf.layers.conv2d({
      inputShape: [6, 6, 1],
      filters: 8,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
    }),
    tf.layers.conv2d({ filters: 8, kernelSize: 3, padding: "same" }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.batchNormalization(),
    tf.layers.activation({ activation: "relu" }),
    tf.layers.depthwiseConv2d({ kernelSize: 2, activation: "relu6" }),
    tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 8, activation: "relu" }),
    tf.layers.dense({ units: 3, activation: "softmax" }),
  ],
  () => [
    tf.layers.reshape({ inputShape: [6, 6, 1], targetShape: [6, 6] }),
    tf.layers.lstm({ units: 8 }),
    tf.layers.dense({ units: 3, activation: "softmax" }),
  ],
];

/** Where NaN is after two epochs, in losses and weights, if it was in the pictures or in one weight. */
async function spreadNaN(layers: () => tf.layers.Layer[], loss: string): Promise<unknown[]> {
  const draw = (shape: number[], seed: number, isDisturbed: boolean) => {
    const { values } = normalValues(shape, seed);
    if (isDisturbed) values[values.length >> 1] = NaN;
    return tf.tensor(values, shape);
  };
  const found: unknown[] = [];
  tf.engine().startScope();
  for (let disturbed = 0, count = 0; disturbed <= count; disturbed++) {
    const model = tf.sequential({ layers: layers() });
    count = model.weights.length;
    model.setWeights(
      model.weights.map(({ shape }, i) => draw(shape as number[], i, disturbed === i + 1).abs()),
    );
    model.compile({ optimizer: "sgd", loss });
    const x = draw([4, 6, 6, 1], 7, disturbed === 0);
    const options = { epochs: 2, batchSize: 3, shuffle: false, verbose: 0 } as const;
    const { history } = await model.fit(x, tf.oneHot([0, 1, 2, 0], 3), options);
    const weights = model.getWeights().map((weight) => weight.isNaN().sum().dataSync()[0]);
    found.push({ losses: (history.loss as number[]).map(Number.isNaN), weights });
  }
  tf.engine().endScope();
  return found;
}

for (const kernels of ["composed", "fast"] as const) {
  Deno.test(`with ${kernels} kernels model.fit shows NaN where the cpu backend does`, async () => {
    for (const layers of NETWORKS) {
      for (const loss of ["categoricalCrossentropy", "binaryCrossentropy"]) {
        await startBackend({ kernels });
        const found = await spreadNaN(layers, loss);
        await tf.setBackend("cpu");
        assertEquals(found, await spreadNaN(layers, loss));
      }
    }
    await startBackend({ kernels: "fast" });
  });
}
