import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { change } from "../../../lib/data/augment/changes.ts";
import { Random } from "../../../lib/data/random.ts";
import { addStroke } from "../../../lib/image/strokes.ts";

/** Random numbers that are the greatest allowed wherever there is a limit. */
class Most extends Random {
  override uniform(_low?: number, high?: number): number {
    return high ?? super.uniform();
  }
}

/** A slanted stroke, as a 1 is in MNIST. */
function stroke(): Float32Array {
  const pixels = new Float32Array(784);
  addStroke(pixels, [[16, 5], [12, 23]], 3);
  return pixels;
}

const amount = (pixels: Float32Array) => pixels.reduce((total, value) => total + value, 0);

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

Deno.test("change() of the stroke width has more ink the further it moves the edges, and the same at 0", () => {
  const amounts = [-2, -1.2, -1, -0.5, 0, 0.5, 1, 1.2, 2].map((growth) => {
    const pixels = stroke();
    change(pixels, { kind: "stroke-width", growth }, new Most(1));
    return amount(pixels);
  });
  assertEquals(amounts, amounts.toSorted((a, b) => a - b));
  assertEquals(new Set(amounts).size, amounts.length);
  assertEquals(amounts[4], amount(stroke()));
});

Deno.test("change() of the stroke width stays in the picture", () => {
  const corner = new Float32Array(784).fill(1, 27, 28);
  change(corner, { kind: "stroke-width", growth: 1 }, new Most(1));
  assertEquals([...corner.keys()].filter((i) => corner[i] > 0), [26, 27, 55]);
});

Deno.test("change() by noise has the standard deviation that is asked for", () => {
  const pixels = new Float32Array(784).fill(0.5);
  change(pixels, { kind: "noise", deviation: 0.1 }, new Most(1));
  const squares = pixels.map((value) => (value - 0.5) ** 2);
  assertAlmostEquals(Math.sqrt(amount(squares) / 784), 0.1, 0.01);
});

Deno.test("change() by paper changes nothing on even, blank paper with full ink", () => {
  const pixels = stroke();
  change(pixels, { kind: "paper", shade: 0, grain: 0, ruled: 0, contrast: 1 }, new Random(1));
  pixels.forEach((value, i) => assertAlmostEquals(value, stroke()[i], 1e-6));
});

Deno.test("change() by paper darkens the corners by no more than the shade, each otherwise", () => {
  for (const seed of SEEDS) {
    const pixels = new Float32Array(784);
    change(
      pixels,
      { kind: "paper", shade: 0.4, grain: 0, ruled: 0, contrast: 1 },
      new Random(seed),
    );
    assert(pixels.every((value) => value >= 0 && value <= 0.4));
    assertEquals(new Set([0, 27, 756, 783].map((i) => pixels[i])).size, 4);
  }
});

Deno.test("change() by paper mottles the paper, by neighbouring pixels alike", () => {
  const pixels = new Float32Array(784);
  change(pixels, { kind: "paper", shade: 0, grain: 0, ruled: 0, contrast: 1 }, new Random(1));
  assertEquals(amount(pixels), 0);
  pixels.fill(0.5);
  change(pixels, { kind: "paper", shade: 0, grain: 0.2, ruled: 0, contrast: 1 }, new Random(1));
  const [difference, spread] = [1, 14].map((distance) => {
    const squares = pixels.subarray(0, 700).map((value, i) => (value - pixels[i + distance]) ** 2);
    return amount(squares) / 700;
  });
  assert(spread > 0 && difference < 0.8 * spread, `Found ${difference} and ${spread}`);
});

Deno.test("change() by paper rules some sheets as often as it is asked to, more faintly than ink", () => {
  const ruled = SEEDS.filter((seed) => {
    const pixels = new Float32Array(784);
    change(
      pixels,
      { kind: "paper", shade: 0, grain: 0, ruled: 0.4, contrast: 1 },
      new Random(seed),
    );
    assert(pixels.every((value) => value <= 0.36));
    return pixels.some((value) => value > 0.05);
  });
  assertAlmostEquals(ruled.length / SEEDS.length, 0.4, 0.08);
});

Deno.test("change() by paper pales the ink by no more than the contrast allows", () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const pixels = new Float32Array(784).fill(1);
    change(
      pixels,
      { kind: "paper", shade: 0, grain: 0, ruled: 0, contrast: 0.6 },
      new Random(seed),
    );
    assert(pixels.every((value) => value >= 0.6 - 1e-6 && value <= 1));
  }
});

const HUNDRED = SEEDS.slice(0, 100);

function wideBar(): Float32Array {
  return new Float32Array(784).map((_, i) => i % 28 >= 12 && i % 28 < 16 ? 1 : 0);
}

Deno.test("change() by lines draws lines from 0.5 to 2.5 pixels wide, anywhere", () => {
  const reached = new Float32Array(784);
  let [least, most] = [Infinity, 0];
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784);
    change(pixels, { kind: "lines", count: 1 }, new Random(seed));
    const one = pixels.reduce((sum, value) => sum + value, 0);
    [least, most] = [Math.min(least, one), Math.max(most, one)];
    pixels.forEach((value, i) => reached[i] += value);
    const more = pixels.slice();
    change(more, { kind: "lines", count: 3 }, new Random(seed + 1));
    assert(more.every((value, i) => value >= pixels[i] && value <= 1));
  }
  assert(least < 10 && most > 40, `Found ${least} and ${most}`);
  assert(reached.filter((value) => value === 0).length < 80);
});

Deno.test("change() by a filter mixes: nothing at share 0, half of the way at one half", () => {
  const [none, half, all] = [0, 0.5, 1].map((share) => {
    const pixels = wideBar();
    change(pixels, { kind: "filter", strength: share }, new Most(1));
    return pixels;
  });
  assertEquals(none, wideBar());
  assertNotEquals(all, wideBar());
  half.forEach((value, i) => assertAlmostEquals(value, (none[i] + all[i]) / 2, 1e-6));
});

Deno.test("change() by a filter reaches full ink, goes no further, and leaves a black picture", () => {
  for (const seed of HUNDRED) {
    const pixels = wideBar();
    change(pixels, { kind: "filter", strength: 1 }, new Most(seed));
    assertAlmostEquals(Math.max(...pixels), 1, 1e-6);
    assert(pixels.every((value) => value >= 0));
    const black = new Float32Array(784);
    change(black, { kind: "filter", strength: 1 }, new Most(seed));
    assertEquals(black, new Float32Array(784));
  }
});

Deno.test("change() by a filter leaves some strokes full and others hollow", () => {
  const inside = HUNDRED.map((seed) => {
    const pixels = wideBar();
    change(pixels, { kind: "filter", strength: 1 }, new Most(seed));
    return pixels[14 * 28 + 13];
  });
  assert(inside.some((value) => value > 0.9) && inside.some((value) => value < 0.3));
});

Deno.test("change() by erasing blanks one box and nothing else", () => {
  let largest = 0;
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784).fill(0.7);
    const kept = pixels[0];
    change(pixels, { kind: "erasing", area: 0.3 }, new Random(seed));
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

Deno.test("change() by erasing reaches every part of the picture", () => {
  const hits = new Float32Array(784);
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784).fill(1);
    change(pixels, { kind: "erasing", area: 0.3 }, new Random(seed));
    pixels.forEach((value, i) => hits[i] += 1 - value);
  }
  assert(Math.min(...hits) > 0);
});

Deno.test("change() by erasing fills its box with one grey, up to the brightness that is asked for", () => {
  const greys = HUNDRED.flatMap((seed) => {
    const pixels = new Float32Array(784).fill(1);
    change(pixels, { kind: "erasing", area: 0.3, brightness: 0.8 }, new Random(seed));
    const found = new Set(pixels.filter((value) => value < 1));
    assert(found.size <= 1);
    return [...found];
  });
  assert(Math.min(...greys) < 0.05 && Math.max(...greys) > 0.75 && Math.max(...greys) <= 0.8);
});

/** An upright bar, as a 1 is in MNIST. */
function bar(): Float32Array {
  const pixels = new Float32Array(784);
  addStroke(pixels, [[14, 5], [14, 23]], 2.5);
  return pixels;
}

function columnsInked(pixels: Float32Array): number {
  const columns = new Set<number>();
  pixels.forEach((value, i) => value > 0.4 && columns.add(i % 28));
  return columns.size;
}

function changed(character: string | undefined, seed: number): Float32Array {
  const pixels = bar();
  change(pixels, { kind: "hand" }, new Random(seed), character);
  return pixels;
}

Deno.test("change() of the hand keeps pixels from 0 to 1", () => {
  for (const seed of SEEDS) {
    for (const character of ["1", "7", undefined]) {
      assert(changed(character, seed).every((value) => value >= 0 && value <= 1));
    }
  }
});

Deno.test("change() of the hand changes most pictures, each otherwise", () => {
  const same = SEEDS.filter((seed) => changed("3", seed).every((value, i) => value === bar()[i]));
  assert(same.length < SEEDS.length / 10, `Found ${same.length}`);
  assertNotEquals(changed("3", 1), changed("3", 2));
});

Deno.test("change() of the hand gives a flag to some 1s, a bar to some 7s, and neither to others", () => {
  const wide = (character: string | undefined) =>
    SEEDS.filter((seed) => columnsInked(changed(character, seed)) > 7).length;
  for (const digit of ["1", "7"]) {
    assert(wide(digit) > 20 + wide("3"), `Found ${wide(digit)} against ${wide("3")}`);
  }
});

Deno.test("change() of the hand takes an empty picture", () => {
  for (const digit of ["1", "7"]) {
    const pixels = new Float32Array(784);
    for (const seed of SEEDS.slice(0, 50)) {
      change(pixels, { kind: "hand" }, new Random(seed), digit);
    }
    assert(pixels.every(Number.isFinite));
  }
});
