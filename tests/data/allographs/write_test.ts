import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { writeAllograph } from "../../../lib/data/allographs/write.ts";
import { Random } from "../../../lib/data/random.ts";

const template = (...strokes: string[]) => ({
  name: "of a test",
  width: [0.5, 0.5] as const,
  strokes,
});

Deno.test("writeAllograph() writes a line for each stroke, about 1 high, in small steps", () => {
  const [down, across] = writeAllograph(template("50,0 50,100", "0,50 100,50"), new Random(1));
  assertAlmostEquals(down.at(-1)![1] - down[0][1], 1, 0.2);
  assert(across.at(-1)![0] > across[0][0]);
  for (const line of [down, across]) {
    line.slice(1).forEach(([x, y], i) => assert(Math.hypot(x - line[i][0], y - line[i][1]) < 0.05));
  }
});

Deno.test("writeAllograph() moves points as far as the template says", () => {
  const heights = (stroke: string) =>
    Array.from({ length: 200 }, (_, seed) => {
      const [line] = writeAllograph(template(stroke), new Random(seed));
      return line.at(-1)![1] - line[0][1];
    });
  const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
  assert(spread(heights("50,0±40 50,100")) > 2 * spread(heights("50,0 50,100")));
});

Deno.test("writeAllograph() throws on what is neither point nor corner", () => {
  assertThrows(
    () => writeAllograph(template("10,20 30"), new Random(1)),
    SyntaxError,
    'Expected a point like 40±6,25 but found "30"',
  );
  assertThrows(
    () => writeAllograph(template("10,20"), new Random(1)),
    SyntaxError,
    'Expected a stroke of at least two points but found "10,20"',
  );
});
