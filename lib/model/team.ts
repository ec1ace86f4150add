/** The workers that train and compute, one for each core. */

import { chosenKernels, Team as TeamOf } from "../backend/mod.ts";
import type { jobs } from "./jobs.ts";

/** The workers that train and compute. */
export type Team = TeamOf<typeof jobs>;

/** How many workers. */
interface TeamOptions {
  /**
   * Number of workers.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
}

/** Starts the workers, with the kernels that were chosen here; close the team when done (`await using`). */
export async function startTeam({ workers }: TeamOptions = {}): Promise<Team> {
  const start = { job: "start", task: { kernels: chosenKernels() } } as const;
  const team = new TeamOf<typeof jobs>({
    module: new URL("./worker.ts", import.meta.url),
    size: workers,
    first: start,
  });
  await team.run("start", start.task);
  return team;
}
