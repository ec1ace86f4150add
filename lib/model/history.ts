/** What training records, epoch by epoch. */

import type { EpochRecord } from "../observer.ts";

/**
 * Finds the epoch whose weights are kept: of the last stage, the one with the
 * most right on validation, and among equals the one with the smallest loss; or the last.
 *
 * @returns Its record; nothing if no epoch of the stage was validated.
 */
export function keptEpoch(
  history: readonly EpochRecord[],
  keeps: "best" | "last" = "best",
): EpochRecord | undefined {
  return history
    .filter(({ stage, validationAccuracy }) =>
      stage === history.at(-1)!.stage && Number.isFinite(validationAccuracy)
    )
    .reduce((best: EpochRecord | undefined, record) => {
      if (!best || keeps === "last") return record;
      const gain = record.validationAccuracy - best.validationAccuracy;
      return gain > 0 || gain === 0 && record.validationLoss < best.validationLoss ? record : best;
    }, undefined);
}
