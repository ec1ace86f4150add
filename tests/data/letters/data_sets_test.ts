import { assert, assertEquals } from "@std/assert";
import { drawScript } from "../../../lib/data/letters/data_sets.ts";
import { FONTS, SCRIPTS } from "../../../lib/data/letters/fonts.ts";
import { INTER } from "./inter.ts";

Deno.test("no script has a digit or a Latin letter, or a font that a base was made with", () => {
  const known = new Set(FONTS.map(({ family }) => family));
  for (const { name, letters, fonts } of SCRIPTS) {
    assertEquals(new Set(letters).size, [...letters].length, name);
    assert(!/\p{N}|\p{Script=Latin}/u.test(letters), name);
    assertEquals(fonts.filter(({ family }) => known.has(family)), [], name);
    assertEquals(new Set(fonts.map(({ family }) => family)).size, fonts.length, name);
  }
});

Deno.test("drawScript() draws every letter, and nobody writes for both parts", async () => {
  const fonts = ["one", "two", "three", "four"].map(() => ({ ...INTER }));
  const script = { name: "capitals", letters: "ABC", fonts };
  const task = { learning: 4, testing: 2, seed: 1 };
  const { train, test, classes } = await drawScript(script, task);
  assertEquals([classes, train.count, test.count], [["A", "B", "C"], 12, 6]);
  assertEquals([...train.labels.subarray(0, 6)], [0, 1, 2, 0, 1, 2]);
  const pictures = [...Array(12).keys()].map((i) => train.images.subarray(784 * i, 784 * i + 784));
  assertEquals(new Set(pictures.map((pixels) => pixels.toHex())).size, 12);
  assert(pictures.every((pixels) => pixels.some((value) => value > 127)));
  assertEquals(await drawScript(script, task), {
    train,
    test,
    classes,
    source: "capitals in 4 fonts",
    validation: { count: 0, images: new Uint8Array(), labels: new Uint8Array() },
  });
});
