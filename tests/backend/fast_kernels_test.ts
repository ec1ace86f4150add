import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { digestKernels } from "../../lib/backend/kernels/build.ts";
import { withCanaries } from "./canaries.ts";
import { assertSameConvolution, CONVOLUTIONS, nameOf } from "./convolutions.ts";
import { assertSameValues, normalValues, onBothBackends, type Values } from "./cpu_oracle.ts";

/** Sums of up to a few thousand products in float32: 2⁻²⁴ · √n with room for another order. */
const TOLERANCE = 5e-6;

/**
 * Winograd's transforms for tiles of six multiply by up to 32² before they cancel: Lavin and Gray
 * measure ten times the error of a direct convolution for tiles of four, and tiles of six lose about
 * another factor of two.
 */
const WINOGRAD_TOLERANCE = 5e-5;

/** Kernels with fresh scratch memory, so that each call gets exactly what it asks for. */
async function freshKernels() {
  await startBackend({ kernels: "composed" });
  await startBackend({ kernels: "fast" });
}

Deno.test("fast kernels have not changed since they were compiled, and neither have their sources", async () => {
  const digest = new URL("../../lib/backend/kernels/kernels.sha256", import.meta.url);
  assertEquals(
    await Deno.readTextFile(digest),
    `${await digestKernels()}\n`,
    "Expected the kernels to be compiled anew: deno run -A lib/backend/kernels/build.ts",
  );
});

for (const convolution of CONVOLUTIONS) {
  Deno.test(`fast kernels give the cpu backend's gradients of ${nameOf(convolution)}`, async () => {
    await startBackend();
    await withCanaries(async () => {
      await freshKernels();
      await assertSameConvolution(convolution, WINOGRAD_TOLERANCE);
    });
  });
}

/** Asserts that a function of tensors gives the same on WASM, between guards, as on the cpu backend. */
async function assertSameAsCpu(
  inputs: Values[],
  compute: (...tensors: tf.Tensor[]) => tf.Tensor[],
  tolerance = TOLERANCE,
) {
  await startBackend();
  await withCanaries(async () => {
    await freshKernels();
    const { wasm, cpu } = await onBothBackends(inputs, compute);
    wasm.forEach((values, i) => assertSameValues(values, cpu[i], tolerance, `output ${i}`));
  });
}

Deno.test("fast kernels dilate convolutions", async () => {
  for (const outputs of [5, 8]) {
    await assertSameAsCpu(
      [normalValues([2, 9, 10, 3], 1), normalValues([3, 2, 3, outputs], 2)],
      (x, filter) => [
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", [2, 3]),
      ],
    );
  }
});

Deno.test("fast kernels leave dilated depthwise convolutions to tfjs", async () => {
  await assertSameAsCpu(
    [normalValues([2, 9, 10, 4], 1), normalValues([3, 3, 4, 1], 2)],
    (x, filter) => [
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2),
    ],
  );
});

Deno.test("fast kernels fuse a convolution with bias and activation", async () => {
  for (const activation of ["linear", "relu", "elu"] as const) {
    for (const channels of [4, 8]) {
      await assertSameAsCpu(
        [
          normalValues([2, 7, 7, channels], 1),
          normalValues([3, 3, channels, 8], 2),
          normalValues([8], 3),
        ],
        (x, filter, bias) => [
          tf.fused.conv2d({
            x: x as tf.Tensor4D,
            filter: filter as tf.Tensor4D,
            bias,
            activation,
            strides: 1,
            pad: "same",
          }),
        ],
        WINOGRAD_TOLERANCE,
      );
    }
  }
});

for (
  const [rows, depth, columns] of [[7, 5, 8], [1, 3, 16], [1, 401, 24], [6, 9, 10], [13, 130, 24], [
    8,
    1,
    8,
  ]]
) {
  Deno.test(`fast kernels multiply ${rows}×${depth} by ${depth}×${columns}, either transposed`, async () => {
    for (
      const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]]
    ) {
      await assertSameAsCpu([
        normalValues(transposeA ? [depth, rows] : [rows, depth], 1),
        normalValues(transposeB ? [columns, depth] : [depth, columns], 2),
        normalValues([columns], 3),
      ], (a, b, bias) => [
        tf.matMul(a, b, transposeA, transposeB),
        tf.fused.matMul({
          ...{ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, transposeA, transposeB },
          activation: "relu",
        }),
      ]);
    }
  });
}

Deno.test("fast kernels multiply stacks of matrices", async () => {
  await assertSameAsCpu(
    [normalValues([3, 4, 5], 1), normalValues([3, 5, 8], 2)],
    (a, b) => [tf.matMul(a, b)],
  );
});

for (const [height, width, channels] of [[4, 4, 4], [5, 7, 8], [2, 3, 3], [6, 6, 12]]) {
  Deno.test(`fast kernels pool ${height}×${width}×${channels} with ties and NaN and go back`, async () => {
    const x = normalValues([2, height, width, channels], 1);
    // Few levels make ties; the first of the largest gets the gradient.
    x.values = x.values.map((value) => Math.round(value));
    const dy = normalValues([2, height >> 1, width >> 1, channels], 2);
    const gradient = (x: tf.Tensor, dy: tf.Tensor) =>
      tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"))(x, dy);
    await assertSameAsCpu([x, dy], (x, dy) => [gradient(x, dy)]);
    x.values = x.values.map((value, i) => i % 5 === 0 ? NaN : value);
    await assertSameAsCpu([x, dy], (x, dy) => [gradient(x, dy)]);
  });
}

Deno.test("fast kernels leave other poolings to tfjs", async () => {
  for (const [size, stride, pad] of [[3, 2, "same"], [2, 1, "valid"], [2, 2, "same"]] as const) {
    await assertSameAsCpu([normalValues([2, 7, 7, 4], 1)], (x) => {
      const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, pad);
      const y = pool(x);
      return [y, tf.grad(pool)(x, tf.range(0, y.size).reshape(y.shape))];
    });
  }
});

Deno.test("fast kernels sum and average over all axes but the last", async () => {
  for (const shape of [[300, 8], [3, 5, 7, 4], [2, 3], [1, 4]]) {
    const axes = shape.slice(1).map((_, axis) => axis);
    await assertSameAsCpu([normalValues(shape, 1)], (x) => [
      tf.sum(x, axes),
      tf.mean(x, axes, true),
      tf.mean(x, [shape.length - 1]),
      tf.sum(x),
    ]);
  }
});

Deno.test("fast kernels rectify, and let the gradient through where x is positive", async () => {
  const x = normalValues([3, 7], 1);
  x.values[0] = x.values[8] = 0;
  await assertSameAsCpu([x, normalValues([3, 7], 2)], (x, dy) => [tf.grad(tf.relu)(x, dy)]);
});

Deno.test("fast kernels take hyperbolic tangents to a few units in the last place", async () => {
  await startBackend();
  const sizes = Array.from({ length: 400 }, (_, i) => 1e-6 * 1.05 ** i);
  const x = Float32Array.from([
    ...sizes,
    ...sizes.map((size) => -size),
    0,
    -0,
    1e30,
    -Infinity,
    NaN,
  ]);
  const y = tf.tidy(() => tf.tanh(tf.tensor(x)).dataSync());
  const expected = Float32Array.from(x, Math.tanh);
  const unlike = x.filter((_, i) =>
    !Object.is(y[i], expected[i]) &&
    !(Math.abs(y[i] - expected[i]) <= 4 * 2 ** -24 * Math.abs(expected[i]))
  );
  assertEquals([...unlike], []);
});

Deno.test("fast kernels normalise batches", async () => {
  for (const channels of [3, 8]) {
    const x = normalValues([4, 3, 3, channels], 1);
    const [mean, gamma, beta] = [2, 3, 4].map((seed) => normalValues([channels], seed));
    const variance = { ...mean, values: mean.values.map((value) => value ** 2 + 0.1) };
    await assertSameAsCpu(
      [x, mean, variance, beta, gamma],
      (x, ...statistics) => {
        const norm = (...[x, mean, variance, beta, gamma]: tf.Tensor[]) =>
          tf.batchNorm(
            x as tf.Tensor4D,
            ...[mean, variance, beta, gamma] as [
              tf.Tensor1D,
              tf.Tensor1D,
              tf.Tensor1D,
              tf.Tensor1D,
            ],
            1e-3,
          );
        return [norm(x, ...statistics), ...tf.grads(norm)([x, ...statistics], x)];
      },
      2e-5,
    );
  }
});

Deno.test("fast kernels copy tensors of any type", async () => {
  await startBackend();
  for (const dtype of ["float32", "int32", "bool", "string"] as const) {
    const values = dtype === "string" ? ["a", "b"] : [0, 1];
    const tensor = tf.tensor(values, [2], dtype);
    const copy = tensor.clone();
    tensor.dispose();
    assertEquals<unknown[]>([...copy.dataSync()], values);
    copy.dispose();
  }
});
