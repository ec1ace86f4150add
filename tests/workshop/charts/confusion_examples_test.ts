import { assertEquals, assertThrows } from "@std/assert";
import { confusionExamples } from "../../../lib/workshop/charts/confusion_examples.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { textsOf } from "../../plot/chart_inspection.ts";

function mistakes(actual: string, predicted: string, count: number) {
  const pixels = new Uint8Array(784);
  return Array.from({ length: count }, (_, index) => ({
    index,
    actual,
    predicted,
    confidence: 0.9,
    pixels,
  }));
}

Deno.test("confusionExamples() first shows the cell with the most mistakes", async () => {
  const spec = confusionExamples([...mistakes("4", "9", 2), ...mistakes("9", "4", 3)], ["4", "9"]);
  const texts = await textsOf(spec);
  assertEquals(texts.filter((text) => text === "4, not 9").length, 3);
  assertEquals(texts.filter((text) => text === "9, not 4").length, 0);
});

Deno.test("confusionExamples() shows sixteen pictures at most", async () => {
  const svg = await renderSvg(confusionExamples(mistakes("4", "9", 40), ["4", "9"]));
  assertEquals(svg.match(/<image /g)?.length, 16);
});

Deno.test("confusionExamples() throws without mistakes", () => {
  const error = assertThrows(() => confusionExamples([], ["4", "9"]), RangeError);
  assertEquals(error.message, "Expected at least one mistake but found none");
});
