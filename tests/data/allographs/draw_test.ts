import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { drawAllograph, drawDigits } from "../../../lib/data/allographs/draw.ts";
import { LETTER_ALLOGRAPHS } from "../../../lib/data/allographs/letters.ts";
import { ALLOGRAPHS } from "../../../lib/data/allographs/templates.ts";
import { Random } from "../../../lib/data/random.ts";

/** The rows and columns that have ink, and its centre of mass. */
function measure(image: Uint8Array) {
  const inked = [...image.keys()].filter((i) => image[i] > 50);
  const rows = inked.map((i) => Math.floor(i / 28));
  const columns = inked.map((i) => i % 28);
  const mass = image.reduce((sum, value) => sum + value, 0);
  const mean = (at: (i: number) => number) =>
    image.reduce((sum, value, i) => sum + value * at(i), 0) / mass;
  const span = (values: number[]) => Math.max(...values) - Math.min(...values) + 1;
  return {
    height: span(rows),
    width: span(columns),
    centre: [mean((i) => i % 28), mean((i) => Math.floor(i / 28))],
  };
}

for (
  const [allograph, sign] of [...ALLOGRAPHS, LETTER_ALLOGRAPHS].flatMap((ways, digit) =>
    ways.map((way) => [way, ways === LETTER_ALLOGRAPHS ? "letter" : digit] as const)
  )
) {
  Deno.test(`drawAllograph() draws a ${sign}, ${allograph.name}, into MNIST's box, balanced around its centre`, () => {
    for (let i = 0; i < 20; i++) {
      const { height, width, centre: [x, y] } = measure(drawAllograph(allograph, new Random(1, i)));
      const side = Math.max(height, width);
      assert(side >= 17 && side <= 25, `Found a side of ${side} pixels`);
      assertAlmostEquals(x, 14, 1.5);
      assertAlmostEquals(y, 14, 1.5);
    }
  });
}

Deno.test("drawAllograph() draws another picture for other random numbers", () => {
  for (const allograph of ALLOGRAPHS.flat()) {
    const pictures = [1, 1, 2].map((seed) => drawAllograph(allograph, new Random(seed)));
    assertEquals(pictures[0], pictures[1]);
    assertNotEquals(pictures[0], pictures[2]);
  }
});

Deno.test("drawDigits() draws digits in hairlines and in bold", () => {
  const amounts = Array.from({ length: 300 }, (_, i) => {
    const { images } = drawDigits({ count: 1, seed: 3, firstIndex: 10 * i });
    return images.reduce((sum, value) => sum + value / 255, 0);
  });
  assert(Math.min(...amounts) < 60, `Found ${Math.min(...amounts)}`);
  assert(Math.max(...amounts) > 150, `Found ${Math.max(...amounts)}`);
});

Deno.test("drawDigits() draws the digits in turn, each from its seed and index alone", () => {
  const { count, images, labels } = drawDigits({ count: 25, seed: 7 });
  assertEquals(count, 25);
  assertEquals([...labels], Array.from({ length: 25 }, (_, i) => i % 10));
  const later = drawDigits({ count: 5, seed: 7, firstIndex: 20 });
  assertEquals(later.images, images.slice(20 * 784));
  assertEquals(later.labels, labels.slice(20));
  assertNotEquals(drawDigits({ count: 25, seed: 8 }).images, images);
});
