import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { slice } from "../../lib/data/dataset.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import {
  compareFewLabels,
  type FewLabelsResult,
  learnFromFewLabels,
  pickLabelled,
  summariseSeeds,
  type Way,
  WAYS,
} from "../../lib/study/few_labels.ts";
import { startTeam } from "../../lib/model/team.ts";

const few = await loadMnist({ limit: 400 });
const QUICK = { labelsPerClass: 1, seed: 1, base: "cnn-small" } as const;

function withoutTime({ seconds: _, ...figures }: FewLabelsResult) {
  return figures;
}

Deno.test("pickLabelled() draws as many pictures of each digit as asked, with their labels", () => {
  const { count, images, labels } = pickLabelled(few.train, 2, 1);
  assertEquals([count, images.length], [20, 20 * 784]);
  assertEquals([...labels], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
  for (let i = 0; i < count; i++) {
    const picture = slice({ count, images, labels }, i, 1).images.join();
    const original = Array.from({ length: few.train.count }, (_, j) => slice(few.train, j, 1))
      .find((one) => one.images.join() === picture);
    assertEquals(original?.labels[0], labels[i]);
  }
});

Deno.test("pickLabelled() draws other pictures with another seed, and more around the same ones", () => {
  const one = pickLabelled(few.train, 1, 1);
  const five = pickLabelled(few.train, 5, 1);
  assertEquals(slice(one, 3, 1), slice(five, 15, 1));
  assert(one.images.join() !== pickLabelled(few.train, 1, 2).images.join());
});

Deno.test("pickLabelled() throws if there are too few pictures", () => {
  assertThrows(
    () => pickLabelled(slice(few.train, 0, 100), 90, 1),
    RangeError,
    "Expected at least 90 pictures of 0 but found 13",
  );
});

Deno.test("learnFromFewLabels() learns by every way, best from letters, and leaves no tensor", async () => {
  await startBackend();
  await using team = await startTeam({ workers: 1 });
  const accuracy: Partial<Record<Way, number>> = {};
  for (const way of WAYS) {
    const tensors = tf.memory().numTensors;
    accuracy[way] = (await learnFromFewLabels(team, few, { ...QUICK, way })).accuracy;
    assert(accuracy[way] > 0.25, `Found ${accuracy[way]} ${way}`);
    assertEquals(tf.memory().numTensors, tensors, way);
  }
  assert(accuracy["letters, frozen"]! > accuracy["random, frozen"]!);
  assert(accuracy["letters, frozen"]! > accuracy["from scratch"]!);
});

Deno.test("compareFewLabels() learns in the order given, the same with any number of workers", async () => {
  const options = { ways: ["letters, frozen"], seeds: [1], base: "cnn-small" } as const;
  const done: number[] = [];
  const results = await compareFewLabels(few, {
    ...options,
    labelsPerClass: [1, 5],
    workers: 2,
    observer: (news) => news.kind === "progress" && done.push(news.done),
  });
  assertEquals(done, [1, 2]);
  assertEquals(results.map(({ labelsPerClass }) => labelsPerClass), [1, 5]);
  assert(results[1].accuracy > results[0].accuracy);

  const alone = await compareFewLabels(few, { ...options, labelsPerClass: [1], workers: 1 });
  assertEquals(alone.map(withoutTime), [withoutTime(results[0])]);
});

Deno.test("summariseSeeds() takes the sample's standard deviation, and 0 for one seed", () => {
  const run = { way: "from scratch", labelsPerClass: 5, seconds: 1 } as const;
  const summaries = summariseSeeds([
    { ...run, seed: 1, accuracy: 1 },
    { ...run, seed: 2, accuracy: 0.5 },
    { ...run, labelsPerClass: 10, seed: 1, accuracy: 0.75 },
  ]);
  assertEquals(summaries.map(({ error }) => error), [25, 25]);
  assertEquals(summaries.map(({ deviation }) => deviation), [Math.sqrt(2 * 25 ** 2), 0]);
});
