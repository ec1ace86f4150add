import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { addHandwriting } from "../../lib/data/allographs/handwriting.ts";
import { slice } from "../../lib/data/dataset.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { loadModel } from "../../lib/model/classifier.ts";
import { computeOutputs, evaluate } from "../../lib/model/evaluation.ts";
import { PRESETS } from "../../lib/model/recipe.ts";
import { startTeam } from "../../lib/model/team.ts";

Deno.test("The shipped model is of the default training with seed 1, and does what its card says", async () => {
  using model = await loadModel("data/models/digits");
  const { base, mode, seed, classes, metrics, calibration, rejected } = model.card;
  assertEquals([base, mode, seed], [PRESETS.standard.base, "fine-tuned", 1]);
  await using team = await startTeam();
  const { test, ...data } = await loadMnist();
  const evaluation = await evaluate(team, model.network, test, classes);
  // Other machines round otherwise, which may turn the answer to a few doubtful pictures.
  assertAlmostEquals(evaluation.accuracy, metrics.testAccuracy, 0.0005);
  assert(evaluation.accuracy > 0.9945, `Found ${evaluation.accuracy}`);
  assert(evaluation.calibrationError <= 0.005, `Found ${evaluation.calibrationError}`);
  assert(calibration!.falseRejections <= 0.0025);
  assert(rejected!["test pictures"] <= 0.005);

  const few = { ...data, test, train: slice(data.train, 0, 0) };
  const { apart } = addHandwriting(few, 77);
  assertEquals(Object.keys(rejected!), ["test pictures", ...Object.keys(apart!)]);
  for (const [kind, { images, count }] of Object.entries(apart!)) {
    const probabilities = await computeOutputs(team, model.network, images, "probabilities");
    let unsure = 0;
    for (let i = 0; i < probabilities.length; i += classes.length) {
      const confidence = Math.max(...probabilities.subarray(i, i + classes.length));
      if (confidence < calibration!.leastConfidence) unsure++;
    }
    assertAlmostEquals(unsure / count, rejected![kind], 0.05, kind);
  }
});
