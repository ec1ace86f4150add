/** A worker for tests of the pool: adds one, or misbehaves. */

import { outcomeOf, serveTasks } from "../../lib/service/worker_pool.ts";

/** A number to add one to, or what to do instead. */
export type PoolTask = number | "batch" | "fail" | "die" | "hang";

serveTasks((setup: { fails?: boolean }) => {
  if (setup.fails) throw new Error("Expected to start but found no way");
  return (tasks: PoolTask[]) =>
    Promise.all(tasks.map((task) =>
      outcomeOf(() => {
        if (task === "batch") return tasks.length;
        if (task === "fail") throw new RangeError("Expected a number");
        if (task === "die") setTimeout(() => self.reportError(new Error("killed")));
        if (typeof task === "string") return new Promise<number>(() => {});
        return task + 1;
      })
    ));
});
