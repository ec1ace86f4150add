/** The workers of a notebook. */

import { startTeam as start, type Team } from "../model/team.ts";

let running: Team | undefined;

/**
 * Starts the workers of a notebook, one for each core, and ends those that an earlier run of the cell
 * has left: each would keep its memory. They end with the kernel.
 */
export async function startTeam(): Promise<Team> {
  running?.close();
  return running = await start();
}
