import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { startBackend } from "../../lib/backend/backend.ts";
import { BASE_NAMES, buildBase } from "../../lib/model/architecture.ts";
import { loadBase, pretrainBase } from "../../lib/model/bases.ts";
import { dateAndVersions } from "../../lib/model/saved_network.ts";
import { readWeights } from "../../lib/model/network.ts";
import { INTER } from "../data/letters/inter.ts";
import * as tf from "@tensorflow/tfjs";
import { LETTER_CLASSES } from "../../lib/data/class_sets.ts";
import { cutFonts } from "../../lib/data/letters/cut_fonts.ts";
import { startTeam } from "../../lib/model/team.ts";
import type { News } from "../../lib/observer.ts";

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

Deno.test("dateAndVersions() has a day", () => {
  assert(/^\d{4}-\d{2}-\d{2}$/.test(dateAndVersions().date));
});

/** Two letters of one font, passed off as two. */
const MASTERS = {
  ...await cutFonts([INTER, { ...INTER, validation: true }], undefined, "OI"),
  fonts: [{ ...INTER, family: "plain" }, { ...INTER, family: "unseen", validation: true }],
};

Deno.test("pretrainBase() teaches a base to tell letters apart in a font that it never saw", async () => {
  await startBackend();
  const before = tf.memory().numTensors;
  await using team = await startTeam({ workers: 2 });
  const news: News[] = [];
  const { base, card, history } = await pretrainBase(team, {
    base: "cnn-small",
    masters: MASTERS,
    seed: 3,
    lettersPerEpoch: 640,
    recipe: { epochs: 1, batchSize: 32 },
    observer: (item) => news.push(item),
  });
  assertEquals(base.outputShape, [null, 9 * 64]);
  assertEquals(base.layers.at(-1)!.name, "features");
  const { fonts, unseenFonts, classes, seed, epochs, batchSize, lettersPerEpoch, workers } = card;
  assertEquals([fonts, unseenFonts, classes], [["plain"], ["unseen"], [...LETTER_CLASSES]]);
  assertEquals([seed, epochs, batchSize, lettersPerEpoch, workers], [3, 1, 32, 640, 2]);
  assert(card.unseenFontAccuracy > 0.9, `Found ${card.unseenFontAccuracy}`);
  assertEquals(history.map(({ stage, epoch }) => [stage, epoch]), [["pre-training", 1]]);
  assertEquals(news.filter(({ kind }) => kind === "epoch").length, 1);

  const untrained = buildBase("cnn-small", 3);
  const initial = readWeights(untrained.layers);
  readWeights(base.layers).forEach((values, i) => assertNotEquals(values, initial[i]));
  untrained.dispose();
  base.dispose();
  assertEquals(tf.memory().numTensors, before);
});
