/** A worker for tests of the pool: adds one, or misbehaves. */

import { serveTasks } from "../../lib/service/worker_pool.ts";

/** A number to add one to, or what to do instead. */
export type PoolTask = number | "batch" | "fail" | "die" | "hang";

serveTasks((setup: { fails?: boolean }) => {
  if (setup.fails) throw new Error("Expected to start but found no way");
  return (tasks: PoolTask[]) =>
    tasks.map(async (task) => {
      if (task === "batch") return tasks.length;
      if (task === "fail") throw new RangeError("Expected a number");
      if (task === "die") setTimeout(() => self.reportError(new Error("killed")));
      if (typeof task === "string") return await new Promise<number>(() => {});
      return task + 1;
    });
});
