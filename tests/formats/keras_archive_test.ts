import { assertEquals } from "@std/assert";
import { unzipSync } from "fflate";
import { decodeKerasArchive, encodeKerasArchive } from "../../lib/formats/keras_archive.ts";
import { readHdf5 } from "../../lib/formats/hdf5.ts";
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
