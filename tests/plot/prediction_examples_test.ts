import { assert, assertEquals, assertThrows } from "@std/assert";
import { predictionExamples } from "../../lib/plot/prediction_examples.ts";
import { marksOf, pngOf, textsOf, valuesOf } from "./chart_inspection.ts";

const pixels = Uint8Array.from({ length: 784 }, (_, i) => i % 256);

function example(actual: string, predicted: string, confidence: number) {
  return { pixels, actual, predicted, confidence };
}

const GROUP = ["point", "text", "rect", "image", "text", "text"];

Deno.test("predictionExamples() shows right answers above wrong ones", async () => {
  const spec = predictionExamples([
    example("4", "9", 0.514),
    example("7", "7", 0.99),
    example("2", "2", 1),
  ]);
  assertEquals(marksOf(spec), [...GROUP, ...GROUP]);
  assertEquals(await textsOf(spec), [
    "Right",
    ...["7", "2"],
    ...["99 % sure", "100 % sure"],
    "Wrong",
    "9, not 4",
    "51 % sure",
    "What the network read",
    "Predicted class and its probability",
  ]);
});

Deno.test("predictionExamples() marks right and wrong by sign and frame, not by colour alone", () => {
  const spec = predictionExamples([example("4", "9", 0.5), example("7", "7", 0.9)]);
  const marks = valuesOf(spec, "mark") as { type: string; shape?: string; strokeWidth?: number }[];
  const shapes = marks.filter(({ type }) => type === "point").map(({ shape }) => shape);
  const frames = marks.filter(({ type }) => type === "rect").map(({ strokeWidth }) => strokeWidth);
  assertEquals(new Set(shapes).size, 2);
  assertEquals(new Set(frames).size, 2);
});

Deno.test("predictionExamples() embeds every pixel of the picture, enlarged", () => {
  const [url] = valuesOf(predictionExamples([example("7", "7", 0.9)]), "url") as string[];
  const png = pngOf(url);
  assertEquals([png.width, png.height, png.channels], [224, 224, 1]);
  for (const [row, column] of [[0, 0], [3, 5], [27, 27]]) {
    for (const corner of [0, 7]) {
      const index = (8 * row + corner) * 224 + 8 * column + corner;
      assertEquals(png.data[index], pixels[28 * row + column]);
    }
  }
});

Deno.test("predictionExamples() says so when a group is empty", async () => {
  const onlyRight = await textsOf(predictionExamples([example("7", "7", 0.9)]));
  assert(onlyRight.includes("Right") && onlyRight.includes("Wrong: none"));
  const nothing = await textsOf(predictionExamples([]));
  assert(nothing.includes("Right: none") && nothing.includes("Wrong: none"));
});

Deno.test("predictionExamples() starts a second row after six pictures", () => {
  const spec = predictionExamples(Array.from({ length: 7 }, () => example("7", "7", 0.9)));
  const tiles = (valuesOf(spec, "values") as { x: number; y: number }[][])
    .find((values) => values.length === 7)!;
  assertEquals(tiles[6].x, tiles[0].x);
  assert(tiles[6].y > tiles[5].y);
  assertEquals(tiles[5].y, tiles[0].y);
});

Deno.test("predictionExamples() does not round to certainty", async () => {
  const texts = await textsOf(predictionExamples([example("7", "7", 0.9999)]));
  assert(texts.includes("> 99 % sure"));
});

Deno.test("predictionExamples() throws on a picture of another size", () => {
  const error = assertThrows(
    () => predictionExamples([{ ...example("7", "7", 0.9), pixels: new Uint8Array(783) }]),
    RangeError,
  );
  assertEquals(error.message, "Expected pixels to have 784 values but found 783");
});
