import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { augment, type Augmentation } from "../../../lib/data/augment/augment.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../../lib/image/size.ts";
import { addStroke } from "../../../lib/image/strokes.ts";
import { loadMnist } from "../../../lib/data/mnist.ts";
import { Random } from "../../../lib/data/random.ts";
import { AUGMENTATIONS } from "../../../lib/model/recipe.ts";

type AugmentationStep = Augmentation[number];

function variant(image: Uint8Array, augmentation: Augmentation, ...keys: number[]): Float32Array {
  const target = new Float32Array(IMAGE_PIXELS).fill(NaN);
  augment(image, target, augmentation, new Random(...keys));
  return target;
}

const lightVariant = (image: Uint8Array, ...keys: number[]) =>
  variant(image, AUGMENTATIONS.light, ...keys);

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

const { images, count } = (await loadMnist({ limit: 200 })).train;
const DIGITS = Array.from(
  { length: count },
  (_, i) => images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS),
);
const DIGIT = DIGITS[0];
const UNCHANGED = Float32Array.from(DIGIT, (value) => value / 255);
const BLACK = new Uint8Array(IMAGE_PIXELS);
const BRIGHT = new Uint8Array(IMAGE_PIXELS).fill(255);
const KEYS = Array.from({ length: 300 }, (_, key) => key);

const STILL: AugmentationStep = { kind: "affine", rotation: 0, logScale: 0, shear: 0, shift: 0 };
const ROTATION: AugmentationStep = { ...STILL, rotation: 20 };
const BEND: AugmentationStep = { kind: "elastic", deviation: 0.08 };
const PEN: AugmentationStep = { kind: "stroke-width", growth: 2 };

/** A strong step of every kind. */
const STEPS: AugmentationStep[] = [
  ROTATION,
  BEND,
  PEN,
  { kind: "hand" },
  { kind: "erasing", area: 0.4, brightness: 1 },
  { kind: "lines", count: 3 },
  { kind: "filter", strength: 1 },
  { kind: "blur", deviation: 2 },
  { kind: "noise", deviation: 0.5 },
  { kind: "paper", shade: 1, grain: 1, ruled: 1, contrast: 0 },
];

for (const step of STEPS) {
  Deno.test(`augment() with ${step.kind} keeps pixels from 0 to 1, and repeats itself`, () => {
    const all = [...DIGITS.slice(0, 50), BLACK, BRIGHT].map((image) => image.slice());
    const variants = () => all.map((image, i) => variant(image, [step], 1, i));
    const before = variants();
    assert(before.every((pixels) => pixels.every((value) => value >= 0 && value <= 1)));
    assertEquals(before, variants());
    assertEquals(all.slice(0, 50), DIGITS.slice(0, 50));
    const different = new Set(KEYS.slice(0, 20).map((key) => variant(DIGIT, [step], key).join()));
    assert(different.size > 1);
  });
}

Deno.test("augment() leaves the picture as it is without a step, without a move, and after a stop", () => {
  for (const augmentation of [[], [STILL], [{ kind: "stop" } as const, ...STEPS]]) {
    assertEquals(variant(DIGIT, augmentation, 1), UNCHANGED);
  }
});

Deno.test("augment() applies a step as often as its share says", () => {
  const applied = (share?: number) =>
    KEYS.filter((key) => variant(DIGIT, [{ ...PEN, share }], key).join() !== UNCHANGED.join());
  assertEquals([0, 1, undefined].map((share) => applied(share).length), [0, 300, 300]);
  assertAlmostEquals(applied(0.3).length / KEYS.length, 0.3, 0.08);
});

Deno.test("augment() samples once for movements that follow one another, and again after a change", () => {
  // Of stripes a pixel wide, every sampling between pixels takes contrast.
  const stripes = Uint8Array.from({ length: IMAGE_PIXELS }, (_, i) => 255 * (i % 2));
  const quarter: AugmentationStep = { ...STILL, shift: 0.5 };
  const nothing: AugmentationStep = { kind: "stroke-width", growth: 0 };
  const contrast = (...augmentation: AugmentationStep[]) =>
    sum(KEYS.map((key) => {
      const pixels = variant(stripes, augmentation, key).slice(14 * 28 + 10, 14 * 28 + 18);
      return Math.max(...pixels) - Math.min(...pixels);
    })) / KEYS.length;
  const [once, twice] = [contrast(quarter, quarter), contrast(quarter, nothing, quarter)];
  assert(twice < 0.8 * once, `Found ${once} and ${twice}`);
});

Deno.test("augment() writes a digit as other hands do: some 1s get a flag, no 3 does", () => {
  const bar = Uint8Array.from(BLACK, (_, i) => {
    const [row, column] = [Math.floor(i / IMAGE_SIDE), i % IMAGE_SIDE];
    return row > 4 && row < 23 && Math.abs(column - 14) < 2 ? 255 : 0;
  });
  const wide = (character?: string) =>
    KEYS.filter((key) => {
      const target = new Float32Array(IMAGE_PIXELS);
      augment(bar, target, [{ kind: "hand" }], new Random(key), character);
      return target.some((value, i) => value > 0.4 && i % IMAGE_SIDE < 8);
    }).length;
  assert(wide("1") > 30, `Found ${wide("1")}`);
  assertEquals(wide("3"), wide(undefined));
  assert(wide("1") > 5 * wide("3"), `Found ${wide("1")} and ${wide("3")}`);
});

Deno.test("augment() with the light augmentation samples where it always did", () => {
  // Networks in data/ and figures in README were made with these numbers.
  const pixels = lightVariant(ramp("column"), 1, 2, 3);
  const corners = [[8, 8], [8, 19], [14, 14], [19, 8], [19, 19]];
  assertEquals(
    corners.map(([row, column]) => pixels[row * IMAGE_SIDE + column]),
    [
      0.3473156988620758,
      0.7121533155441284,
      0.5411517024040222,
      0.26372456550598145,
      0.6834623217582703,
    ],
  );
});

Deno.test("augment() with the light augmentation keeps the ink: scaling changes it by up to e^±0.2, nothing on average", () => {
  const ratios = DIGITS.map((digit, i) => sum(lightVariant(digit, 2, i)) / (sum(digit) / 255));
  for (const ratio of ratios) assert(ratio > 0.6 && ratio < 1.6, `Found ${ratio}`);
  assertAlmostEquals(sum(ratios) / count, 1, 0.05);
});

/** A picture whose brightness rises by 9 a column, or a row, so that a variant tells where it looked. */
function ramp(axis: "column" | "row"): Uint8Array {
  return Uint8Array.from(
    { length: IMAGE_PIXELS },
    (_, i) => 9 * (axis === "column" ? i % IMAGE_SIDE : Math.floor(i / IMAGE_SIDE)),
  );
}

Deno.test("augment() with the light augmentation moves a pixel by one to two pixels on average, and never far", () => {
  const distances: number[] = [];
  const shifts: number[] = [];
  for (let variant = 0; variant < 200; variant++) {
    const columns = lightVariant(ramp("column"), 3, variant);
    const rows = lightVariant(ramp("row"), 3, variant);
    // Where MNIST has its ink, far enough from the border to be undisturbed by the black outside.
    for (let row = 8; row < 20; row++) {
      for (let column = 8; column < 20; column++) {
        const i = row * IMAGE_SIDE + column;
        const [x, y] = [columns[i] * 255 / 9 - column, rows[i] * 255 / 9 - row];
        distances.push(Math.hypot(x, y));
        shifts.push(x, y);
      }
    }
  }
  const mean = sum(distances) / distances.length;
  assert(mean > 0.8 && mean < 2, `Found ${mean}`);
  const largest = distances.reduce((a, b) => Math.max(a, b));
  assert(largest < 6, `Found ${largest}`);
  assertAlmostEquals(sum(shifts) / shifts.length, 0, 0.1); // no side is preferred
});

Deno.test("augment() with the light augmentation bends: a variant is no affine picture of the ramp", () => {
  const columns = lightVariant(ramp("column"), 4).map((value) => value * 255 / 9);
  const at = (row: number, column: number) => columns[row * IMAGE_SIDE + column];
  const curvature = Math.abs(at(9, 9) + at(19, 19) - at(9, 19) - at(19, 9));
  assert(curvature > 0.01, `Found ${curvature}`);
});

// One step at a time

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
  return asBytes(pixels);
}

/** Pixels 0–1 that are whole 255ths. */
function asBytes(pixels: Float32Array): Float32Array {
  return pixels.map((value) => Math.round(255 * value) / 255);
}

/** Makes one step on such pixels, in place. */
function change(
  pixels: Float32Array,
  step: AugmentationStep,
  random: Random,
  character?: string,
): void {
  augment(
    Uint8Array.from(pixels, (value) => Math.round(255 * value)),
    pixels,
    [step],
    random,
    character,
  );
}

const amount = (pixels: Float32Array) => pixels.reduce((total, value) => total + value, 0);

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

Deno.test("augment() of the stroke width has more ink the further it moves the edges, and the same at 0", () => {
  const amounts = [-2, -1.2, -1, -0.5, 0, 0.5, 1, 1.2, 2].map((growth) => {
    const pixels = stroke();
    change(pixels, { kind: "stroke-width", growth }, new Most(1));
    return amount(pixels);
  });
  assertEquals(amounts, amounts.toSorted((a, b) => a - b));
  assertEquals(new Set(amounts).size, amounts.length);
  assertEquals(amounts[4], amount(stroke()));
});

Deno.test("augment() of the stroke width stays in the picture", () => {
  const corner = new Float32Array(784).fill(1, 27, 28);
  change(corner, { kind: "stroke-width", growth: 1 }, new Most(1));
  assertEquals([...corner.keys()].filter((i) => corner[i] > 0), [26, 27, 55]);
});

Deno.test("augment() by noise has the standard deviation that is asked for", () => {
  const pixels = new Float32Array(784).fill(0.6);
  change(pixels, { kind: "noise", deviation: 0.1 }, new Most(1));
  const squares = pixels.map((value) => (value - 0.6) ** 2);
  assertAlmostEquals(Math.sqrt(amount(squares) / 784), 0.1, 0.01);
});

Deno.test("augment() by paper changes nothing on even, blank paper with full ink", () => {
  const pixels = stroke();
  change(pixels, { kind: "paper", shade: 0, grain: 0, ruled: 0, contrast: 1 }, new Random(1));
  pixels.forEach((value, i) => assertAlmostEquals(value, stroke()[i], 1e-6));
});

Deno.test("augment() by paper darkens the corners by no more than the shade, each otherwise", () => {
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

Deno.test("augment() by paper mottles the paper, by neighbouring pixels alike", () => {
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

Deno.test("augment() by paper rules some sheets as often as it is asked to, more faintly than ink", () => {
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

Deno.test("augment() by paper pales the ink by no more than the contrast allows", () => {
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

Deno.test("augment() by lines draws lines from 0.5 to 2.5 pixels wide, anywhere", () => {
  const reached = new Float32Array(784);
  let [least, most] = [Infinity, 0];
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784);
    change(pixels, { kind: "lines", count: 1 }, new Random(seed));
    const one = pixels.reduce((sum, value) => sum + value, 0);
    [least, most] = [Math.min(least, one), Math.max(most, one)];
    pixels.forEach((value, i) => reached[i] += value);
    const more = asBytes(pixels);
    const before = more.slice();
    change(more, { kind: "lines", count: 3 }, new Random(seed + 1));
    assert(more.every((value, i) => value >= before[i] && value <= 1));
  }
  assert(least < 10 && most > 40, `Found ${least} and ${most}`);
  assert(reached.filter((value) => value === 0).length < 80);
});

Deno.test("augment() by a filter mixes: nothing at share 0, half of the way at one half", () => {
  const [none, half, all] = [0, 0.5, 1].map((share) => {
    const pixels = wideBar();
    change(pixels, { kind: "filter", strength: share }, new Most(1));
    return pixels;
  });
  assertEquals(none, wideBar());
  assertNotEquals(all, wideBar());
  half.forEach((value, i) => assertAlmostEquals(value, (none[i] + all[i]) / 2, 1e-6));
});

Deno.test("augment() by a filter reaches full ink, goes no further, and leaves a black picture", () => {
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

Deno.test("augment() by a filter leaves some strokes full and others hollow", () => {
  const inside = HUNDRED.map((seed) => {
    const pixels = wideBar();
    change(pixels, { kind: "filter", strength: 1 }, new Most(seed));
    return pixels[14 * 28 + 13];
  });
  assert(inside.some((value) => value > 0.9) && inside.some((value) => value < 0.3));
});

Deno.test("augment() by erasing blanks one box and nothing else", () => {
  let largest = 0;
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784).fill(0.6);
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

Deno.test("augment() by erasing reaches every part of the picture", () => {
  const hits = new Float32Array(784);
  for (const seed of HUNDRED) {
    const pixels = new Float32Array(784).fill(1);
    change(pixels, { kind: "erasing", area: 0.3 }, new Random(seed));
    pixels.forEach((value, i) => hits[i] += 1 - value);
  }
  assert(Math.min(...hits) > 0);
});

Deno.test("augment() by erasing fills its box with one grey, up to the brightness that is asked for", () => {
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
  return asBytes(pixels);
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

Deno.test("augment() of the hand keeps pixels from 0 to 1", () => {
  for (const seed of SEEDS) {
    for (const character of ["1", "7", undefined]) {
      assert(changed(character, seed).every((value) => value >= 0 && value <= 1));
    }
  }
});

Deno.test("augment() of the hand changes most pictures, each otherwise", () => {
  const same = SEEDS.filter((seed) => changed("3", seed).every((value, i) => value === bar()[i]));
  assert(same.length < SEEDS.length / 10, `Found ${same.length}`);
  assertNotEquals(changed("3", 1), changed("3", 2));
});

Deno.test("augment() of the hand gives a flag to some 1s, a bar to some 7s, and neither to others", () => {
  const wide = (character: string | undefined) =>
    SEEDS.filter((seed) => columnsInked(changed(character, seed)) > 7).length;
  for (const digit of ["1", "7"]) {
    assert(wide(digit) > 20 + wide("3"), `Found ${wide(digit)} against ${wide("3")}`);
  }
});

Deno.test("augment() of the hand takes an empty picture", () => {
  for (const digit of ["1", "7"]) {
    const pixels = new Float32Array(784);
    for (const seed of SEEDS.slice(0, 50)) {
      change(pixels, { kind: "hand" }, new Random(seed), digit);
    }
    assert(pixels.every(Number.isFinite));
  }
});
