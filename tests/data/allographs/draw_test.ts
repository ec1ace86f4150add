import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { drawAllograph, drawDigits } from "../../../lib/data/allographs/draw.ts";
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
  const [sign, allograph] of Object.entries(ALLOGRAPHS)
    .flatMap(([sign, ways]) => ways.map((way) => [sign, way] as const))
) {
  Deno.test(`drawAllograph() draws a ${sign}, ${allograph.name}, into MNIST's box, balanced around its centre`, () => {
    for (let i = 0; i < 20; i++) {
      const { height, width, centre: [x, y] } = measure(
        drawAllograph([allograph], new Random(1, i)),
      );
      const side = Math.max(height, width);
      assert(side >= 17 && side <= 25, `Found a side of ${side} pixels`);
      assertAlmostEquals(x, 14, 1.5);
      assertAlmostEquals(y, 14, 1.5);
    }
  });
}

Deno.test("drawAllograph() draws another picture for other random numbers", () => {
  for (const allograph of Object.values(ALLOGRAPHS).flat()) {
    const pictures = [1, 1, 2].map((seed) => drawAllograph([allograph], new Random(seed)));
    assertEquals(pictures[0], pictures[1]);
    assertNotEquals(pictures[0], pictures[2]);
  }
});

const templates = (...strokes: string[]) => [
  { name: "of a test", width: [0.5, 0.5] as const, strokes },
];

Deno.test("drawAllograph() moves points as far as the template says", () => {
  const heights = (end: string) =>
    Array.from({ length: 200 }, (_, seed) => {
      const image = drawAllograph(templates("50,0 50,100", end), new Random(seed));
      return [...image.keys()].reduce((sum, i) => sum + image[i] * (i % 28 > 16 ? i : 0), 0) /
        [...image.keys()].reduce((sum, i) => sum + image[i] * (i % 28 > 16 ? 28 : 0), 1e-9);
    });
  const deviation = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
  };
  assert(deviation(heights("50,50 150,50±40")) > 2 * deviation(heights("50,50 150,50")));
});

Deno.test("drawAllograph() throws on what is neither point nor corner", () => {
  assertThrows(
    () => drawAllograph(templates("10,20 30"), new Random(1)),
    SyntaxError,
    'Expected a point like 40±6,25 but found "30"',
  );
  assertThrows(
    () => drawAllograph(templates("10,20"), new Random(1)),
    SyntaxError,
    'Expected a stroke of at least two points but found "10,20"',
  );
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
