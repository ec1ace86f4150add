import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../lib/data/random.ts";

const DRAWS = 100_000;

/** Mean and variance of numbers drawn by `draw`. */
function moments(draw: () => number): [mean: number, variance: number] {
  const values = Array.from({ length: DRAWS }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS];
}

Deno.test("Random() gives the same numbers for the same keys, and others for others", () => {
  const first = (...keys: number[]) => {
    const random = new Random(...keys);
    return Array.from({ length: 4 }, () => random.bits());
  };
  assertEquals(first(1, 2, 3), first(1, 2, 3));
  const streams = [[], [0], [0, 0], [1], [2], [1, 0], [0, 1], [1, 2], [2, 1], [-1], [2 ** 31 - 1]]
    .map((keys) => first(...keys).join());
  assertEquals(new Set(streams).size, streams.length);
});

Deno.test("Random() gives neighbouring keys unrelated numbers", () => {
  let index = 0;
  const [mean, variance] = moments(() => new Random(1, 2, index++).uniform());
  assertAlmostEquals(mean, 1 / 2, 0.005); // five standard errors: 5 · √(1/12 / 100 000)
  assertAlmostEquals(variance, 1 / 12, 0.002);
});

Deno.test("Random.bits() gives 32 bits, each one half of the time", () => {
  const random = new Random(3);
  const ones = new Array(32).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const bits = random.bits();
    assert(Number.isInteger(bits) && bits >= 0 && bits < 2 ** 32);
    for (let bit = 0; bit < 32; bit++) ones[bit] += bits >>> bit & 1;
  }
  for (const count of ones) assertAlmostEquals(count / DRAWS, 0.5, 0.008);
});

Deno.test("Random.uniform() stays within its bounds and has the moments of its distribution", () => {
  const random = new Random(4);
  const [mean, variance] = moments(() => {
    const value = random.uniform(-3, 5);
    assert(value >= -3 && value < 5);
    return value;
  });
  assertAlmostEquals(mean, 1, 0.04);
  assertAlmostEquals(variance, 64 / 12, 0.1);
});

Deno.test("Random.integer() gives every integer below count alike", () => {
  const random = new Random(5);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < DRAWS; i++) counts[random.integer(7)]++;
  assertEquals(counts.length, 7);
  for (const count of counts) assertAlmostEquals(count / DRAWS, 1 / 7, 0.006);
});

Deno.test("Random.normal() has the moments and tails of the normal distribution", () => {
  const random = new Random(6);
  let beyondTwo = 0;
  const [mean, variance] = moments(() => {
    const value = random.normal();
    if (Math.abs(value) > 2) beyondTwo++;
    return value;
  });
  assertAlmostEquals(mean, 0, 0.016);
  assertAlmostEquals(variance, 1, 0.025);
  assertAlmostEquals(beyondTwo / DRAWS, 0.0455, 0.004);
});

Deno.test("Random.permutation() holds every index once, each place with each alike", () => {
  const random = new Random(7);
  assertEquals([...random.permutation(0)], []);
  assertEquals([...random.permutation(1)], [0]);
  assertEquals([...random.permutation(1000)].sort((a, b) => a - b), [...Array(1000).keys()]);
  assertNotEquals(random.permutation(1000), random.permutation(1000));
  const firstPlace = new Array(4).fill(0);
  for (let i = 0; i < 10_000; i++) firstPlace[random.permutation(4)[0]]++;
  for (const count of firstPlace) assertAlmostEquals(count / 10_000, 1 / 4, 0.022);
});
