/** The module of the worker that explains answers. */

import { explain } from "./explain.ts";
import { loadModels } from "./loaded_models.ts";
import type { ReaderPool } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

serveTasks(async (folders: Record<string, string>) => {
  const models = await loadModels(folders);
  return (tasks: Parameters<ReaderPool["explain"]>[0][]) =>
    tasks.map(({ model, pixels, index }) =>
      Promise.try(() => explain(models.get(model)!, pixels, index))
    );
});
