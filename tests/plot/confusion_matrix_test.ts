import { assert, assertEquals, assertThrows } from "@std/assert";
import { confusionMatrix } from "../../lib/plot/confusion_matrix.ts";
import { renderSvg } from "../../lib/plot/render.ts";
import { marksOf, textsOf, valuesOf } from "./chart_inspection.ts";

Deno.test("confusionMatrix() draws cells, counts and recall", async () => {
  const spec = confusionMatrix([[990, 8, 2], [0, 500, 0], [1, 0, 999]], ["4", "7", "9"]);
  assertEquals(marksOf(spec), ["rect", "text", "rect", "text", "text", "text"]);
  assertEquals(await textsOf(spec), [
    ...["8", "2", "1"], // mistakes
    ...["990", "500", "999"],
    "Recall",
    ...["99.0 %", "100.0 %", "99.9 %"],
    "2,489 of 2,500 right (99.56 %)",
    "Most frequent mistake: 4 read as 7 (8 of 1,000)",
    ...["4", "7", "9"], // columns
    "Predicted class",
    ...["4", "7", "9"], // rows
    "Actual class",
  ]);
});

Deno.test("confusionMatrix() colours mistakes and right answers on scales of their own", () => {
  const spec = confusionMatrix([[960, 40], [1, 999]], ["a", "b"]);
  const domains = valuesOf(spec, "scale")
    .filter((scale) => (scale as { type?: string }).type === "sqrt")
    .map((scale) => (scale as { domain: number[] }).domain);
  assertEquals(domains, [[0, 0.04], [0, 1]]);
});

Deno.test("confusionMatrix() switches the colour of the count on dark cells", async () => {
  const svg = await renderSvg(confusionMatrix([[100, 0], [70, 30]], ["a", "b"]));
  const fillOf = (count: string) =>
    svg.match(new RegExp(`fill="(#\\w+)"[^>]*>${count}</text>`))?.[1];
  assertEquals(fillOf("100"), "#FFFFFF");
  assertEquals(fillOf("70"), "#FFFFFF");
  assertEquals(fillOf("30"), "#1F2933");
});

Deno.test("confusionMatrix() has no recall for a class without pictures", async () => {
  const texts = await textsOf(confusionMatrix([[5, 0], [0, 0]], ["a", "b"]));
  assert(texts.includes("–"));
  assert(texts.includes("No mistakes"));
  assert(texts.every((text) => !text.includes("NaN")));
});

Deno.test("confusionMatrix() draws a matrix without pictures", async () => {
  const texts = await textsOf(confusionMatrix([[0, 0], [0, 0]], ["a", "b"]));
  assert(texts.includes("No pictures"));
});

Deno.test("confusionMatrix() keeps 37 classes on a page", async () => {
  const classes = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"];
  const spec = confusionMatrix(
    classes.map((_, i) => classes.map((_, j) => i === j ? 1000 : 0)),
    classes,
  );
  const texts = await textsOf(spec);
  for (const name of classes) assertEquals(texts.filter((text) => text === name).length, 2, name);
  assertEquals(texts.filter((text) => text === "1000").length, 37);
  const [width] = valuesOf(spec, "width") as number[];
  assert(width <= 700, `${width}`);
});

Deno.test("confusionMatrix() throws when rows or columns do not match the classes", () => {
  for (const confusion of [[[1, 0], [0, 1]], [[1, 0, 0], [0, 1, 0], [0, 1]]]) {
    const error = assertThrows(() => confusionMatrix(confusion, ["a", "b", "c"]), RangeError);
    assertEquals(error.message, "Expected confusion to have 3 rows and columns but found 2");
  }
});
