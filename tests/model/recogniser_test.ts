import { assert, assertEquals } from "@std/assert";
import { cutGlyphs } from "../../lib/data/letters/cut_glyphs.ts";
import { INTER, loadFont } from "../../lib/data/letters/fonts.ts";
import { packGlyphs } from "../../lib/data/letters/glyphs.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { NON_DIGITS } from "../../lib/data/non_digits.ts";
import { learnHandwriting } from "../../lib/model/recogniser.ts";
import { startTeam } from "../../lib/model/training.ts";

/** Glyphs of one font, once to learn from and once to keep apart. */
async function masters(characters: string) {
  const bytes = await loadFont(INTER);
  return packGlyphs([
    ...await cutGlyphs(INTER, bytes, characters),
    ...await cutGlyphs({ ...INTER, validation: true }, bytes, characters),
  ]);
}

Deno.test("learnHandwriting() learns to read digits, and rejects noise more often than digits", async () => {
  await using team = await startTeam({ workers: 2 });
  const { network, card, evaluation, history } = await learnHandwriting(team, {
    data: await loadMnist({ limit: 1000 }),
    base: "cnn-small",
    digits: await masters("0123456789"),
    letters: await masters("AKMW"),
    epochs: 3,
    seed: 1,
  });
  assert(evaluation.accuracy > 0.9, `Found ${evaluation.accuracy}`);
  assertEquals(history.length, 3);
  const { rejected } = card;
  assertEquals(Object.keys(rejected!), [
    "MNIST's test digits",
    "digits in unseen fonts",
    "letters in unseen fonts",
    ...NON_DIGITS,
  ]);
  assert(rejected!.noise > rejected!["MNIST's test digits"], JSON.stringify(rejected));
  assert(card.calibration!.leastConfidence > 0);
  for (const layer of network.layers) {
    for (const weight of layer.getWeights()) {
      const values = weight.dataSync();
      assertEquals(values, Float32Array.from(Float16Array.from(values)));
    }
  }
  network.dispose();
});
