import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Answer } from "../../../lib/model/evaluation.ts";
import { digitMap } from "../../../lib/workshop/charts/digit_map.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { marksOf, textsOf, valuesOf } from "../../plot/chart_inspection.ts";

const answers: Answer[] = [
  { index: 0, actual: "4", predicted: "4", confidence: 0.9 },
  { index: 1, actual: "7", predicted: "1", confidence: 0.6 },
  { index: 2, actual: "7", predicted: "7", confidence: 0.8 },
];
const places = [{ x: 0, y: 1 }, { x: 2, y: 3 }, { x: 4, y: 5 }];
const images = new Uint8Array(3 * 784);

Deno.test("digitMap() writes each digit at its place and rings the mistakes", async () => {
  const spec = digitMap({ places, answers, images }, "Features");
  assertEquals(marksOf(spec), ["text", "point"]);
  const texts = await textsOf(spec);
  assertEquals(texts.filter((text) => text === "7").length, 2);
  assert(texts.includes("3 pictures, 1 read wrong (ringed)"));
  const rings = (await renderSvg(spec)).match(/stroke-width="2"/g);
  assertEquals(rings?.length, 1);
});

Deno.test("digitMap() has the picture of every digit under the mouse", () => {
  const inked = images.slice().fill(255, 784, 2 * 784);
  const [values] = valuesOf(digitMap({ places, answers, images: inked }, "Features"), "values") as {
    url: string;
  }[][];
  assert(values.every(({ url }) => url.startsWith("data:image/png;base64,")));
  assertEquals(values[0].url, values[2].url);
  assert(values[0].url !== values[1].url);
});

Deno.test("digitMap() throws unless everything is there for every picture", () => {
  assertThrows(
    () => digitMap({ places: places.slice(1), answers, images }, "Features"),
    RangeError,
    "Expected a place and an answer for each of 3 pictures but found 2 and 3",
  );
});
