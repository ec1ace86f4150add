import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { explain } from "../../lib/service/explain.ts";
import { randomNetwork } from "../model/saved_networks.ts";

Deno.test("explain() gives each map's strongest filter, the greatest weight of the layer as 127", async () => {
  const network = await randomNetwork();
  const layer = network.layers.filter((layer) => layer.getClassName() === "Conv2D")[1];
  const [, , count, channels] = layer.getWeights()[0].shape as number[];
  // Filter i of map j holds ±(i + 1) / (j + 1) in its second place: the last one is the strongest.
  const kernel = tf.buffer([3, 3, count, channels]);
  for (let j = 0; j < channels; j++) {
    for (let i = 0; i < count; i++) kernel.set((j % 2 ? -1 : 1) * (i + 1) / (j + 1), 0, 1, i, j);
  }
  layer.setWeights([kernel.toTensor()]);
  const { layers } = explain({ network }, new Uint8Array(784).fill(255, 300, 400), 3);
  const filters = layers[1].filters!;
  assertEquals([filters.count, filters.side, filters.values.length], [count, 3, 9 * channels]);
  for (let j = 0; j < channels; j++) {
    const expected = new Int8Array(9);
    expected[1] = (j % 2 ? -1 : 1) * 127 / (j + 1);
    assertEquals(filters.values.subarray(9 * j, 9 * j + 9), expected);
  }
  network.dispose();
});
