import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { loadMnist } from "../../lib/data/mnist.ts";
import {
  ABLATIONS,
  compareAugmentations,
  FURTHER_STEPS,
  summariseAblation,
} from "../../lib/study/ablation.ts";

const data = await loadMnist({ limit: 100 });

Deno.test("ABLATIONS takes every part away and adds every further step, one at a time", () => {
  const kinds = Object.fromEntries(
    Object.entries(ABLATIONS).map(([name, steps]) => [name, steps.map(({ kind }) => kind)]),
  );
  assertEquals(kinds["none"], []);
  assertEquals(kinds["light without affine"], ["elastic"]);
  assertEquals(kinds["light without elastic"], ["affine"]);
  for (const { kind } of FURTHER_STEPS) {
    assertEquals(kinds[`light and ${kind}`], [...kinds["light"], kind]);
  }
  assertEquals(Object.keys(kinds).length, 1 + 1 + 2 + FURTHER_STEPS.length);
});

Deno.test("compareAugmentations() learns with each, the same with any number of workers", async () => {
  const done: number[] = [];
  const options = { base: "cnn-small", labelsPerClass: [2, 3], seeds: [1] } as const;
  const summaries = await compareAugmentations(data, {
    ...options,
    workers: 2,
    observer: (news) => news.kind === "progress" && done.push(news.done),
  });
  const names = Object.keys(ABLATIONS);
  assertEquals(done, Array.from({ length: 2 * names.length }, (_, i) => i + 1));
  assertEquals(
    summaries.map(({ augmentation, labelsPerClass }) => [augmentation, labelsPerClass]),
    [2, 3].flatMap((labelsPerClass) => names.map((name) => [name, labelsPerClass])),
  );
  for (const { augmentation, accuracy, gain } of summaries) {
    assert(accuracy > 10, `Found ${accuracy} with ${augmentation}`);
    if (augmentation === "light") assertEquals(gain, 0);
  }
  assert(new Set(summaries.map(({ accuracy }) => accuracy)).size > 2);

  const alone = await compareAugmentations(data, { ...options, labelsPerClass: [2], workers: 1 });
  assertEquals(alone, summaries.slice(0, names.length));
});

Deno.test("summariseAblation() compares every picture with itself", () => {
  const wrong = (augmentation: string, labelsPerClass: number, ...bySeed: number[][]) =>
    bySeed.map((wrong, seed) => ({ augmentation, labelsPerClass, seed, wrong }));
  const [light, none, other] = summariseAblation([
    ...wrong("light", 10, [0, 1], [0]),
    ...wrong("none", 10, [0, 1, 2], [0, 2, 3]),
    ...wrong("light", 20, [], []),
  ], 8);
  assertEquals([light.accuracy, none.accuracy, other.accuracy], [81.25, 62.5, 100]);
  assertAlmostEquals(light.deviation, 12.5 / Math.SQRT2);
  assertEquals([light.gain, light.gainError, none.gain], [0, 0, -18.75]);
  // Of the 8 pictures, 2 is lost with both seeds and 3 with one: -100 and -50, the rest 0.
  const squares = (100 - 18.75) ** 2 + (50 - 18.75) ** 2 + 6 * 18.75 ** 2;
  assertAlmostEquals(none.gainError, Math.sqrt(squares / 7 / 8));
});
