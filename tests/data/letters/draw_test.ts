import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../../lib/image/size.ts";
import { classIndex, LETTER_CLASSES, LETTERS } from "../../../lib/data/class_sets.ts";
import { cutFonts } from "../../../lib/data/letters/cut_fonts.ts";
import { drawLetters } from "../../../lib/data/letters/draw.ts";
import { INTER } from "./inter.ts";

/** One font, passed off as others. */
const HANDWRITING = { ...INTER, handwriting: true };
const UNSEEN = { ...INTER, handwriting: true, validation: true };

const masters = await cutFonts([HANDWRITING, INTER, UNSEEN]);
const letters = drawLetters(masters, { count: 2600, seed: 1, epoch: 0, split: "train" });

/** Column and row of every pixel that is at least half white, and their grey values' centre. */
function measure(index: number) {
  const image = letters.images.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
  const inked = [...image.keys()].filter((i) => image[i] > 127);
  const columns = inked.map((i) => i % IMAGE_SIDE);
  const rows = inked.map((i) => Math.floor(i / IMAGE_SIDE));
  const total = image.reduce((sum, value) => sum + value, 0);
  return {
    width: Math.max(...columns) - Math.min(...columns) + 1,
    height: Math.max(...rows) - Math.min(...rows) + 1,
    centreX: image.reduce((sum, value, i) => sum + value * (i % IMAGE_SIDE), 0) / total,
    centreY: image.reduce((sum, value, i) => sum + value * Math.floor(i / IMAGE_SIDE), 0) / total,
  };
}

function mean(values: number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

Deno.test("drawLetters() draws the same pictures from the same seed", () => {
  const options = { count: 20, seed: 1, epoch: 0, split: "train" } as const;
  const { images } = drawLetters(masters, options);
  assertEquals(images, letters.images.slice(0, images.length));
  assertNotEquals(drawLetters(masters, { ...options, seed: 2 }).images, images);
  assertNotEquals(drawLetters(masters, { ...options, epoch: 1 }).images, images);
});

Deno.test("drawLetters() draws the same pictures in parts as at once", () => {
  const options = { count: 50, seed: 1, epoch: 0, split: "train" } as const;
  const first = drawLetters(masters, options);
  const second = drawLetters(masters, { ...options, firstIndex: 50 });
  assertEquals(
    Uint8Array.of(...first.images, ...second.images),
    letters.images.slice(0, 100 * IMAGE_PIXELS),
  );
  assertEquals(Uint8Array.of(...first.labels, ...second.labels), letters.labels.slice(0, 100));
});

Deno.test("drawLetters() draws every letter equally often", () => {
  for (const [label, name] of LETTER_CLASSES.entries()) {
    const share = [...LETTERS].filter((letter) =>
      classIndex(letter, LETTER_CLASSES) === label
    ).length / 52;
    const expected = letters.count * share;
    const found = letters.labels.filter((other) => other === label).length;
    assert(Math.abs(found - expected) < 4.5 * Math.sqrt(expected), `${name}: ${found} times`);
  }
});

Deno.test("drawLetters() fits letters to a box of 20 pixels around pixel 14", () => {
  const measured = Array.from({ length: 500 }, (_, i) => measure(i));
  const sides = measured.map(({ width, height }) => Math.max(width, height));
  assert(Math.abs(mean(sides) - 20) < 1, `mean larger side ${mean(sides)}`);
  assert(Math.max(...sides) <= 24, `largest side ${Math.max(...sides)}`);
  for (const centre of [measured.map((m) => m.centreX), measured.map((m) => m.centreY)]) {
    assert(Math.abs(mean(centre) - 14) < 0.15, `mean centre ${mean(centre)}`);
    assert(centre.every((value) => Math.abs(value - 14) < 3));
  }
});

Deno.test("drawLetters() inks about as much as MNIST: mean 0.13, standard deviation 0.31", () => {
  const values = new Float64Array(letters.images).map((value) => value / 255);
  const average = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
  assert(Math.abs(average - 0.13) < 0.03, `mean ${average}`);
  assert(Math.abs(deviation - 0.31) < 0.03, `standard deviation ${deviation}`);
});

Deno.test("drawLetters() leaves no picture blank", () => {
  for (let i = 0; i < letters.count; i++) {
    const image = letters.images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    assert(image.some((value) => value > 127), `picture ${i} is blank`);
  }
});

Deno.test("drawLetters() draws with the fonts of the split alone", async () => {
  const fonts = [{ ...INTER, capitalsOnly: true }, UNSEEN];
  const oneLetterEach = await cutFonts(fonts, undefined, "a");
  for (const [split, letter] of [["train", "A"], ["validation", "a"]] as const) {
    const { labels } = drawLetters(oneLetterEach, { count: 40, seed: 1, epoch: 0, split });
    assertEquals(new Set(labels), new Set([classIndex(letter, LETTER_CLASSES)]));
  }
});

Deno.test("drawLetters() draws one letter only if it is asked to", () => {
  const options = { count: 40, seed: 1, epoch: 0, split: "train", only: "B" } as const;
  const { labels } = drawLetters(masters, options);
  assertEquals(new Set(labels), new Set([LETTER_CLASSES.indexOf("B")]));
});

Deno.test("drawLetters() draws a letter more alike the less it is warped", () => {
  const variance = (warp: number) => {
    const count = 60;
    const options = { count, seed: 1, epoch: 0, split: "train", warp, only: "A" } as const;
    const { images } = drawLetters(masters, options);
    return mean(Array.from({ length: IMAGE_PIXELS }, (_, pixel) => {
      const values = Array.from({ length: count }, (_, i) => images[i * IMAGE_PIXELS + pixel]);
      const average = mean(values);
      return mean(values.map((value) => (value - average) ** 2));
    }));
  };
  assert(variance(0) < variance(0.4) && variance(0.4) < variance(1));
});

Deno.test("drawLetters() throws without a font to draw with", async () => {
  const trainingOnly = await cutFonts([INTER], undefined, "a");
  assertThrows(
    () => drawLetters(trainingOnly, { count: 1, seed: 1, epoch: 0, split: "validation" }),
    RangeError,
    "Expected masters to hold glyphs for validation but found none",
  );
});

Deno.test("drawLetters() draws handwriting twice as often as text", async () => {
  const fonts = [{ ...HANDWRITING, capitalsOnly: true }, INTER];
  const oneLetterEach = await cutFonts(fonts, undefined, "a");
  const { labels } = drawLetters(oneLetterEach, { count: 600, seed: 1, epoch: 0, split: "train" });
  const share = labels.filter((label) => LETTER_CLASSES[label] === "A").length / 600;
  assert(Math.abs(share - 2 / 3) < 0.06, `Found ${share}`);
});
