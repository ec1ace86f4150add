import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { addHead, buildBase } from "../../lib/model/architecture.ts";
import { featureMaps, firstFilters } from "../../lib/model/feature_maps.ts";

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
