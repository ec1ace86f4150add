/** The module of the workers that hold the models. */

import { IMAGE_PIXELS } from "../image/size.ts";
import { type Classifier, loadModel, predict } from "../model/classifier.ts";
import { explain } from "./explain.ts";
import type { ReadingTask } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

serveTasks(async (folders: Record<string, string>) => {
  const models = new Map<string, Classifier>();
  for (const [name, folder] of Object.entries(folders)) {
    const model = await loadModel(folder);
    predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
    models.set(name, model);
  }
  return (tasks: ReadingTask[]) => answer(models, tasks);
});

/** Answers tasks; the pictures that one model is to read go through it together. */
function answer(models: Map<string, Classifier>, tasks: ReadingTask[]) {
  const predictions = new Map(
    models.entries().map(([name, model]) => {
      const pictures = tasks.flatMap((task) =>
        "read" in task && task.model === name ? [task.read] : []
      );
      return [name, predict(model, pictures, { pixelRange: 1 }).values()];
    }),
  );
  return tasks.map((task) =>
    Promise.try(() =>
      "read" in task
        ? predictions.get(task.model)!.next().value!
        : explain(models.get(task.model)!, task.explain, task.index)
    )
  );
}
