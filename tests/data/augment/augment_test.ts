import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { augment, type Augmentation } from "../../../lib/data/augment/augment.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../../lib/image/size.ts";
import { loadMnist } from "../../../lib/data/mnist.ts";
import { Random } from "../../../lib/data/random.ts";
import { LIGHT_AUGMENTATION } from "../../../lib/model/recipe.ts";

type AugmentationStep = Augmentation[number];

function variant(image: Uint8Array, augmentation: Augmentation, ...keys: number[]): Float32Array {
  const target = new Float32Array(IMAGE_PIXELS).fill(NaN);
  augment(image, target, augmentation, new Random(...keys));
  return target;
}

const lightVariant = (image: Uint8Array, ...keys: number[]) =>
  variant(image, LIGHT_AUGMENTATION, ...keys);

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
