import { assertEquals } from "@std/assert";
import { unzipSync } from "fflate";
import { readHdf5 } from "../../lib/formats/hdf5.ts";
import { decodeKerasArchive, encodeKerasArchive } from "../../lib/formats/keras_archive.ts";
import { decodeKerasH5, encodeKerasH5 } from "../../lib/formats/keras_h5.ts";
import { networkToData } from "../../lib/model/network.ts";
import { CARD, randomNetwork } from "../model/saved_networks.ts";
import { assertSameOutputs, NETWORKS } from "./networks.ts";

for (const [kind, build] of Object.entries(NETWORKS)) {
  Deno.test(`decodeKerasArchive() gives back what encodeKerasArchive() wrote: ${kind}`, async () => {
    const network = await build();
    const data = await networkToData(network);
    const bytes = await encodeKerasArchive(data, CARD);
    assertEquals(await encodeKerasArchive(data, CARD), bytes);
    const decoded = await decodeKerasArchive(bytes, "network.keras");
    assertSameOutputs(decoded, network);
    network.dispose();
    decoded.dispose();
  });
}

Deno.test("encodeKerasArchive() writes Keras 3's layout, and the card", async () => {
  const network = await randomNetwork();
  const files = unzipSync(await encodeKerasArchive(await networkToData(network), CARD));
  network.dispose();
  assertEquals(Object.keys(files), ["metadata.json", "config.json", "model.weights.h5"]);
  const [metadata, config] = [files["metadata.json"], files["config.json"]]
    .map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  assertEquals(metadata.card, CARD);
  const { module, class_name: className, config: { layers } } = config;
  assertEquals([module, className], ["keras", "Sequential"]);
  assertEquals(layers[0].config.batch_shape, [null, 28, 28, 1]);
  await readHdf5(files["model.weights.h5"], "model.weights.h5", (file) => {
    assertEquals(file.names("/layers").filter((name) => name.startsWith("conv")), [
      "conv2d",
      "conv2d_1",
      "conv2d_2",
    ]);
    assertEquals(file.attribute("/layers/batch_normalization_1/vars", "name"), "norm2");
    assertEquals(file.array("/layers/conv2d/vars/0").shape, [3, 3, 1, 16]);
  });
});

for (const [kind, build] of Object.entries(NETWORKS)) {
  Deno.test(`decodeKerasH5() gives back what encodeKerasH5() wrote: ${kind}`, async () => {
    const network = await build();
    const data = await networkToData(network);
    const bytes = await encodeKerasH5(data, CARD);
    assertEquals(await encodeKerasH5(data, CARD), bytes);
    const decoded = await decodeKerasH5(bytes, "network.h5");
    assertSameOutputs(decoded, network);
    network.dispose();
    decoded.dispose();
  });
}

Deno.test("encodeKerasH5() writes Keras 2's layout, and the card", async () => {
  const network = await randomNetwork();
  const bytes = await encodeKerasH5(await networkToData(network), CARD);
  await readHdf5(bytes, "network.h5", (file) => {
    assertEquals(JSON.parse(file.attribute("/", "card") as string), CARD);
    const { class_name: className, config } = JSON.parse(
      file.attribute("/", "model_config") as string,
    );
    assertEquals([className, config.layers[0].class_name], ["Sequential", "InputLayer"]);
    assertEquals(config.layers[0].config.batch_input_shape, [null, 28, 28, 1]);
    assertEquals(
      file.attribute("/model_weights", "layer_names"),
      network.layers.map(({ name }) => name),
    );
    assertEquals(file.attribute("/model_weights/norm1", "weight_names"), [
      "norm1/gamma:0",
      "norm1/beta:0",
      "norm1/moving_mean:0",
      "norm1/moving_variance:0",
    ]);
    assertEquals(file.array("/model_weights/conv1/conv1/kernel:0").shape, [3, 3, 1, 16]);
  });
  network.dispose();
});
