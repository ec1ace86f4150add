import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { BASE_NAMES, buildBase, splitNetwork } from "../../lib/model/architecture.ts";
import { readWeights } from "../../lib/model/network.ts";
import { assertSameWeights, randomNetwork } from "./saved_networks.ts";

for (const name of BASE_NAMES) {
  if (name === "cnn-depthwise") continue;
  Deno.test(`buildBase() builds ${name} of three convolutions without bias, pooled first`, async () => {
    await startBackend();
    const base = buildBase(name, 1);
    const residual = name === "cnn-residual" ? [2, 3] : [];
    assertEquals(base.layers.map(({ name }) => name), [
      "standardise",
      ...[1, 2, 3].flatMap((i) => [
        ...[`conv${i}`, `pool${i}`, `norm${i}`, `relu${i}`],
        ...(residual.includes(i) ? [`residual${i}`] : []),
      ]),
      "features",
    ]);
    const filters = name === "cnn-small" ? [16, 32, 64] : [32, 64, 128];
    const [first, second, third] = filters;
    assertEquals(base.outputShape, [null, 3 * 3 * third]);
    const convolutions = 9 * (first + first * second + second * third);
    const normalisations = 4 * (first + second + third);
    const residuals = residual
      .map((stage) => filters[stage - 1])
      .reduce((sum, filters) => sum + 9 * filters ** 2 + 4 * filters, 0);
    assertEquals(base.countParams(), convolutions + normalisations + residuals);
    base.dispose();
  });
}

Deno.test("buildBase() builds cnn-depthwise of separable convolutions behind the first", async () => {
  await startBackend();
  const base = buildBase("cnn-depthwise", 1);
  const separable = (place: string) => [
    ...[`depthwise${place}`, `norm${place}_depthwise`, `relu${place}_depthwise`],
    `pointwise${place}`,
  ];
  const pooled = (stage: number) => [`pool${stage}`, `norm${stage}`, `relu${stage}`];
  assertEquals(base.layers.map(({ name }) => name), [
    ...["standardise", "conv1", ...pooled(1)],
    ...[...separable("2_1"), ...pooled(2)],
    ...[...separable("3_1"), "norm3_1", "relu3_1", ...separable("3_2"), ...pooled(3)],
    "features",
  ]);
  assertEquals(base.outputShape, [null, 1152]);
  const depthwise = 9 * (32 + 64 + 64);
  const pointwise = 32 * 64 + 64 * 64 + 64 * 128;
  const normalisations = 4 * (32 + 32 + 64 + 64 + 64 + 64 + 128);
  assertEquals(base.countParams(), 9 * 32 + depthwise + pointwise + normalisations);
  base.dispose();
});

Deno.test("A residual stage begins as if it were not there", async () => {
  await startBackend();
  const base = buildBase("cnn-residual", 1);
  const stage = base.getLayer("residual2");
  tf.tidy(() => {
    const maps = tf.randomUniform([2, 7, 7, 64], 0, 1, "float32", 1);
    const output = stage.apply(maps) as tf.Tensor;
    assertEquals(output.dataSync(), maps.dataSync());
  });
  base.dispose();
});

Deno.test("buildBase() and addHead() give the same weights for the same seed only", async () => {
  const weights = await Promise.all([1, 1, 2].map(async (seed) => {
    const network = await randomNetwork(seed);
    const values = readWeights(network.layers);
    network.dispose();
    return values;
  }));
  assertSameWeights(weights[0], weights[1]);
  assertNotEquals(weights[0], weights[2]);
});

Deno.test("addHead() gives probabilities", async () => {
  const network = await randomNetwork();
  const rows = tf.tidy(() => {
    const pictures = tf.randomUniform([3, 28, 28, 1], 0, 1, "float32", 1);
    return (network.predict(pictures) as tf.Tensor2D).arraySync();
  });
  assertEquals(rows.length, 3);
  for (const row of rows) {
    assertEquals(row.length, 10);
    assert(row.every((p) => p >= 0 && p <= 1));
    assert(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  }
  network.dispose();
});

Deno.test("splitNetwork() parts base and head, without the softmax", async () => {
  const network = await randomNetwork();
  const { base, head } = splitNetwork(network);
  assertEquals([base.length, base.at(-1)!.name], [14, "features"]);
  assertEquals(head.map(({ name }) => name), ["hidden", "dropout", "logits"]);
  network.dispose();
});

Deno.test("splitNetwork() throws on a network without base or head", async () => {
  await startBackend();
  const network = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [1], name: "only" })],
  });
  assertEquals(
    assertThrows(() => splitNetwork(network), TypeError).message,
    "Expected a network with layers named features and logits but found only",
  );
  network.dispose();
});
