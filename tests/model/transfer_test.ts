import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { DIGITS, loadMnist } from "../../lib/data/mnist.ts";
import { buildBase, splitNetwork } from "../../lib/model/architecture.ts";
import { loadBase } from "../../lib/model/bases.ts";
import { Classifier, predictDigit } from "../../lib/model/classifier.ts";
import { freeze, trainClassifier, type TrainOptions } from "../../lib/model/transfer.ts";
import { readWeights } from "../../lib/model/network.ts";
import { startTeam } from "../../lib/model/team.ts";
import { withFolder } from "../temporary_folder.ts";
import { assertSameWeights, randomNetwork } from "./saved_networks.ts";

const few = await loadMnist({ limit: 150 });
const QUICK: TrainOptions = {
  data: few,
  base: "cnn-small",
  seed: 1,
  fineTune: 0,
  recipe: { epochs: 2 },
};

/** Of the shipped base, rounded as a trained network is. */
async function baseWeights(): Promise<Float32Array[]> {
  const { network } = await loadBase("cnn-small");
  const weights = readWeights(network.layers).map((values) =>
    Float32Array.from(Float16Array.from(values))
  );
  network.dispose();
  return weights;
}

/** The team of all tests but those that say another. */
const team = await startTeam({ workers: 2 });
Deno.test.afterAll(() => team.close());

Deno.test("trainClassifier() with a frozen base beats 95 % on 2000 test pictures, and the base stays", async () => {
  const data = await loadMnist({ limit: 2000 });
  const { network, card, evaluation } = await trainClassifier(team, {
    ...QUICK,
    data,
    recipe: { epochs: 2, batchSize: 64, learningRate: 5e-3 },
  });
  assertEquals(evaluation.count, 2000);
  assert(evaluation.accuracy > 0.95, `Found ${evaluation.accuracy}`);
  assertSameWeights(readWeights(splitNetwork(network).base), await baseWeights());
  assertEquals([card.mode, card.classes], ["frozen base", DIGITS]);
  assertEquals(card.metrics.testAccuracy, evaluation.accuracy);

  const model = new Classifier(network, card);
  for (const { index, predicted } of evaluation.answers.slice(0, 10)) {
    const picture = data.test.images.subarray(784 * index, 784 * index + 784);
    assertEquals(DIGITS[predictDigit(model, picture).digit], predicted);
  }
  const right = evaluation.answers.slice(0, 10).filter((a) => a.actual === a.predicted);
  assert(right.length >= 8, `Found ${right.length} of 10`);
  network.dispose();
});

/** Everything but the time that it took. */
function figures({ history, evaluation }: Awaited<ReturnType<typeof trainClassifier>>) {
  return { history: history.map(({ seconds: _, ...others }) => others), evaluation };
}

Deno.test("trainClassifier() repeats itself with the same seed only", async () => {
  const learn = async (seed: number) => {
    const result = await trainClassifier(team, { ...QUICK, seed, fineTune: 1 });
    const weights = readWeights(result.network.layers);
    result.network.dispose();
    return { figures: figures(result), weights };
  };
  const [first, again, other] = [await learn(1), await learn(1), await learn(2)];
  assertSameWeights(again.weights, first.weights);
  assertEquals(again.figures, first.figures);
  assertNotEquals(other.weights, first.weights);
  assertNotEquals(other.figures.evaluation.loss, first.figures.evaluation.loss);
});

Deno.test("trainClassifier() that fine-tunes moves every weight and statistic of the base", async () => {
  const { network, card, history } = await trainClassifier(team, { ...QUICK, fineTune: 1 });
  const before = await baseWeights();
  readWeights(splitNetwork(network).base).forEach((values, i) =>
    assertNotEquals(values, before[i])
  );
  assertEquals(card.mode, "fine-tuned");
  assertEquals(history.map(({ stage, epoch }) => [stage, epoch]), [
    ["head", 1],
    ["head", 2],
    ["fine-tuning", 1],
  ]);
  network.dispose();
});

Deno.test("trainClassifier() takes batch size and learning rate of the recipe for fine-tuning too", async () => {
  const rates: number[] = [];
  const { network } = await trainClassifier(team, {
    ...QUICK,
    fineTune: 1,
    recipe: { epochs: 1, batchSize: 50, learningRate: 1e-4 },
    observer: (news) => {
      if (news.kind === "epoch") rates.push(news.record.learningRate);
    },
  });
  network.dispose();
  const lastOfThreeSteps = 1e-4 *
    (0.01 + 0.99 * (1 + Math.cos(Math.PI * (2 / 3 - 0.15) / 0.85)) / 2);
  assertEquals(rates, [lastOfThreeSteps, lastOfThreeSteps]);
});

Deno.test("trainClassifier() from scratch does not take the base's weights", async () => {
  const { network, card, history } = await trainClassifier(team, {
    ...QUICK,
    fromScratch: true,
    recipe: { epochs: 1, learningRate: 1e-7 },
  });
  const random = await randomNetwork(1);
  const [kernel] = readWeights([network.getLayer("conv1")]);
  const [initial] = readWeights([random.getLayer("conv1")]);
  kernel.forEach((value, i) => assert(Math.abs(value - initial[i]) < 5e-4));
  assertEquals([card.mode, history.length], ["from scratch", 1]);
  network.dispose();
  random.dispose();
});

Deno.test("trainClassifier() resumes from a base with the same weights and from the same pictures only", () =>
  withFolder(async (folder) => {
    await using team = await startTeam({ workers: 1 });
    const checkpoint = join(folder, "training.safetensors");
    const train = async (seed: number, data = few) => {
      const base = { name: "mine", network: buildBase("cnn-small", seed) };
      const options = { ...QUICK, data, base, recipe: { epochs: 1 }, checkpoint, resume: true };
      const result = await trainClassifier(team, options);
      result.network.dispose();
      return figures(result);
    };
    assertEquals(await train(1), await train(1));
    const { message } = await assertRejects(() => train(2), Error);
    assertMatch(
      message.replace(checkpoint, "PATH"),
      /^Expected to resume with base weights [0-9a-f]{8}, as PATH was made, but found [0-9a-f]{8}$/,
    );
    const labels = few.train.labels.with(0, (few.train.labels[0] + 1) % 10);
    await assertRejects(
      () => train(1, { ...few, train: { ...few.train, labels } }),
      Error,
      "Expected to resume with pictures ",
    );
  }));

Deno.test("trainClassifier() leaves no tensors but its network's", async () => {
  await startBackend();
  await using team = await startTeam({ workers: 1 });
  const before = tf.memory().numTensors;
  const { network } = await trainClassifier(team, { ...QUICK, recipe: { epochs: 1 } });
  network.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("freeze() freezes the base and lets the head learn", async () => {
  const network = await randomNetwork();
  const { base, head } = splitNetwork(network);
  freeze(network);
  assert(base.every(({ trainable }) => !trainable) && head.every(({ trainable }) => trainable));
  freeze(network, false);
  assert(network.layers.every(({ trainable }) => trainable));
  network.dispose();
});

Deno.test("trainClassifier() names a wrong option and the right ones", async () => {
  const options = { ...QUICK, finetune: 1 };
  await assertRejects(
    () => trainClassifier(team, options),
    TypeError,
    "Expected options to be among data, base, hiddenUnits, seed, fromScratch, fineTune, augmentation, keeps, " +
      "recipe, handwriting, checkpoint, resume, observer but found finetune",
  );
});
