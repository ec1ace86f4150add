import { assert, assertEquals } from "@std/assert";
import type { EpochRecord } from "../../../lib/observer.ts";
import { comparisonCurves } from "../../../lib/workshop/charts/comparison_curves.ts";
import { textsOf } from "../../plot/chart_inspection.ts";

function history(...validationAccuracies: number[]): EpochRecord[] {
  return validationAccuracies.map((validationAccuracy, i) => ({
    stage: "head",
    epoch: i + 1,
    trainLoss: 1,
    validationLoss: 1,
    trainAccuracy: 0.9,
    validationAccuracy,
    learningRate: 1e-3,
    seconds: 1,
  }));
}

Deno.test("comparisonCurves() names every run once, at the end of its curve", async () => {
  const texts = await textsOf(
    comparisonCurves({ frozen: history(0.9, 0.95, 0.97), "from scratch": history(0.5, 0.8) }),
  );
  assertEquals(texts.filter((text) => text === "frozen").length, 1);
  assertEquals(texts.filter((text) => text === "from scratch").length, 1);
  assert(texts.includes("Lowest: frozen"));
});

Deno.test("comparisonCurves() leaves out an error of 0, which a logarithmic axis cannot show", async () => {
  const texts = await textsOf(comparisonCurves({ frozen: history(0.9, 1) }));
  assert(texts.every((text) => !/NaN|Infinity/.test(text)));
});
