import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { startBackend } from "../../lib/backend/backend.ts";
import { buildBase } from "../../lib/model/architecture.ts";
import { BASE_NAMES, type BaseCard, loadBase, saveBase } from "../../lib/model/bases.ts";
import { today } from "../../lib/model/provenance.ts";
import { loadNetwork } from "../../lib/model/saved_network.ts";
import { readWeights } from "../../lib/model/network.ts";
import { withFolder } from "../temporary_folder.ts";
import { assertSameWeights } from "./saved_networks.ts";

for (const name of BASE_NAMES) {
  Deno.test(`loadBase() loads ${name}, which learnt letters and no digits`, async () => {
    await startBackend();
    const { network, card } = await loadBase(name);
    const expected = buildBase(name, 1);
    assertEquals(network.outputShape, expected.outputShape);
    assertEquals(network.countParams(), expected.countParams());
    assertEquals(card.name, name);
    assert(card.classes.length > 0);
    for (const name of card.classes) assert(/^[A-Za-z]$/.test(name), `Found class ${name}`);
    for (const font of card.unseenFonts) {
      assert(!card.fonts.includes(font), `Found ${font} in both`);
    }
    network.dispose();
    expected.dispose();
  });
}

Deno.test("loadBase() throws on a name that is no base's", async () => {
  for (const name of ["resnet", "", "../../outputs/model"]) {
    assertEquals(
      (await assertRejects(() => loadBase(name), RangeError)).message,
      `Expected base to be ${BASE_NAMES.join(" or ")} but found ${name}`,
    );
  }
});

Deno.test("saveBase() writes a base under the name on its card, in half precision", () =>
  withFolder(async (folder) => {
    await startBackend();
    const base = buildBase("cnn-small", 1);
    const card = { name: "cnn-small", classes: ["A", "B"] } as BaseCard;
    await saveBase(base, card, folder);
    const loaded = await loadNetwork(join(folder, "cnn-small"));
    assertEquals(loaded.card, card);
    const halves = readWeights(base.layers).map((values) =>
      Float32Array.from(Float16Array.from(values))
    );
    assertSameWeights(readWeights(loaded.network.layers), halves);
    base.dispose();
    loaded.network.dispose();
  }));

Deno.test("today() is a day", () => {
  assert(/^\d{4}-\d{2}-\d{2}$/.test(today()));
});
