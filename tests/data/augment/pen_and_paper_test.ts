import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { addNoise, addPaper, changeStrokeWidth } from "../../../lib/data/augment/pen_and_paper.ts";
import { Random } from "../../../lib/data/random.ts";
import { addStroke } from "../../../lib/image/strokes.ts";

/** A slanted stroke, as a 1 is in MNIST. */
function stroke(): Float32Array {
  const pixels = new Float32Array(784);
  addStroke(pixels, [[16, 5], [12, 23]], 3);
  return pixels;
}

const amount = (pixels: Float32Array) => pixels.reduce((total, value) => total + value, 0);

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

Deno.test("changeStrokeWidth() has more ink the further it moves the edges, and the same at 0", () => {
  const amounts = [-2, -1.2, -1, -0.5, 0, 0.5, 1, 1.2, 2].map((growth) => {
    const pixels = stroke();
    changeStrokeWidth(pixels, growth);
    return amount(pixels);
  });
  assertEquals(amounts, amounts.toSorted((a, b) => a - b));
  assertEquals(new Set(amounts).size, amounts.length);
  assertEquals(amounts[4], amount(stroke()));
});

Deno.test("changeStrokeWidth() stays in the picture", () => {
  const corner = new Float32Array(784).fill(1, 27, 28);
  changeStrokeWidth(corner, 1);
  assertEquals([...corner.keys()].filter((i) => corner[i] > 0), [26, 27, 55]);
});

Deno.test("addNoise() has the standard deviation that is asked for", () => {
  const pixels = new Float32Array(784).fill(0.5);
  addNoise(pixels, 0.1, new Random(1));
  const squares = pixels.map((value) => (value - 0.5) ** 2);
  assertAlmostEquals(Math.sqrt(amount(squares) / 784), 0.1, 0.01);
});

Deno.test("addPaper() changes nothing on even, blank paper with full ink", () => {
  const pixels = stroke();
  addPaper(pixels, { shade: 0, grain: 0, ruled: 0, contrast: 1 }, new Random(1));
  pixels.forEach((value, i) => assertAlmostEquals(value, stroke()[i], 1e-6));
});

Deno.test("addPaper() darkens the corners by no more than the shade, each otherwise", () => {
  for (const seed of SEEDS) {
    const pixels = new Float32Array(784);
    addPaper(pixels, { shade: 0.4, grain: 0, ruled: 0, contrast: 1 }, new Random(seed));
    assert(pixels.every((value) => value >= 0 && value <= 0.4));
    assertEquals(new Set([0, 27, 756, 783].map((i) => pixels[i])).size, 4);
  }
});

Deno.test("addPaper() mottles the paper, by neighbouring pixels alike", () => {
  const pixels = new Float32Array(784);
  addPaper(pixels, { shade: 0, grain: 0, ruled: 0, contrast: 1 }, new Random(1));
  assertEquals(amount(pixels), 0);
  pixels.fill(0.5);
  addPaper(pixels, { shade: 0, grain: 0.2, ruled: 0, contrast: 1 }, new Random(1));
  const [difference, spread] = [1, 14].map((distance) => {
    const squares = pixels.subarray(0, 700).map((value, i) => (value - pixels[i + distance]) ** 2);
    return amount(squares) / 700;
  });
  assert(spread > 0 && difference < 0.8 * spread, `Found ${difference} and ${spread}`);
});

Deno.test("addPaper() rules some sheets as often as it is asked to, more faintly than ink", () => {
  const ruled = SEEDS.filter((seed) => {
    const pixels = new Float32Array(784);
    addPaper(pixels, { shade: 0, grain: 0, ruled: 0.4, contrast: 1 }, new Random(seed));
    assert(pixels.every((value) => value <= 0.36));
    return pixels.some((value) => value > 0.05);
  });
  assertAlmostEquals(ruled.length / SEEDS.length, 0.4, 0.08);
});

Deno.test("addPaper() pales the ink by no more than the contrast allows", () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const pixels = new Float32Array(784).fill(1);
    addPaper(pixels, { shade: 0, grain: 0, ruled: 0, contrast: 0.6 }, new Random(seed));
    assert(pixels.every((value) => value >= 0.6 - 1e-6 && value <= 1));
  }
});
