import { assertEquals, assertThrows } from "@std/assert";
import { riskCoverage } from "../../../lib/workshop/charts/risk_coverage.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { valuesOf } from "../../plot/chart_inspection.ts";

function answers(...rights: boolean[]) {
  return rights.map((right, index) => ({
    index,
    actual: "4",
    predicted: right ? "4" : "9",
    confidence: 1 - index / 1000,
  }));
}

Deno.test("riskCoverage() sorts by confidence and counts the wrong ones", async () => {
  const spec = riskCoverage(answers(true, false, true, true).reverse());
  const [{ values }] = valuesOf(spec, "data") as [
    { values: { coverage: number; risk: number }[] },
  ];
  assertEquals(values.map(({ coverage, risk }) => [coverage, risk]), [
    [0.25, 0],
    [0.5, 0.5],
    [0.75, 1 / 3],
    [1, 0.25],
  ]);
  await renderSvg(spec);
});

Deno.test("riskCoverage() says so when there is no mistake", () => {
  assertEquals(riskCoverage(answers(true, true)).title, {
    text: "No mistake among the surest 100.0 %",
    subtitle: "All 2 answered: 0.00 % wrong",
  });
});

Deno.test("riskCoverage() thins out a long curve, and keeps its last point", () => {
  const spec = riskCoverage(answers(...new Array(1003).fill(true)));
  const [{ values }] = valuesOf(spec, "data") as [{ values: { coverage: number }[] }];
  assertEquals(values.length, 201);
  assertEquals(values.at(-1)!.coverage, 1);
});

Deno.test("riskCoverage() throws without answers", () => {
  const error = assertThrows(() => riskCoverage([]), RangeError);
  assertEquals(error.message, "Expected at least one answer but found none");
});
