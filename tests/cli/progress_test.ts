import { assertEquals } from "@std/assert";
import { showProgress } from "../../lib/cli/progress.ts";
import type { News } from "../../lib/observer.ts";

/** What an observer that is no terminal is shown. */
function linesOf(news: News[]): string[] {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    news.forEach(showProgress());
  } finally {
    console.error = error;
  }
  return lines;
}

const RECORD = {
  stage: "head",
  epoch: 3,
  trainLoss: 0.123456,
  trainAccuracy: 0.9,
  validationLoss: 0.1,
  validationAccuracy: 0.98765,
  learningRate: 1e-3,
  seconds: 12.34,
} as const;

Deno.test("showProgress() writes a line for the first ten of epochs that follow one another quickly", () => {
  const news = Array.from(
    { length: 300 },
    (_, i): News => ({ kind: "epoch", record: { ...RECORD, epoch: i + 1 } }),
  );
  assertEquals(linesOf(news).length, 10);
});

Deno.test("showProgress() writes plain lines for notes and epochs, and none for quick steps", () => {
  assertEquals(
    linesOf([
      { kind: "note", text: "Going on after epoch 2 of head" },
      { kind: "progress", what: "features", done: 1, total: 2, figures: { loss: 0.5 } },
      {
        kind: "epoch",
        record: RECORD,
      },
    ]),
    [
      "Going on after epoch 2 of head",
      "head, epoch 3: loss 0.1235, validation loss 0.1000, validation accuracy 98.77 %, 12.3 s",
    ],
  );
});
