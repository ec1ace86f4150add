import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/mod.ts";
import { slice } from "../../lib/data/dataset.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { compareFewLabels, pickLabelled, summariseSeeds } from "../../lib/study/comparison.ts";

const few = await loadMnist({ limit: 400 });

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

Deno.test("compareFewLabels() learns step by step, best from letters, and leaves no tensor", async () => {
  await startBackend();
  const tensors = tf.memory().numTensors;
  const done: number[] = [];
  const results = await compareFewLabels(few, {
    ways: ["letters, frozen", "letters, fine-tuned", "random, frozen", "from scratch"],
    labelsPerClass: [1],
    seeds: [1],
    base: "cnn-small",
    workers: 2,
    observer: (news) => news.kind === "progress" && done.push(news.done),
  });
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(done, [1, 2, 3, 4]);
  const [letters, tuned, random, scratch] = results.map(({ accuracy }) => accuracy);
  assert(Math.min(letters, tuned) > Math.max(random, scratch) && Math.min(random, scratch) > 0.25);
  for (const { accuracy, wrong } of results) {
    assertEquals(wrong.length, Math.round(400 * (1 - accuracy)));
  }
});

Deno.test("compareFewLabels() solves a head, and looks for the nearest picture, of any classes", async () => {
  const classes = [..."abcdefghij"];
  const results = await compareFewLabels({ ...few, classes }, {
    ways: ["letters, solved", "pixels, nearest"],
    labelsPerClass: [1, 13],
    seeds: [1],
    base: "cnn-small",
    workers: 2,
  });
  assertEquals(results.map(({ way, labelsPerClass }) => [way, labelsPerClass]), [
    ["letters, solved", 1],
    ["letters, solved", 13],
    ["pixels, nearest", 1],
    ["pixels, nearest", 13],
  ]);
  const [one, solved, first, nearest] = results.map(({ accuracy }) => accuracy);
  assert(solved > one && one > first && solved > nearest && nearest > first && first > 0.25);
});

Deno.test("compareFewLabels() compares augmentations, and learns the same with any number of workers", async () => {
  const learn = (names: string[], workers: number) =>
    compareFewLabels(few, {
      augmentations: Object.fromEntries(
        names.map((name) => [name, name === "none" ? [] : [{ kind: "noise", deviation: 0.2 }]]),
      ),
      labelsPerClass: [2],
      seeds: [1],
      base: "cnn-small",
      workers,
    });
  const withoutTime = ({ seconds: _, ...figures }: { seconds: number }) => figures;
  const results = await learn(["none", "noise"], 2);
  assertEquals(results.map(({ way }) => way), ["none", "noise"]);
  assert(results[0].wrong.join() !== results[1].wrong.join());
  const alone = await learn(["noise"], 1);
  assertEquals(alone.map(withoutTime), results.slice(1).map(withoutTime));
});

Deno.test("summariseSeeds() takes the sample's standard deviation, and 0 for one seed", () => {
  const run = { way: "from scratch", labelsPerClass: 5, seconds: 1, wrong: [] };
  const summaries = summariseSeeds([
    { ...run, seed: 1, accuracy: 1 },
    { ...run, seed: 2, accuracy: 0.5 },
    { ...run, labelsPerClass: 10, seed: 1, accuracy: 0.75 },
  ]);
  assertEquals(summaries.map(({ error }) => error), [25, 25]);
  assertEquals(summaries.map(({ deviation }) => deviation), [Math.sqrt(2 * 25 ** 2), 0]);
});
