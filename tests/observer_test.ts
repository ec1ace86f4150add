import { assertEquals } from "@std/assert";
import { type EpochRecord, keptEpoch } from "../lib/observer.ts";

function record(epoch: number, figures: Partial<EpochRecord>): EpochRecord {
  return {
    stage: "head",
    epoch,
    trainLoss: 1,
    trainAccuracy: 0.5,
    validationLoss: 1,
    validationAccuracy: 0.5,
    learningRate: 1e-3,
    seconds: 1,
    ...figures,
  };
}

Deno.test("keptEpoch() finds the most right on validation, whatever the loss", () => {
  const history = [
    record(1, { validationAccuracy: 0.8, validationLoss: 0.1 }),
    record(2, { validationAccuracy: 0.9, validationLoss: 0.5 }),
    record(3, { validationAccuracy: 0.7, validationLoss: 0.05 }),
  ];
  assertEquals(keptEpoch(history), history[1]);
});

Deno.test("keptEpoch() decides ties by the loss, then by the earlier epoch", () => {
  const losses = [0.4, 0.2, 0.3, 0.2];
  const history = losses.map((validationLoss, i) => record(i + 1, { validationLoss }));
  assertEquals(keptEpoch(history)?.epoch, 2);
});

Deno.test("keptEpoch() is the last one, if the last is asked for", () => {
  const history = [record(1, { validationAccuracy: 0.9 }), record(2, { validationAccuracy: 0.8 })];
  assertEquals(keptEpoch(history, "last"), history[1]);
});

Deno.test("keptEpoch() looks at the last stage only", () => {
  const history = [
    record(1, { validationAccuracy: 0.99 }),
    record(1, { stage: "fine-tuning", validationAccuracy: 0.9 }),
    record(2, { stage: "fine-tuning", validationAccuracy: 0.8 }),
  ];
  assertEquals(keptEpoch(history), history[1]);
});

Deno.test("keptEpoch() is nothing without an epoch that was validated", () => {
  assertEquals(keptEpoch([]), undefined);
  assertEquals(keptEpoch([record(1, { validationAccuracy: NaN })]), undefined);
});
