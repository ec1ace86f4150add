import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { shareMemory } from "../../lib/backend/team.ts";
import { splitNetwork } from "../../lib/model/architecture.ts";
import { computeOutputs, evaluate } from "../../lib/model/evaluation.ts";
import { imagesToTensor, readWeights } from "../../lib/model/network.ts";
import { AUGMENTATIONS } from "../../lib/model/recipe.ts";
import { trainStage } from "../../lib/model/training.ts";
import { startTeam } from "../../lib/model/team.ts";
import { freeze } from "../../lib/model/transfer.ts";
import { EnoughTraining, type EpochRecord, type News, type Observer } from "../../lib/observer.ts";
import { assertSameWeights, randomNetwork } from "./saved_networks.ts";

const { train, validation, test } = await loadMnist({ limit: 100 });

/** Two short epochs on pictures. */
type StageOptions = Parameters<typeof trainStage>[2];

const STAGE: StageOptions = {
  stage: "fine-tuning",
  source: {
    kind: "images",
    images: shareMemory(train.images),
    labels: shareMemory(train.labels),
    augmentation: AUGMENTATIONS.light,
  },
  validation: { inputs: validation.images, labels: validation.labels },
  recipe: { epochs: 2, batchSize: 32 },
  seed: 1,
};

/** The team of all tests but those that say another. */
const team = await startTeam({ workers: 2 });
Deno.test.afterAll(() => team.close());

Deno.test("trainStage() moves nothing of a frozen base, and all of a free one", async () => {
  const network = await randomNetwork();
  const { base, head } = splitNetwork(network);
  const [baseBefore, headBefore] = [readWeights(base), readWeights(head)];

  freeze(network);
  await trainStage(team, network, STAGE);
  assertSameWeights(readWeights(base), baseBefore); // weights and batch-norm statistics, to the last bit
  readWeights(head).forEach((values, i) => assertNotEquals(values, headBefore[i]));

  freeze(network, false);
  await trainStage(team, network, STAGE);
  readWeights(base).forEach((values, i) => assertNotEquals(values, baseBefore[i]));
  network.dispose();
});

Deno.test("trainStage() on features moves the head alone", async () => {
  const network = await randomNetwork();
  const { base, head } = splitNetwork(network);
  const [baseBefore, headBefore] = [readWeights(base), readWeights(head)];
  await trainStage(team, network, {
    ...STAGE,
    stage: "head",
    source: {
      kind: "features",
      features: await computeOutputs(team, network, train.images, "features"),
      labels: shareMemory(train.labels),
    },
    validation: {
      inputs: await computeOutputs(team, network, validation.images, "features"),
      labels: validation.labels,
    },
  });
  assertSameWeights(readWeights(base), baseBefore);
  readWeights(head).forEach((values, i) => assertNotEquals(values, headBefore[i]));
  network.dispose();
});

Deno.test("trainStage() tells of every epoch, and lowers the loss", async () => {
  const network = await randomNetwork();
  const news: News[] = [];
  const history = await trainStage(team, network, {
    ...STAGE,
    recipe: { ...STAGE.recipe, epochs: 4 },
    observer: (item) => news.push(item),
  });
  assertEquals(history.map(({ epoch }) => epoch), [1, 2, 3, 4]);
  assert(history[3].trainLoss < history[0].trainLoss);
  for (const record of history) {
    assertEquals(record.stage, "fine-tuning");
    for (const share of [record.trainAccuracy, record.validationAccuracy]) {
      assert(share >= 0 && share <= 1);
    }
  }
  const told = news.flatMap((item) => item.kind === "epoch" ? [item.record] : []);
  assertEquals(told, history);
  network.dispose();
});

Deno.test("trainStage() leaves the weights of the epoch that was best on validation", async () => {
  const network = await randomNetwork();
  let kept: Float32Array[] = [];
  const history = await trainStage(team, network, {
    ...STAGE,
    recipe: { ...STAGE.recipe, epochs: 3 },
    onEpoch: (progress) => {
      kept = progress.kept;
      return Promise.resolve();
    },
  });
  assertSameWeights(readWeights(network.layers), kept);
  const { accuracy } = await evaluate(team, network, validation, [..."0123456789"]);
  const highest = Math.max(...history.map(({ validationAccuracy }) => validationAccuracy));
  assertAlmostEquals(accuracy, highest, 1e-6);
  network.dispose();
});

Deno.test("trainStage() leaves the weights of the last epoch, if asked", async () => {
  const network = await randomNetwork();
  const last: Float32Array[][] = [];
  const recipe = { ...STAGE.recipe, epochs: 3, learningRate: 0.5 };
  await trainStage(team, network, {
    ...STAGE,
    recipe,
    keeps: "last",
    onEpoch: ({ state }) => Promise.resolve(void last.push(state.weights)),
  });
  assertEquals(last.length, 3);
  assertSameWeights(readWeights(network.layers), last[2]);
  network.dispose();
});

Deno.test("trainStage() goes on from any epoch as if it had not been stopped", async () => {
  const options = { ...STAGE, recipe: { ...STAGE.recipe, epochs: 3 } };
  const straight = await randomNetwork();
  const reached: StageOptions["resume"][] = [];
  const history = await trainStage(team, straight, {
    ...options,
    onEpoch: (progress) => {
      reached.push(structuredClone(progress));
      return Promise.resolve();
    },
  });
  const figures = (records: typeof history) => records.map(({ seconds: _, ...others }) => others);
  for (const resume of reached) {
    const resumed = await randomNetwork();
    assertEquals(
      figures(await trainStage(team, resumed, { ...options, resume })),
      figures(history),
    );
    assertSameWeights(readWeights(resumed.layers), readWeights(straight.layers));
    resumed.dispose();
  }
  straight.dispose();
});

Deno.test("trainStage() rejects with what onEpoch rejects with", async () => {
  const network = await randomNetwork();
  const error = await assertRejects(() =>
    trainStage(team, network, { ...STAGE, onEpoch: () => Promise.reject(new Error("Disk full")) })
  );
  assertEquals(error.message, "Disk full");
  network.dispose();
});

Deno.test("trainStage() ends where the observer has enough, with the best epoch so far", async () => {
  const network = await randomNetwork();
  const reached: number[] = [];
  const history = await trainStage(team, network, {
    ...STAGE,
    recipe: { ...STAGE.recipe, epochs: 5 },
    onEpoch: ({ state }) => Promise.resolve(void reached.push(state.epoch)),
    observer: (news) => {
      if (news.kind === "epoch" && news.record.epoch === 2) throw new EnoughTraining();
    },
  });
  assertEquals(history.map(({ epoch }) => epoch), [1, 2]);
  assertEquals(reached, [1, 2]);
  network.dispose();
});

Deno.test("trainStage() names a wrong option or number of a recipe, and the right ones", async () => {
  await using team = await startTeam({ workers: 1 });
  const network = await randomNetwork();
  const messageOf = async (options: object, recipe: object = {}) =>
    (await assertRejects(() => trainStage(team, network, { ...STAGE, ...options, recipe })))
      .message;
  assertEquals(
    await messageOf({ sede: 1 }),
    "Expected options to be among stage, source, validation, recipe, seed, keeps, resume, onEpoch, observer but found sede",
  );
  assertEquals(
    await messageOf({}, { ...STAGE.recipe, epoch: 1 }),
    "Expected recipe to be among epochs, batchSize, learningRate, baseRate, weightDecay, labelSmoothing but found epoch",
  );
  assertEquals(
    await messageOf({}, { ...STAGE.recipe, epochs: 0 }),
    "Expected epochs to be from 1 to 10000 but found 0",
  );
  network.dispose();
});

Deno.test("trainStage() tells of a learning rate that drives the loss out of bounds, and of its epoch once", async () => {
  const network = await randomNetwork();
  const recipe = { ...STAGE.recipe, learningRate: 1e30, epochs: 2 };
  const records: EpochRecord[] = [];
  const observer: Observer = (news) => {
    if (news.kind === "epoch") records.push(news.record);
  };
  const error = await assertRejects(
    () => trainStage(team, network, { ...STAGE, recipe, observer }),
    RangeError,
  );
  const { epoch, trainLoss, validationAccuracy } = records.at(-1)!;
  assertEquals([trainLoss, validationAccuracy], [NaN, NaN]);
  assertEquals(
    error.message.replace(/found (NaN|-?Infinity)/, "found NaN"),
    `Expected a finite loss but found NaN in epoch ${epoch}: try a smaller learning rate`,
  );
  assertEquals(records.filter((record) => record.epoch === epoch).length, 1);
  network.dispose();
});

Deno.test("trainStage() tells of a loss out of bounds also where the observer has enough by then", async () => {
  const network = await randomNetwork();
  const recipe = { ...STAGE.recipe, learningRate: 1e30 };
  const observer: Observer = (news) => {
    if (news.kind === "epoch") throw new EnoughTraining();
  };
  await assertRejects(
    () => trainStage(team, network, { ...STAGE, recipe, observer }),
    RangeError,
    "in epoch 1: try a smaller learning rate",
  );
  network.dispose();
});

/** Of the first pictures. */
const sourceOf = (count: number): StageOptions["source"] => ({
  kind: "images",
  images: shareMemory(train.images.subarray(0, count * IMAGE_PIXELS)),
  labels: shareMemory(train.labels.subarray(0, count)),
  augmentation: AUGMENTATIONS.light,
});

Deno.test("trainStage() takes more workers than pictures in the last batch", async () => {
  await using team = await startTeam({ workers: 3 });
  const network = await randomNetwork();
  const recipe = { batchSize: 24, epochs: 1 };
  const [{ trainLoss }] = await trainStage(team, network, {
    ...STAGE,
    source: sourceOf(25),
    recipe,
  });
  assert(Number.isFinite(trainLoss));
  network.dispose();
});

Deno.test("trainStage() gives small batches to one of its workers, with what one alone would learn", async () => {
  const learn = async (workers: number) => {
    await using team = await startTeam({ workers });
    const network = await randomNetwork();
    const recipe = { batchSize: 6, epochs: 2 };
    const history = await trainStage(team, network, { ...STAGE, source: sourceOf(15), recipe });
    const weights = readWeights(network.layers);
    network.dispose();
    return { weights, accuracies: history.map(({ validationAccuracy }) => validationAccuracy) };
  };
  const [one, three] = [await learn(1), await learn(3)];
  assertSameWeights(three.weights, one.weights);
  assertEquals(three.accuracies, one.accuracies);
});

Deno.test("computeOutputs() gives what the network gives, on one worker as on two", async () => {
  const network = await randomNetwork();
  const expected = tf.tidy(() =>
    (network.predict(imagesToTensor(test.images)) as tf.Tensor).dataSync().slice()
  );
  for (const workers of [1, 2]) {
    await using team = await startTeam({ workers });
    const outputs = await computeOutputs(team, network, test.images, "probabilities");
    assertEquals(outputs.length, expected.length);
    outputs.forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5));
    const features = await computeOutputs(team, network, test.images, "features");
    assertEquals(features.length, test.count * 9 * 64);
  }
  network.dispose();
});

Deno.test("trainStage() and computeOutputs() leave no tensors behind", async () => {
  await using team = await startTeam({ workers: 1 });
  const network = await randomNetwork();
  const before = tf.memory().numTensors;
  await trainStage(team, network, { ...STAGE, recipe: { ...STAGE.recipe, epochs: 1 } });
  await computeOutputs(team, network, test.images, "features");
  assertEquals(tf.memory().numTensors, before);
  network.dispose();
});
