/** The module of the workers with models: they read pictures, or explain answers. */

import { IMAGE_PIXELS } from "../image/size.ts";
import { type Classifier, loadModel, predict, type Prediction } from "../model/classifier.ts";
import { explain } from "./explain.ts";
import type { ReaderPool } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

type ReadingTask = Parameters<ReaderPool["readers"]["run"]>[0];
type ExplainingTask = Parameters<ReaderPool["explainer"]["run"]>[0];

serveTasks(async (folders: Record<string, string>) => {
  const models = new Map<string, Classifier>();
  for (const [name, folder] of Object.entries(folders)) {
    const model = await loadModel(folder);
    predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
    models.set(name, model);
  }
  return (tasks: (ReadingTask | ExplainingTask)[]) => {
    const reading = tasks.filter((task): task is ReadingTask => !("index" in task));
    const predictions = new Map<ReadingTask, Prediction>();
    // Pictures of one model go through it together.
    for (const [name, group] of Map.groupBy(reading, ({ model }) => model)) {
      const pictures = group.map(({ pixels }) => pixels);
      predict(models.get(name)!, pictures, { pixelRange: 1 })
        .forEach((prediction, i) => predictions.set(group[i], prediction));
    }
    return tasks.map((task) =>
      Promise.try(() =>
        "index" in task
          ? explain(models.get(task.model)!, task.pixels, task.index)
          : predictions.get(task)!
      )
    );
  };
});
