import { assertEquals } from "@std/assert";
import { readingSteps } from "../../lib/plot/reading_steps.ts";
import { pngOf, textsOf, valuesOf } from "./chart_inspection.ts";

const digit = {
  pixels: new Uint8Array(784).fill(100),
  importance: new Float32Array(784).fill(1, 0, 1),
  answer: "7 (99 % sure, then 1)",
};

function step(width: number, height: number) {
  return { name: `${width} × ${height}`, width, height, values: new Uint8Array(width * height) };
}

Deno.test("readingSteps() puts four pictures into a row as high as its highest and its label", async () => {
  const steps = [step(448, 112), step(2, 1), step(28, 28), step(112, 56), step(1, 1000)];
  const spec = readingSteps(steps, [digit]);
  const [tiles] = valuesOf(spec, "values") as [Record<"x" | "y" | "width" | "height", number>[]];
  assertEquals(tiles.map(({ x, y, width, height }) => [x, y, width, height]), [
    [0, 0, 224, 56],
    [240, 0, 224, 112],
    [480, 0, 224, 224],
    [720, 0, 224, 112],
    [0, 267, 1, 224],
    [240, 267, 224, 224],
  ]);
  assertEquals((await textsOf(spec)).slice(0, 2), ["448 × 112", "2 × 1"]);
  assertEquals((valuesOf(spec, "label") as string[][])[5], ["7 (99 % sure,", "then 1)"]);
});

Deno.test("readingSteps() lays orange over the ink that counts", () => {
  const [url] = valuesOf(readingSteps([], [digit]), "url") as string[];
  const { channels, data } = pngOf(url);
  assertEquals([channels, ...data.slice(0, 3)], [3, 115, 51, 0]);
  assertEquals([...data.slice(3 * 8, 3 * 9)], [100, 100, 100]);
});

Deno.test("readingSteps() shows the first twelve digits", () => {
  assertEquals(valuesOf(readingSteps([], new Array(15).fill(digit)), "url").length, 12 + 1);
});
