import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { addHead, buildBase } from "../../lib/model/architecture.ts";
import { firstFilters, saliencyMap } from "../../lib/workshop/insides.ts";
import { weighted } from "../model/saved_networks.ts";

await startBackend();

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

Deno.test("firstFilters() takes the kernel of the first convolution apart", () => {
  const base = buildBase("cnn-small", 1);
  const kernel = base.getLayer("conv1").getWeights()[0].dataSync();
  const filters = firstFilters(base);
  assertEquals(filters.length, 16);
  assertEquals([...filters[5]], Array.from({ length: 9 }, (_, i) => kernel[16 * i + 5]));
  base.dispose();
});

Deno.test("saliencyMap() and firstFilters() leave no tensor", () => {
  const network = addHead(buildBase("cnn-small", 1), { classes: 10, seed: 1 });
  const picture = new Uint8Array(784).fill(200);
  saliencyMap(network, picture, 3);
  const tensors = tf.memory().numTensors;
  saliencyMap(network, picture, 3);
  firstFilters(network);
  assertEquals(tf.memory().numTensors, tensors);
  network.dispose();
});
