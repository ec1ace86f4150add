import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { corrupt, CORRUPTION_NAMES } from "../../../lib/data/augment/corruptions.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../../lib/image/size.ts";
import { loadMnist } from "../../../lib/data/mnist.ts";
import { Random } from "../../../lib/data/random.ts";

const { images } = (await loadMnist({ limit: 20 })).validation;
const DIGITS = Array.from({ length: 20 }, (_, i) => images.slice(i * 784, (i + 1) * 784));
const BLACK = new Uint8Array(IMAGE_PIXELS);
const GREY = BLACK.map(() => 100);
const at = (row: number, column: number) => row * IMAGE_SIDE + column;
const mean = (image: Uint8Array) => image.reduce((sum, value) => sum + value, 0) / image.length;
const values = (image: Uint8Array) => [...new Set(image)].sort((a, b) => a - b);
const variants = (image: Uint8Array, name: typeof CORRUPTION_NAMES[number], count = 20) =>
  Array.from({ length: count }, (_, i) => corrupt(image, name, new Random(1, i)));

for (const name of CORRUPTION_NAMES) {
  Deno.test(`corrupt() by ${name} changes digits, repeatably, and leaves its input`, () => {
    for (const [i, digit] of DIGITS.entries()) {
      const before = digit.slice();
      const corrupted = corrupt(digit, name, new Random(i));
      assertEquals(digit, before);
      assertNotEquals(corrupted, digit);
      assertEquals(corrupt(digit, name, new Random(i)), corrupted);
    }
  });
}

Deno.test("CORRUPTION_NAMES are fifteen, of which four leave nothing to chance", () => {
  assertEquals(CORRUPTION_NAMES.length, 15);
  const fixed = CORRUPTION_NAMES.filter((name) =>
    variants(DIGITS[0], name).every((image, _, [first]) => `${image}` === `${first}`)
  );
  assertEquals(fixed, ["scale", "brightness", "stripe", "canny edges"]);
});

Deno.test("corrupt() by shot noise counts in thirds and keeps black and the mean", () => {
  const noisy = variants(GREY, "shot noise");
  assertEquals(values(noisy[0]), [0, 85, 170, 255]);
  // Poisson(3 · 100 / 255), at most 3: its mean is 1.1501 thirds.
  assertAlmostEquals(noisy.reduce((sum, image) => sum + mean(image), 0) / 20, 85 * 1.1501, 1.5);
  assertEquals(corrupt(BLACK, "shot noise", new Random(1)), BLACK);
});

Deno.test("corrupt() by impulse noise turns 17 % of the pixels black or white, as many each", () => {
  const noisy = variants(GREY, "impulse noise").flatMap((image) => [...image]);
  const share = (value: number) => noisy.filter((found) => found === value).length / noisy.length;
  assertAlmostEquals(share(0), 0.085, 0.01);
  assertAlmostEquals(share(255), 0.085, 0.01);
  assertAlmostEquals(share(100), 0.83, 0.015);
});

Deno.test("corrupt() by glass blur moves ink, and adds and loses hardly any", () => {
  for (const digit of DIGITS) {
    assertAlmostEquals(mean(corrupt(digit, "glass blur", new Random(1))) / mean(digit), 1, 0.02);
  }
});

Deno.test("corrupt() by motion blur smears to the left, at most 45° up or down", () => {
  const dot = BLACK.with(at(14, 24), 255);
  for (const smeared of variants(dot, "motion blur")) {
    const inked = [...smeared.keys()].filter((i) => smeared[i] > 0);
    assert(inked.length > 5);
    for (const i of inked) {
      const [left, up] = [24 - i % IMAGE_SIDE, Math.abs(14 - Math.floor(i / IMAGE_SIDE))];
      assert(left >= up, `Expected ink to the left but found it at ${i}`);
    }
    // Half a bell with σ = 3: 1 / Σ exp(-i² / 18).
    assertEquals(smeared[at(14, 24)], Math.round(255 / 4.2599));
  }
  assertEquals(corrupt(GREY, "motion blur", new Random(1)), GREY);
});

Deno.test("corrupt() by shear, scale and rotate keeps the middle in its place", () => {
  const middle = BLACK.slice();
  for (const i of [at(13, 13), at(13, 14), at(14, 13), at(14, 14)]) middle[i] = 255;
  for (const name of ["shear", "scale", "rotate"] as const) {
    for (const moved of variants(middle, name)) {
      const [left, above] = [0, 1].map((axis) =>
        moved.reduce((sum, value, i) => {
          const position = axis ? Math.floor(i / IMAGE_SIDE) : i % IMAGE_SIDE;
          return sum + value * (position - 13.5);
        }, 0)
      );
      assertAlmostEquals(left, 0, 1e-9);
      assertAlmostEquals(above, 0, 1e-9);
    }
  }
});

Deno.test("corrupt() by rotate and shear goes 0.4 radians either way", () => {
  const line = BLACK.map((_, i) => i % IMAGE_SIDE === 13 || i % IMAGE_SIDE === 14 ? 255 : 0);
  const middleOf = (image: Uint8Array, row: number) => {
    const ink = image.subarray(at(row, 0), at(row, IMAGE_SIDE));
    return ink.reduce((sum, value, column) => sum + value * column, 0) / (mean(ink) * IMAGE_SIDE);
  };
  for (const [name, slope] of [["rotate", Math.tan(0.4)], ["shear", Math.sin(0.4)]] as const) {
    const shifts = variants(line, name).map((image) =>
      (middleOf(image, 18) - middleOf(image, 9)) / 9
    );
    for (const shift of shifts) assertAlmostEquals(Math.abs(shift), slope, 0.02);
    assert(shifts.some((shift) => shift > 0) && shifts.some((shift) => shift < 0));
  }
});

Deno.test("corrupt() by scale makes a picture 0.7 times as large", () => {
  const scaled = corrupt(BLACK.map(() => 255), "scale", new Random(1));
  assertAlmostEquals(Math.sqrt(mean(scaled) / 255), 0.7, 0.02);
  assertEquals([scaled[0], scaled[at(14, 14)]], [0, 255]);
});

Deno.test("corrupt() by brightness adds one half", () => {
  const corrupted = corrupt(BLACK.with(1, 100).with(2, 200), "brightness", new Random(1));
  for (const [i, expected] of [127.5, 227.5, 255].entries()) {
    assertAlmostEquals(corrupted[i], expected, 0.5);
  }
});

Deno.test("corrupt() by translate goes three pixels along both axes, to all four corners", () => {
  const dot = BLACK.with(at(14, 14), 255);
  const places = new Set(variants(dot, "translate").map((image) => image.indexOf(255)));
  assertEquals([...places].sort((a, b) => a - b), [
    at(11, 11),
    at(11, 17),
    at(17, 11),
    at(17, 17),
  ]);
});

Deno.test("corrupt() by stripe inverts seven columns at the left and at the right", () => {
  const row = corrupt(GREY, "stripe", new Random(1)).subarray(at(5, 0), at(6, 0));
  assertEquals([...row], [...Array(7).fill(155), ...Array(14).fill(100), ...Array(7).fill(155)]);
});

Deno.test("corrupt() by fog leaves a quarter of the contrast, and no fog where there is no light", () => {
  const bright = BLACK.map((_, i) => i === at(14, 14) ? 255 : 0);
  const brighter = bright.with(at(10, 10), 255);
  for (let seed = 0; seed < 10; seed++) {
    const [one, other] = [bright, brighter].map((image) => corrupt(image, "fog", new Random(seed)));
    assertAlmostEquals(other[at(10, 10)] - one[at(10, 10)], 255 / 4, 1);
    assertEquals(one.with(at(10, 10), 0), other.with(at(10, 10), 0));
  }
  assertEquals(corrupt(BLACK, "fog", new Random(1)), BLACK);
});

Deno.test("corrupt() by spatter covers a part of the picture with dark grey", () => {
  const covered = variants(BLACK, "spatter");
  for (const image of covered) {
    assert(image.every((value) => value === 0 || value >= 50 && value <= 63));
  }
  const share = covered.flatMap((image) => [...image]).filter((value) => value > 0).length /
    (20 * IMAGE_PIXELS);
  assert(share > 0.1 && share < 0.25, `Found ${share}`);
  const white = corrupt(BLACK.map(() => 255), "spatter", new Random(1));
  assert(Math.min(...white) < 100 && Math.max(...white) === 255);
});

Deno.test("corrupt() by dotted line draws two columns of every four", () => {
  for (const image of variants(BLACK, "dotted line")) {
    const columns = Array.from(
      { length: IMAGE_SIDE },
      (_, column) => image.some((value, i) => value > 0 && i % IMAGE_SIDE === column),
    );
    assertEquals(columns, columns.map((_, column) => column % 4 >= 2 && column < 27));
  }
});

Deno.test("corrupt() by zigzag draws from column 2 to column 25", () => {
  for (const image of variants(BLACK.map(() => 0), "zigzag")) {
    for (const [i, value] of image.entries()) {
      const column = i % IMAGE_SIDE;
      if (column < 2 || column > 25) assertEquals(value, 0);
    }
    const row = (wanted: number) => Math.floor(wanted / IMAGE_SIDE);
    const inked = [...image.keys()].filter((i) => image[i] > 0).map(row);
    assert(Math.max(...inked) - Math.min(...inked) <= 12);
  }
});

Deno.test("corrupt() by canny edges draws white lines around strokes, and none on one grey", () => {
  assertEquals(values(corrupt(DIGITS[0], "canny edges", new Random(1))), [0, 255]);
  assertEquals(corrupt(GREY, "canny edges", new Random(1)), BLACK);
});

const DISC = Uint8Array.from({ length: 784 }, (_, i) => {
  const distance = Math.hypot(i % 28 - 14, Math.floor(i / 28) - 14);
  return 255 * Math.min(1, Math.max(0, 8.5 - distance));
});

Deno.test("corrupt() by canny edges draws a line a pixel wide around a disc, 8 pixels from its middle", () => {
  const edges = corrupt(DISC, "canny edges", new Random(1));
  for (const [i, edge] of edges.entries()) {
    const distance = Math.hypot(i % 28 - 14, Math.floor(i / 28) - 14);
    if (edge) assertEquals(Math.abs(distance - 8) < 1, true, `Found an edge ${distance} away`);
  }
  const row = [...edges.subarray(14 * 28, 15 * 28)];
  assertEquals(row.flatMap((edge, column) => edge ? [column] : []), [6, 22]);
});

Deno.test("corrupt() by canny edges keeps faint edges only where they go on from steep ones", () => {
  const faint = 0.05;
  const ramp = DISC.map((value) => value * faint);
  assertEquals(corrupt(ramp, "canny edges", new Random(1)), BLACK);
  // A vertical edge that is steep at the top and fades to the bottom, where it alone would be too faint.
  const fading = (least: number, most: number) =>
    BLACK.map((_, i) => {
      const strength = most + (least - most) * Math.floor(i / 28) / 27;
      return 255 * strength * Math.min(1, Math.max(0, (i % 28 - 13) + 0.5));
    });
  const count = (image: Uint8Array) =>
    corrupt(image, "canny edges", new Random(1)).filter((edge) => edge === 255).length;
  assertEquals(count(fading(0.06, 0.06)), 0);
  assertEquals(count(fading(0.06, 0.3)) >= 26, true);
});
