/** The module of the workers that hold the recogniser. */

import { IMAGE_PIXELS } from "../data/dataset.ts";
import { type DigitModel, loadModel, predictDigits, type Prediction } from "../model/classifier.ts";
import { explain, type Explanation } from "./explanation.ts";
import { type Outcome, outcomeOf, serveTasks } from "./worker_pool.ts";

/** Pixels to read, from no ink (0) to full ink (1), or an answer to explain: pixels 0–255; `[28, 28]`. */
export type DigitTask = Float32Array | { pixels: Uint8Array; digit: number };

/** A prediction for pixels to read, an explanation for an answer to explain. */
export type DigitResult = Prediction | Explanation;

serveTasks(async (directory: string) => {
  const model = await loadModel(directory);
  predictDigits(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
  return (tasks: DigitTask[]) => answer(model, tasks);
});

function answer(model: DigitModel, tasks: DigitTask[]): Promise<Outcome<DigitResult>[]> {
  const pictures = tasks.filter((task) => task instanceof Float32Array);
  const predictions = predictDigits(model, pictures, { pixelRange: 1 }).values();
  return Promise.all(
    tasks.map((task) =>
      outcomeOf<DigitResult>(() =>
        task instanceof Float32Array
          ? predictions.next().value!
          : explain(model, task.pixels, task.digit)
      )
    ),
  );
}
