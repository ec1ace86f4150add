import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { encodeOnnx } from "../../lib/formats/onnx.ts";
import { networkToData } from "../../lib/model/network.ts";
import { CARD, randomNetwork } from "../model/saved_networks.ts";
import { NETWORKS } from "./networks.ts";
import { decodeOnnx } from "./onnx_file.ts";

async function encode(network: tf.LayersModel, precision: "float32" | "uint8" = "float32") {
  const bytes = await encodeOnnx(await networkToData(network, precision), CARD);
  return { bytes, ...decodeOnnx(bytes) };
}

for (const [kind, build] of Object.entries(NETWORKS)) {
  Deno.test(`encodeOnnx() writes operations in an order in which they can be computed: ${kind}`, async () => {
    const network = await build();
    const { bytes, graph } = await encode(network, "uint8");
    assertEquals((await encode(network, "uint8")).bytes, bytes);
    network.dispose();
    const known = new Set(["pixels", ...graph.initializer.map(({ name }) => name)]);
    for (const { op_type: type, input, output } of graph.node) {
      for (const name of input) assert(known.has(name), `Expected ${name} before ${type}`);
      for (const name of output) {
        assert(!known.has(name), `Expected one ${name}`);
        known.add(name);
      }
    }
    assert(known.has("probabilities"));
  });
}

Deno.test("encodeOnnx() names and sizes input and output, and holds the card", async () => {
  const network = await randomNetwork();
  const { graph, metadata_props: metadata } = await encode(network);
  const tensor = (name: string, ...sizes: number[]) => ({
    name,
    type: {
      tensor_type: {
        elem_type: 1,
        shape: { dim: [{ dim_param: "batch" }, ...sizes.map((size) => ({ dim_value: size }))] },
      },
    },
  });
  assertEquals(graph.input, [tensor("pixels", 28, 28, 1)]);
  assertEquals(graph.output, [tensor("probabilities", 10)]);
  assertEquals(metadata.map(({ key, value }) => [key, JSON.parse(value)]), [["card", CARD]]);
  const conv1 = graph.initializer.find(({ name }) => name === "conv1/kernel")!;
  assertEquals(conv1.dims, [16, 1, 3, 3]);
  const kernel = network.getLayer("conv1").weights[0].read().transpose([3, 2, 0, 1]).dataSync();
  assertEquals(new Float32Array(new Uint8Array(conv1.raw_data).buffer), kernel);
  network.dispose();
});

Deno.test("encodeOnnx() of bytes is a quarter as long", async () => {
  const network = await randomNetwork();
  const [floats, bytes] = [await encode(network), await encode(network, "uint8")];
  network.dispose();
  assert(bytes.bytes.length < 0.3 * floats.bytes.length);
});

Deno.test("encodeOnnx() names a layer that has no translation", async () => {
  await randomNetwork();
  const network = tf.sequential({
    layers: [tf.layers.upSampling2d({ inputShape: [28, 28, 1], name: "larger" })],
  });
  await assertRejects(
    () => encode(network),
    TypeError,
    "Expected layers that ONNX has a translation of but found larger, a UpSampling2D",
  );
});
