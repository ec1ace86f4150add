import { assert, assertEquals } from "@std/assert";
import { pictureSheet } from "../../../lib/workshop/charts/picture_sheet.ts";
import { marksOf, pngOf, textsOf, valuesOf } from "../../plot/chart_inspection.ts";

const wide = { name: "wide", width: 20, height: 10, values: new Uint8Array(200).fill(90, 0, 20) };
const high = { name: "high", width: 3, height: 300, values: new Uint8Array(900) };

Deno.test("pictureSheet() shows every picture with its name, in rows", async () => {
  const spec = pictureSheet([wide, high, wide, wide, wide, wide], { title: "Steps", side: 100 });
  assertEquals(marksOf(spec), ["image", "text"]);
  const texts = await textsOf(spec);
  assertEquals(texts, ["wide", "high", "wide", "wide", "wide", "wide", "Steps"]);
  const [values] = valuesOf(spec, "values") as { x: number; y: number; size: string }[][];
  assertEquals(values.map(({ x, y }) => [x, y]), [
    ...[0, 116, 232, 348, 464].map((x) => [x, 0]),
    [0, 134],
  ]);
  assertEquals(values[1].size, "3 × 300");
});

Deno.test("pictureSheet() enlarges small pictures by whole pixels and keeps their shape", () => {
  const [values] = valuesOf(
    pictureSheet([wide, high], { title: "Steps", side: 90 }),
    "values",
  ) as { url: string }[][];
  const [first, second] = values.map(({ url }) => pngOf(url));
  assertEquals([first.width, first.height], [100, 50]);
  assertEquals([first.data[0], first.data[4 * 100 + 99], first.data[5 * 100]], [90, 90, 0]);
  assertEquals([second.width, second.height], [3, 300]);
  assert(second.data.every((value) => value === 0));
});
