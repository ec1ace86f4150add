/** What training records, epoch by epoch. */

/** The kinds of training that the project does. */
export type Stage = "head" | "fine-tuning" | "from-scratch" | "pre-training";

/** What one epoch came to. */
export interface EpochRecord {
  stage: Stage;
  /** Counted from 1 in each stage. */
  epoch: number;
  /** Mean cross-entropy in nats over the epoch's batches, dropout and augmentation included. */
  trainLoss: number;
  /** Share of the epoch's pictures that was right, 0–1, dropout and augmentation included. */
  trainAccuracy: number;
  /** Mean cross-entropy in nats on the validation pictures. */
  validationLoss: number;
  /** Share of the validation pictures that was right, 0–1. */
  validationAccuracy: number;
  /** Learning rate of the head at the epoch's last step. */
  learningRate: number;
  /** How long the epoch took, validation included. */
  seconds: number;
}

/**
 * Which epoch's weights a stage leaves: the best on validation, or the last. Where the learning rate
 * has come down in the end and there are many epochs, the best is the luckiest.
 */
export type Keeps = "best" | "last";

/**
 * Finds the epoch whose weights are kept: of the last stage, the one with the
 * most right on validation, and among equals the one with the smallest loss; or the last.
 *
 * @returns Its record; nothing if no epoch of the stage was validated.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const record = { trainLoss: 1, trainAccuracy: 0.9, learningRate: 1e-3, seconds: 1 };
 * const history: EpochRecord[] = [
 *   { ...record, stage: "head", epoch: 1, validationLoss: 0.1, validationAccuracy: 0.98 },
 *   { ...record, stage: "head", epoch: 2, validationLoss: 0.2, validationAccuracy: 0.98 },
 * ];
 * assertEquals(keptEpoch(history)?.epoch, 1);
 * assertEquals(keptEpoch(history, "last")?.epoch, 2);
 * ```
 */
export function keptEpoch(
  history: readonly EpochRecord[],
  keeps: Keeps = "best",
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
