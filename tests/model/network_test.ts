import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { splitNetwork } from "../../lib/model/architecture.ts";
import {
  applyLayers,
  imagesToTensor,
  networkFromData,
  networkToData,
  readWeights,
  storedWeights,
  writeWeights,
} from "../../lib/model/network.ts";
import { assertSameWeights, randomNetwork } from "./saved_networks.ts";

const PICTURES = (() => {
  const random = new Random(1);
  return Uint8Array.from({ length: 4 * 784 }, () => random.integer(256));
})();

Deno.test("networkFromData() makes an equal network that shares no weights", async () => {
  const network = await randomNetwork();
  const copy = await networkFromData(await networkToData(network));
  assertSameWeights(readWeights(copy.layers), readWeights(network.layers));
  const before = readWeights(network.layers);
  writeWeights(copy.layers, before.map((values) => values.map((value) => value + 1)));
  assertSameWeights(readWeights(network.layers), before);
  network.dispose();
  copy.dispose();
});

Deno.test("networkToData() keeps what is frozen", async () => {
  const network = await randomNetwork();
  network.getLayer("conv2").trainable = false;
  const copy = await networkFromData(await networkToData(network));
  assertEquals(
    copy.layers.filter(({ trainable }) => !trainable).map(({ name }) => name),
    ["conv2"],
  );
  network.dispose();
  copy.dispose();
});

Deno.test("writeWeights() puts back what readWeights() took, frozen or not", async () => {
  const network = await randomNetwork(1);
  const weights = readWeights(network.layers);
  for (const layer of network.layers) layer.trainable = false;
  assertSameWeights(readWeights(network.layers), weights);
  const other = await randomNetwork(2);
  writeWeights(other.layers, weights);
  assertSameWeights(readWeights(other.layers), weights);
  network.dispose();
  other.dispose();
});

Deno.test("applyLayers() without dropout answers as the network does in use", async () => {
  const network = await randomNetwork();
  const [applied, predicted] = tf.tidy(() => {
    const batch = imagesToTensor(PICTURES);
    return [applyLayers(network.layers, batch), network.predict(batch) as tf.Tensor]
      .map((tensor) => tensor.dataSync());
  });
  applied.forEach((value, i) => assertAlmostEquals(value, predicted[i], 1e-5));
  network.dispose();
});

Deno.test("applyLayers() in training uses the batch's statistics, except where frozen", async () => {
  const network = await randomNetwork();
  const { base } = splitNetwork(network);
  const statistics = () => readWeights(base.filter(({ name }) => name.startsWith("norm")));
  const before = statistics();
  const run = (dropout?: Random) =>
    tf.tidy(() => applyLayers(base, imagesToTensor(PICTURES), dropout).dataSync().slice());
  const inUse = run();
  assertEquals(statistics(), before);
  for (const layer of base) layer.trainable = false;
  assertEquals(run(new Random(1)), inUse);
  assertEquals(statistics(), before);
  for (const layer of base) layer.trainable = true;
  assertNotEquals(run(new Random(1)), inUse);
  assertNotEquals(statistics(), before);
  network.dispose();
});

/** A functional stage whose first layers are used twice and whose branches meet. */
function branchingStage(): tf.LayersModel {
  const convolution = (name: string) =>
    tf.layers.conv2d({
      filters: 8,
      kernelSize: 3,
      padding: "same",
      useBias: false,
      kernelInitializer: tf.initializers.glorotUniform({ seed: name.length }),
      name,
    });
  const norm = (name: string) => tf.layers.batchNormalization({ momentum: 0.9, name });
  const input = tf.input({ shape: [6, 6, 8] });
  const stem = norm("n").apply(convolution("c").apply(input)) as tf.SymbolicTensor;
  const branch = norm("nn").apply(convolution("cc").apply(stem)) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([stem, branch]);
  const outputs = tf.layers.activation({ activation: "relu" }).apply(sum) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs });
}

for (const isTrained of [false, true]) {
  Deno.test(`applyLayers() computes a network within a network, ${isTrained ? "in training" : "in use"}`, async () => {
    await startBackend();
    const compute = (apply: (stage: tf.LayersModel, x: tf.Tensor) => tf.Tensor) => {
      const stage = branchingStage();
      const x = tf.randomNormal([3, 6, 6, 8], 0, 1, "float32", 1);
      const outputs = apply(stage, x);
      const values = [outputs.dataSync<"float32">().slice(), ...readWeights([stage])];
      tf.dispose([x, outputs]);
      stage.dispose();
      return values;
    };
    const before = tf.memory().numTensors;
    const fused = compute((stage, x) =>
      tf.tidy(() => applyLayers([stage], x, isTrained ? new Random(1) : undefined))
    );
    const layers = compute((stage, x) => stage.apply(x, { training: isTrained }) as tf.Tensor);
    assertEquals(tf.memory().numTensors, before);
    fused.forEach((values, k) =>
      values.forEach((value, i) => assertAlmostEquals(value, layers[k][i], 1e-4))
    );
  });
}

Deno.test("applyLayers() drops half of the hidden units and doubles the others, by its random numbers", async () => {
  await startBackend();
  const layers = [tf.layers.dropout({ rate: 0.5 })];
  const run = (dropout?: Random) =>
    tf.tidy(() => [...applyLayers(layers, tf.ones([10_000]), dropout).dataSync()]);
  assertEquals(run(), Array(10_000).fill(1));
  const dropped = run(new Random(1));
  assertEquals([...new Set(dropped)].sort(), [0, 2]);
  assertAlmostEquals(dropped.filter((value) => value === 0).length / 10_000, 0.5, 0.025);
  assertEquals(run(new Random(1)), dropped);
  assertNotEquals(run(new Random(2)), dropped);
});

Deno.test("imagesToTensor() scales 0–255 to 0–1", async () => {
  await startBackend();
  const tensor = imagesToTensor(PICTURES);
  assertEquals(tensor.shape, [4, 28, 28, 1]);
  assertEquals(tensor.dataSync()[5], Math.fround(PICTURES[5] / 255));
  assert(tensor.dataSync().every((value) => value >= 0 && value <= 1));
  tensor.dispose();
});

/** Largest distance of a weight from what tfjs makes of the rounded one, as a share of its tensor's range. */
async function rounding(precision: "float16" | "uint8") {
  const network = await randomNetwork();
  const data = await networkToData(network, precision);
  const rounded = await networkFromData(data);
  const [before, after] = [network, rounded].map(({ layers }) => readWeights(layers));
  network.dispose();
  rounded.dispose();
  const errors = before.map((values, i) => {
    const sorted = values.toSorted();
    const range = Math.max(sorted.at(-1)!, 0) - Math.min(sorted[0], 0);
    const distances = values.map((value, j) => Math.abs(value - after[i][j])).toSorted();
    return distances.at(-1)! / (range || 1);
  });
  return { data, error: Math.max(...errors) };
}

Deno.test("networkToData() in half precision takes two bytes a weight", async () => {
  const { data, error } = await rounding("float16");
  const weights = storedWeights(data);
  assert(weights.every(({ values }) => values instanceof Uint16Array));
  const count = weights.reduce((sum, { values }) => sum + values.length, 0);
  assertEquals((data.weightData as ArrayBuffer).byteLength, 2 * count);
  assert(error > 0 && error < 2 ** -11);
});

Deno.test("networkToData() in bytes takes one byte a weight of a kernel, and errs by at most a step", async () => {
  const { data, error } = await rounding("uint8");
  for (const { shape, values, grid } of storedWeights(data)) {
    if (shape.length < 2) assert(values instanceof Float32Array && grid === undefined);
    else {
      assert(values instanceof Uint8Array);
      const { zero } = grid!;
      assert(Number.isInteger(zero) && zero >= 0 && zero <= 255);
    }
  }
  const length = storedWeights(data).reduce((sum, { values }) => sum + values.byteLength, 0);
  assertEquals((data.weightData as ArrayBuffer).byteLength, length);
  assert(error > 0 && error < 1.01 / 255);
});

Deno.test("networkToData() of weights that are rounded already changes nothing", async () => {
  const network = await randomNetwork();
  for (const precision of ["float32", "float16", "uint8"] as const) {
    const once = await networkToData(network, precision);
    const copy = await networkFromData(once);
    const twice = await networkToData(copy, precision);
    copy.dispose();
    assertEquals(
      new Uint8Array(twice.weightData as ArrayBuffer),
      new Uint8Array(once.weightData as ArrayBuffer),
    );
  }
  network.dispose();
});
