import { assert, assertAlmostEquals } from "@std/assert";
import { reliabilityDiagram } from "../../../lib/workshop/charts/reliability_diagram.ts";
import { textsOf, valuesOf } from "../../plot/chart_inspection.ts";

Deno.test("reliabilityDiagram() leaves out empty bins", async () => {
  const bins = [
    { count: 0, confidence: 0, accuracy: 0 },
    { count: 1234, confidence: 0.9, accuracy: 0.8 },
  ];
  const texts = await textsOf(reliabilityDiagram(bins));
  assert(texts.includes("1,234"));
  assert(!texts.includes("0"));
  assert(texts.includes("Expected calibration error: 10.00 %"));
});

Deno.test("reliabilityDiagram() draws Wilson's interval, which stays within 0 and 1", () => {
  // 9 of 10 right: 0.596–0.982, as in tables of the interval.
  const spec = reliabilityDiagram([
    { count: 10, confidence: 0.9, accuracy: 0.9 },
    { count: 3, confidence: 1, accuracy: 1 },
  ]);
  const data = valuesOf(spec, "values").find((values) =>
    Array.isArray(values) && "low" in Object(values[0])
  ) as { low: number; high: number }[];
  assertAlmostEquals(data[0].low, 0.596, 1e-3);
  assertAlmostEquals(data[0].high, 0.982, 1e-3);
  assert(data[1].high <= 1);
});
