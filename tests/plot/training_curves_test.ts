import { assert, assertEquals, assertThrows } from "@std/assert";
import type { EpochRecord } from "../../lib/observer.ts";
import { trainingCurves } from "../../lib/plot/training_curves.ts";
import { marksOf, textsOf, valuesOf } from "./chart_inspection.ts";

function epochs(stage: EpochRecord["stage"], validationErrors: number[]): EpochRecord[] {
  return validationErrors.map((error, index) => ({
    stage,
    epoch: index + 1,
    trainLoss: 3 * error,
    validationLoss: 4 * error,
    trainAccuracy: 1 - error / 2,
    validationAccuracy: 1 - error,
    learningRate: 1e-3,
    seconds: 2,
  }));
}

const CURVES = ["line", "circle", "point", "text", "text"];
const BOUNDARY = ["rule", "text", "text"];

Deno.test("trainingCurves() draws loss and error with two labelled curves each", async () => {
  const spec = trainingCurves(epochs("head", [0.03, 0.02, 0.01]));
  assertEquals(marksOf(spec), [...CURVES, ...CURVES]);
  const texts = await textsOf(spec);
  for (
    const expected of [
      "Validation error: 1.00 %",
      "head, epoch 3 (ringed)",
      "Loss (cross-entropy), log scale",
      "Error (% of pictures), log scale",
      "Epoch (head)",
    ]
  ) {
    assert(texts.includes(expected), expected);
  }
  assertEquals(texts.filter((text) => text === "training").length, 2);
  assertEquals(texts.filter((text) => text === "validation").length, 2);
});

Deno.test("trainingCurves() takes its values from the history", () => {
  const spec = trainingCurves(epochs("head", [0.03]));
  assertEquals(valuesOf(spec, "values").filter((values) => (values as unknown[]).length === 2)[0], [
    { position: 1, stage: 0, series: "training", value: 0.09 },
    { position: 1, stage: 0, series: "validation", value: 0.12 },
  ]);
});

Deno.test("trainingCurves() keeps errors below one per cent apart on a logarithmic axis", async () => {
  const texts = await textsOf(trainingCurves(epochs("head", [0.006, 0.004])));
  for (const tick of ["0.2", "0.5", "1"]) assert(texts.includes(tick), tick);
});

Deno.test("trainingCurves() separates two stages and counts epochs from 1 in each", async () => {
  const spec = trainingCurves([
    ...epochs("head", [0.03, 0.02, 0.01]),
    ...epochs("fine-tuning", [0.009, 0.005, 0.007]),
  ]);
  assertEquals(marksOf(spec), [...BOUNDARY, ...CURVES, ...BOUNDARY, ...CURVES]);
  const texts = await textsOf(spec);
  assert(texts.includes("head") && texts.includes("fine-tuning"));
  assert(texts.includes("fine-tuning, epoch 2 (ringed)"));
  assertEquals(texts.slice(0, 6), ["1", "2", "3", "1", "2", "3"]);
});

Deno.test("trainingCurves() shows every fifth epoch of a long history", async () => {
  const texts = await textsOf(
    trainingCurves(epochs("from-scratch", Array.from({ length: 40 }, (_, i) => 0.1 / (i + 1)))),
  );
  assertEquals(texts.slice(0, 9), ["1", "5", "10", "15", "20", "25", "30", "35", "40"]);
});

Deno.test("trainingCurves() uses a linear axis from 0 where an error is 0", async () => {
  const history = epochs("head", [0.2, 0.1]);
  history[1].trainAccuracy = 1;
  const texts = await textsOf(trainingCurves(history));
  assert(texts.includes("Error (% of pictures)"));
  assert(texts.includes("0"));
});

Deno.test("trainingCurves() leaves out values that are not finite", async () => {
  const history = epochs("head", [0.2, 0.1]).map((record) => ({
    ...record,
    validationLoss: NaN,
    validationAccuracy: NaN,
  }));
  history[1].trainLoss = Infinity;
  const spec = trainingCurves(history);
  const texts = await textsOf(spec);
  assert(texts.includes("Training without validation pictures"));
  assert(!texts.includes("validation"));
  for (const value of valuesOf(spec, "value")) {
    assert(typeof value !== "number" || Number.isFinite(value), String(value));
  }
});

Deno.test("trainingCurves() keeps both panels as long as the history", async () => {
  const history = epochs("head", [0.2, 0.1, 0.1]);
  history[2].trainLoss = history[2].validationLoss = NaN;
  const texts = await textsOf(trainingCurves(history));
  assertEquals(texts.filter((text) => text === "3").length, 2);
});

Deno.test("trainingCurves() draws a history without a single finite value", async () => {
  const [record] = epochs("head", [NaN]);
  const texts = await textsOf(trainingCurves([record]));
  assert(texts.includes("Epoch (head)"));
});

Deno.test("trainingCurves() throws on an empty history", () => {
  const error = assertThrows(() => trainingCurves([]), RangeError);
  assertEquals(error.message, "Expected history to have at least one epoch but found none");
});
