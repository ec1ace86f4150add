/** The module of the workers that read pictures. */

import { type Classifier, predict } from "../model/classifier.ts";
import { loadModels } from "./loaded_models.ts";
import type { ReadingTask } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

serveTasks(async (folders: Record<string, string>) => {
  const models = await loadModels(folders);
  return (tasks: ReadingTask[]) => read(models, tasks);
});

/** Reads pictures; those of one model go through it together. */
function read(models: Map<string, Classifier>, tasks: ReadingTask[]) {
  const predictions = new Map(
    models.entries().map(([name, model]) => {
      const pictures = tasks.filter((task) => task.model === name).map(({ pixels }) => pixels);
      return [name, predict(model, pictures, { pixelRange: 1 }).values()];
    }),
  );
  return tasks.map(({ model }) => Promise.try(() => predictions.get(model)!.next().value!));
}
