import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parseStroke, writeAllograph } from "../../../lib/data/allographs/write.ts";
import { Random } from "../../../lib/data/random.ts";

Deno.test("parseStroke() reads points, how far they may be moved, and corners", () => {
  assertEquals(parseStroke("10±6,-5 30,4±2 / 50,100"), [
    [[[0.1, 0.06], [-0.05, 0]], [[0.3, 0], [0.04, 0.02]]],
    [[[0.5, 0], [1, 0]]],
  ]);
});

Deno.test("parseStroke() throws on what is neither point nor corner", () => {
  assertThrows(
    () => parseStroke("10,20 30"),
    SyntaxError,
    'Expected a point like 40±6,25 but found "30"',
  );
  assertThrows(
    () => parseStroke("10,20"),
    SyntaxError,
    'Expected a stroke of at least two points but found "10,20"',
  );
});

Deno.test("writeAllograph() writes a line for each stroke, about 1 high, in small steps", () => {
  const cross = {
    name: "cross",
    width: [0.5, 0.5],
    strokes: ["50,0 50,100", "0,50 100,50"],
  } as const;
  const [down, across] = writeAllograph(cross, new Random(1));
  assertAlmostEquals(down.at(-1)![1] - down[0][1], 1, 0.2);
  assert(across.at(-1)![0] > across[0][0]);
  for (const line of [down, across]) {
    line.slice(1).forEach(([x, y], i) => assert(Math.hypot(x - line[i][0], y - line[i][1]) < 0.05));
  }
});
