import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { addHead, buildBase } from "../../lib/model/architecture.ts";
import {
  featureMaps,
  firstFilters,
  occlusionMap,
  saliencyMap,
} from "../../lib/model/interpretation.ts";

await startBackend();

/** A network that adds up the ink with a weight for each pixel, for the second of two classes. */
function weighted(weights: Float32Array): tf.Sequential {
  const network = tf.sequential();
  network.add(tf.layers.flatten({ inputShape: [28, 28, 1], name: "features" }));
  network.add(tf.layers.dense({ units: 2, name: "logits" }));
  network.add(tf.layers.softmax());
  const kernel = new Float32Array(784 * 2);
  weights.forEach((weight, i) => kernel[2 * i + 1] = weight);
  network.layers[1].setWeights([tf.tensor2d(kernel, [784, 2]), tf.zeros([2])]);
  return network;
}

Deno.test("occlusionMap() is positive where ink speaks for the class, as far as the square reaches", () => {
  const weights = new Float32Array(784);
  const [row, column] = [10, 12];
  weights[28 * row + column] = 4;
  const network = weighted(weights);
  const picture = new Uint8Array(784).fill(255);
  const map = occlusionMap(network, picture, 1, 3);
  map.forEach((value, i) => {
    const near = Math.max(Math.abs(Math.floor(i / 28) - row), Math.abs(i % 28 - column)) <= 1;
    assertAlmostEquals(value, near ? 4 : 0, 1e-5);
  });
  assertAlmostEquals(occlusionMap(network, picture, 0, 3)[28 * row + column], -4, 1e-5);
  network.dispose();
});

Deno.test("occlusionMap() covers no more than the picture at its edges", () => {
  const weights = new Float32Array(784);
  weights[27] = 4; // the last pixel of the first row, beside the first of the second
  const network = weighted(weights);
  const map = occlusionMap(network, new Uint8Array(784).fill(255), 1, 3);
  assertEquals([...map.keys()].filter((i) => map[i] > 1e-6), [26, 27, 54, 55]);
  network.dispose();
});

Deno.test("occlusionMap() throws on an even side", () => {
  const network = weighted(new Float32Array(784));
  assertThrows(
    () => occlusionMap(network, new Uint8Array(784), 1, 4),
    RangeError,
    "Expected side to be an odd number from 1 to 27 but found 4",
  );
  network.dispose();
});

Deno.test("saliencyMap() of a weighted sum is the weights", () => {
  const random = new Random(1);
  const weights = Float32Array.from({ length: 784 }, () => random.normal());
  const network = weighted(weights);
  assertEquals(saliencyMap(network, new Uint8Array(784), 1), weights);
  network.dispose();
});

Deno.test("saliencyMap() tells by how much the logit changes, through convolutions", () => {
  const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
  const random = new Random(2);
  const picture = Uint8Array.from({ length: 784 }, () => random.integer(255));
  const logitOf = (pixels: Uint8Array) =>
    tf.tidy(() => {
      let tensor: tf.Tensor = tf.tensor4d(Float32Array.from(pixels, (p) => p / 255), [
        1,
        28,
        28,
        1,
      ]);
      for (const layer of network.layers.slice(0, -1)) tensor = layer.apply(tensor) as tf.Tensor;
      return tensor.dataSync()[3];
    });
  const map = saliencyMap(network, picture, 3);
  // One step of brightness along the gradient's sign, small enough to be linear.
  const brighter = picture.map((value, i) => map[i] > 0 ? value + 1 : value);
  const rise = map.reduce((sum, value) => sum + Math.max(0, value), 0) / 255;
  assert(rise > 0);
  assertAlmostEquals(logitOf(brighter) - logitOf(picture), rise, 0.1 * rise);
  network.dispose();
});

Deno.test("saliencyMap() throws if there are no logits", () => {
  const base = buildBase("cnn-small", 1);
  const names = base.layers.map(({ name }) => name).join(", ");
  assertThrows(
    () => saliencyMap(base, new Uint8Array(784), 3),
    TypeError,
    `Expected a network with layers named features and logits but found ${names}`,
  );
  base.dispose();
});

Deno.test("occlusionMap() and saliencyMap() leave no tensor", () => {
  const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
  const picture = new Uint8Array(784).fill(200);
  occlusionMap(network, picture, 3);
  const tensors = tf.memory().numTensors;
  occlusionMap(network, picture, 3);
  saliencyMap(network, picture, 3);
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
  firstFilters(base);
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

Deno.test("firstFilters() takes the kernel of the first convolution apart", async () => {
  await startBackend();
  const base = buildBase("cnn-small", 1);
  const kernel = base.getLayer("conv1").getWeights()[0].dataSync();
  const filters = firstFilters(base);
  assertEquals(filters.length, 16);
  assertEquals([...filters[5]], Array.from({ length: 9 }, (_, i) => kernel[16 * i + 5]));
  base.dispose();
});
