import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { addLines, erase, filter } from "../../../lib/data/augment/distractions.ts";
import { Random } from "../../../lib/data/random.ts";

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);

function bar(): Float32Array {
  return new Float32Array(784).map((_, i) => i % 28 >= 12 && i % 28 < 16 ? 1 : 0);
}

Deno.test("addLines() draws as many lines as it is told, from 0.5 to 2.5 pixels wide, anywhere", () => {
  const reached = new Float32Array(784);
  let [least, most] = [Infinity, 0];
  for (const seed of SEEDS) {
    const pixels = new Float32Array(784);
    addLines(pixels, 0, new Random(seed));
    assertEquals(pixels, new Float32Array(784));
    addLines(pixels, 1, new Random(seed));
    const one = pixels.reduce((sum, value) => sum + value, 0);
    [least, most] = [Math.min(least, one), Math.max(most, one)];
    pixels.forEach((value, i) => reached[i] += value);
    const more = pixels.slice();
    addLines(more, 3, new Random(seed + 1));
    assert(more.every((value, i) => value >= pixels[i] && value <= 1));
  }
  assert(least < 10 && most > 40, `Found ${least} and ${most}`);
  assert(reached.filter((value) => value === 0).length < 80);
});

Deno.test("filter() mixes: nothing at share 0, half of the way at one half", () => {
  const [none, half, all] = [0, 0.5, 1].map((share) => {
    const pixels = bar();
    filter(pixels, share, new Random(1));
    return pixels;
  });
  assertEquals(none, bar());
  assertNotEquals(all, bar());
  half.forEach((value, i) => assertAlmostEquals(value, (none[i] + all[i]) / 2, 1e-6));
});

Deno.test("filter() reaches full ink, goes no further, and leaves a black picture", () => {
  for (const seed of SEEDS) {
    const pixels = bar();
    filter(pixels, 1, new Random(seed));
    assertAlmostEquals(Math.max(...pixels), 1, 1e-6);
    assert(pixels.every((value) => value >= 0));
    const black = new Float32Array(784);
    filter(black, 1, new Random(seed));
    assertEquals(black, new Float32Array(784));
  }
});

Deno.test("filter() leaves some strokes full and others hollow", () => {
  const inside = SEEDS.map((seed) => {
    const pixels = bar();
    filter(pixels, 1, new Random(seed));
    return pixels[14 * 28 + 13];
  });
  assert(inside.some((value) => value > 0.9) && inside.some((value) => value < 0.3));
});

Deno.test("erase() blanks one box and nothing else", () => {
  let largest = 0;
  for (const seed of SEEDS) {
    const pixels = new Float32Array(784).fill(0.7);
    const kept = pixels[0];
    erase(pixels, { area: 0.3 }, new Random(seed));
    const blank = [...pixels.keys()].filter((i) => pixels[i] === 0);
    assert(pixels.every((value) => value === 0 || value === kept));
    const rows = new Set(blank.map((i) => Math.floor(i / 28)));
    const columns = new Set(blank.map((i) => i % 28));
    assertEquals(blank.length, rows.size * columns.size);
    for (const lines of [rows, columns]) {
      assertEquals(lines.size, lines.size && Math.max(...lines) - Math.min(...lines) + 1);
    }
    largest = Math.max(largest, blank.length / 784);
  }
  assert(largest > 0.2 && largest < 0.33, `Found ${largest}`);
});

Deno.test("erase() reaches every part of the picture", () => {
  const hits = new Float32Array(784);
  for (const seed of SEEDS) {
    const pixels = new Float32Array(784).fill(1);
    erase(pixels, { area: 0.3 }, new Random(seed));
    pixels.forEach((value, i) => hits[i] += 1 - value);
  }
  assert(Math.min(...hits) > 0);
});

Deno.test("erase() fills its box with one grey, up to the brightness that is asked for", () => {
  const greys = SEEDS.flatMap((seed) => {
    const pixels = new Float32Array(784).fill(1);
    erase(pixels, { area: 0.3, brightness: 0.8 }, new Random(seed));
    const found = new Set(pixels.filter((value) => value < 1));
    assert(found.size <= 1);
    return [...found];
  });
  assert(Math.min(...greys) < 0.05 && Math.max(...greys) > 0.75 && Math.max(...greys) <= 0.8);
});
