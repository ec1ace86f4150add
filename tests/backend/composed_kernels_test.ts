import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { assertSameConvolution, CONVOLUTIONS, nameOf } from "./convolutions.ts";
import { assertSameValues, normalValues, onBothBackends } from "./cpu_oracle.ts";

/** Sums of up to a few thousand products in float32: 2⁻²⁴ · √n with room for another order. */
const TOLERANCE = 5e-6;

Deno.test("startBackend() computes on WASM and may be called again", async () => {
  await startBackend({ kernels: "composed" });
  const kernel = tf.getKernel("Conv2DBackpropFilter", "wasm");
  await startBackend({ kernels: "composed" });
  assertEquals(tf.getBackend(), "wasm");
  assertEquals(tf.getKernel("Conv2DBackpropFilter", "wasm"), kernel);
});

for (const convolution of CONVOLUTIONS) {
  Deno.test(`composed kernels give the cpu backend's gradients of ${nameOf(convolution)}`, async () => {
    await startBackend({ kernels: "composed" });
    await assertSameConvolution(convolution, TOLERANCE);
  });
}

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    Deno.test(`composed kernels multiply matrices with transposes ${transposeA}, ${transposeB}`, async () => {
      await startBackend({ kernels: "composed" });
      for (const batch of [[], [3]]) {
        const a = normalValues([...batch, ...(transposeA ? [7, 5] : [5, 7])], 1);
        const b = normalValues([...batch, ...(transposeB ? [9, 7] : [7, 9])], 2);
        const { wasm, cpu } = await onBothBackends(
          [a, b],
          (a, b) => [tf.matMul(a, b, transposeA, transposeB)],
        );
        assertSameValues(wasm[0], cpu[0], TOLERANCE, "product");
      }
    });
  }
}

Deno.test("composed kernels refuse a filter gradient in NCHW", async () => {
  await startBackend({ kernels: "composed" });
  const x = tf.zeros([1, 1, 3, 3]);
  assertThrows(
    () =>
      tf.engine().runKernel("Conv2DBackpropFilter", { x, dy: x }, {
        strides: 1,
        pad: "same",
        dataFormat: "NCHW",
        filterShape: [1, 1, 1, 1],
      }),
    TypeError,
    `Expected dataFormat to be "NHWC" but found "NCHW"`,
  );
  x.dispose();
});

Deno.test("composed kernels train a CNN with every usual layer through model.fit", async () => {
  await startBackend({ kernels: "composed" });
  const seed = 1;
  const kernelInitializer = () => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 4,
        kernelSize: 3,
        padding: "same",
        useBias: false,
        kernelInitializer: kernelInitializer(),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.batchNormalization(),
      tf.layers.activation({ activation: "relu" }),
      tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", strides: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 8, activation: "relu", kernelInitializer: kernelInitializer() }),
      tf.layers.dropout({ rate: 0.1 }),
      tf.layers.dense({ units: 2, activation: "softmax", kernelInitializer: kernelInitializer() }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: "categoricalCrossentropy" });
  const { values } = normalValues([20, 8, 8, 1], 4);
  const labels = Array.from({ length: 20 }, (_, i) => i % 2);
  const bright = values.map((value, i) => value + labels[Math.floor(i / 64)]);
  const x = tf.tensor4d(bright, [20, 8, 8, 1]);
  const y = tf.oneHot(labels, 2).toFloat();
  const { history } = await model.fit(x, y, { epochs: 20, batchSize: 8, verbose: 0 });
  const loss = history.loss as number[];
  assert(loss[19] < loss[0] / 2, `loss went from ${loss[0]} to ${loss[19]}`);
  tf.dispose([x, y]);
  model.dispose();
});
