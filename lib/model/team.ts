/** The workers that train and compute, one for each core. */

import { chosenKernels, Team as TeamOf } from "../backend/mod.ts";
import type { jobs } from "./jobs.ts";

/** The workers that train and compute. */
export type Team = TeamOf<typeof jobs>;

/**
 * Starts the workers, with the kernels that were chosen here; close the team when done (`await using`).
 *
 * @param options.workers How many; one for each core if not told otherwise.
 */
export async function startTeam({ workers }: { workers?: number } = {}): Promise<Team> {
  const start = { job: "start", task: { kernels: chosenKernels() } } as const;
  const team = new TeamOf<typeof jobs>({
    module: new URL("./worker.ts", import.meta.url),
    size: workers,
    first: start,
  });
  await team.run("start", start.task);
  return team;
}
