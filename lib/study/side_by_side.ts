/** Trainings that have nothing to do with each other, as many at a time as there are workers. */

import { startTeam, type Team } from "../model/team.ts";

/**
 * Learns every run on a team of one worker, so that results do not depend on how many there are.
 *
 * @param runs What is learnt, those that take longest at the end: they are started first.
 * @param learn Learns one of them.
 * @param workers Runs at a time.
 * @param onDone Called when a run is done.
 * @returns What `learn` returned, in the order of `runs`.
 */
export async function learnSideBySide<Run, Result>(
  runs: readonly Run[],
  learn: (team: Team, run: Run) => Promise<Result>,
  workers: number,
  onDone: (run: Run, done: number) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...runs.keys()];
  const teams = await Promise.all(
    Array.from({ length: Math.min(workers, runs.length) }, () => startTeam({ workers: 1 })),
  );
  let done = 0;
  try {
    await Promise.all(teams.map(async (team) => {
      for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
        results[i] = await learn(team, runs[i]);
        onDone(runs[i], ++done);
      }
    }));
  } finally {
    for (const team of teams) team.close();
  }
  return results;
}
