/** Measuring in turns, so that what disturbs a machine disturbs all alike. */

/** Something to measure. */
interface Contender {
  name: string;
  /** If there, it is so slow that it is measured in the first round only. */
  once?: unknown;
}

/** What came of it. */
export interface Turns<C extends Contender, Result> {
  contender: C;
  results: Result[];
  /** Why it is missing. */
  missing?: string;
}

/**
 * Measures contenders in turn, round after round. One that fails is missing, and the others go on.
 *
 * @param onTurn Told before every turn.
 */
export async function inTurns<C extends Contender, Result>(
  contenders: C[],
  rounds: number,
  measure: (contender: C) => Promise<Result>,
  onTurn: (contender: C, round: number) => void,
): Promise<Turns<C, Result>[]> {
  const turns = contenders.map((contender): Turns<C, Result> => ({ contender, results: [] }));
  for (let round = 1; round <= rounds; round++) {
    for (const turn of turns) {
      const { contender, results, missing } = turn;
      if (missing || (contender.once && round > 1)) continue;
      onTurn(contender, round);
      try {
        results.push(await measure(contender));
      } catch (error) {
        turn.missing = (error as Error).message;
      }
    }
  }
  return turns;
}
