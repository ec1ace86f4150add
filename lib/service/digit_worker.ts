/** The module of the workers that hold the recognisers. */

import { IMAGE_PIXELS } from "../image/size.ts";
import { type Classifier, loadModel, predict, type Prediction } from "../model/classifier.ts";
import { explain, type Explanation } from "./explain.ts";
import { type Outcome, outcomeOf, serveTasks } from "./worker_pool.ts";

/**
 * A question to a model: pixels to read, from no ink (0) to full ink (1), or an answer to explain,
 * the index of a class for pixels 0–255; `[28, 28]`.
 */
export type DigitTask =
  & { model: string }
  & ({ read: Float32Array } | { explain: Uint8Array; digit: number });

/** A prediction for pixels to read, an explanation for an answer to explain. */
export type DigitResult = Prediction | Explanation;

serveTasks(async (folders: Record<string, string>) => {
  const models = new Map<string, Classifier>();
  for (const [name, folder] of Object.entries(folders)) {
    const model = await loadModel(folder);
    predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
    models.set(name, model);
  }
  return (tasks: DigitTask[]) => answer(models, tasks);
});

/** Answers tasks; the pictures that one model is to read go through it together. */
function answer(
  models: Map<string, Classifier>,
  tasks: DigitTask[],
): Promise<Outcome<DigitResult>[]> {
  const predictions = new Map(
    models.entries().map(([name, model]) => {
      const pictures = tasks.flatMap((task) =>
        "read" in task && task.model === name ? [task.read] : []
      );
      return [name, predict(model, pictures, { pixelRange: 1 }).values()];
    }),
  );
  return Promise.all(
    tasks.map((task) =>
      outcomeOf<DigitResult>(() =>
        "read" in task
          ? predictions.get(task.model)!.next().value!
          : explain(models.get(task.model)!, task.explain, task.digit)
      )
    ),
  );
}
