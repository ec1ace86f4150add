import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cutGlyphs } from "../../lib/data/letters/cut_glyphs.ts";
import { INTER, loadFont } from "../../lib/data/letters/fonts.ts";
import { packGlyphs } from "../../lib/data/letters/glyphs.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { drawNonDigit, NON_DIGITS } from "../../lib/data/augment/non_digits.ts";
import { Random } from "../../lib/data/random.ts";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { evaluate } from "../../lib/model/evaluation.ts";
import { learnHandwriting } from "../../lib/model/handwriting.ts";
import { startTeam } from "../../lib/model/team.ts";

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

Deno.test("The shipped model does what its card says", async () => {
  using model = await loadModel("data/models/digits");
  const { classes, metrics, calibration, rejected } = model.card;
  await using team = await startTeam();
  const { test } = await loadMnist();
  const evaluation = await evaluate(team, model.network, test, classes);
  // Other machines round otherwise, which may turn the answer to a few doubtful pictures.
  assertAlmostEquals(evaluation.accuracy, metrics.testAccuracy, 0.0005);
  assert(evaluation.accuracy > 0.994, `Found ${evaluation.accuracy}`);
  assert(calibration!.falseRejections <= 0.0025);
  const some = predict(
    model,
    Array.from({ length: 1000 }, (_, i) => test.images.subarray(i * 784, (i + 1) * 784)),
  );
  const rejections = some.filter(({ accepted }) => !accepted).length;
  assert(rejections <= 10, `Found ${rejections}`);
  assert(rejected!["MNIST's test digits"] <= 0.005);
  for (const kind of NON_DIGITS) {
    const pictures = Array.from({ length: 100 }, (_, i) => drawNonDigit(kind, new Random(77, i)));
    const accepted = predict(model, pictures).filter(({ accepted }) => accepted).length;
    assert(accepted <= 25, `Found ${accepted} of 100 pictures of kind ${kind} accepted`);
  }
});
