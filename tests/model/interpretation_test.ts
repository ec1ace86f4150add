import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { addHead, buildBase } from "../../lib/model/architecture.ts";
import { featureMaps, occlusionMap } from "../../lib/model/interpretation.ts";
import { weighted } from "./saved_networks.ts";

await startBackend();

Deno.test("occlusionMap() is positive where ink speaks for the class, as far as the square reaches", () => {
  const weights = new Float32Array(784);
  const [row, column] = [10, 12];
  weights[28 * row + column] = 4;
  const network = weighted(weights);
  const picture = new Uint8Array(784).fill(255);
  const map = occlusionMap(network, picture, 1);
  map.forEach((value, i) => {
    const near = Math.max(Math.abs(Math.floor(i / 28) - row), Math.abs(i % 28 - column)) <= 2;
    assertAlmostEquals(value, near ? 4 : 0, 1e-5);
  });
  assertAlmostEquals(occlusionMap(network, picture, 0)[28 * row + column], -4, 1e-5);
  network.dispose();
});

Deno.test("occlusionMap() covers no more than the picture at its edges", () => {
  const weights = new Float32Array(784);
  weights[27] = 4; // the last pixel of the first row, beside the first of the second
  const network = weighted(weights);
  const map = occlusionMap(network, new Uint8Array(784).fill(255), 1);
  assertEquals([...map.keys()].filter((i) => map[i] > 1e-6), [25, 26, 27, 53, 54, 55, 81, 82, 83]);
  network.dispose();
});

Deno.test("occlusionMap() leaves no tensor", () => {
  const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
  const picture = new Uint8Array(784).fill(200);
  occlusionMap(network, picture, 3);
  const tensors = tf.memory().numTensors;
  occlusionMap(network, picture, 3);
  assertEquals(tf.memory().numTensors, tensors);
  network.dispose();
});

const random = new Random(1);
const pixels = Uint8Array.from({ length: 784 }, () => random.integer(256));

Deno.test("featureMaps() gives what tfjs's own model up to the layer predicts", async () => {
  await startBackend();
  const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
  for (const name of ["conv1", "pool2", "relu3"]) {
    const { output } = network.getLayer(name);
    const part = tf.model({ inputs: network.inputs, outputs: output as tf.SymbolicTensor });
    const expected = tf.tidy(() =>
      (part.predict(
        tf.tensor4d(Float32Array.from(pixels, (value) => value / 255), [1, 28, 28, 1]),
      ) as tf.Tensor4D).arraySync()[0]
    );
    const { side, maps } = featureMaps(network, pixels, name);
    assertEquals([side, maps.length], [expected.length, expected[0][0].length]);
    for (const [channel, map] of maps.entries()) {
      for (const [place, value] of map.entries()) {
        const [row, column] = [Math.floor(place / side), place % side];
        assertAlmostEquals(value, expected[row][column][channel], 1e-4);
      }
    }
  }
  network.dispose();
});

Deno.test("featureMaps() leaves no tensor behind", async () => {
  await startBackend();
  const base = buildBase("cnn-small", 1);
  featureMaps(base, pixels, "relu1");
  const { numTensors } = tf.memory();
  featureMaps(base, pixels, "relu1");
  assertEquals(tf.memory().numTensors, numTensors);
  base.dispose();
});

Deno.test("featureMaps() throws on an unknown layer and on one without maps", async () => {
  await startBackend();
  const base = buildBase("cnn-small", 1);
  const unknown = assertThrows(() => featureMaps(base, pixels, "relu9"), RangeError);
  assertEquals(
    unknown.message,
    `Expected a layer of ${base.layers.map(({ name }) => name).join(", ")} but found relu9`,
  );
  const flat = assertThrows(() => featureMaps(base, pixels, "features"), TypeError);
  assertEquals(flat.message, "Expected features to give maps but its output is 1 × 576");
  base.dispose();
});
