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
 * Tells whether `record` is a better epoch than `best`: more right on validation,
 * or as many with a smaller loss.
 */
export function isBetter(record: EpochRecord, best: EpochRecord | undefined): boolean {
  if (!best) return true;
  const gain = record.validationAccuracy - best.validationAccuracy;
  return gain > 0 || gain === 0 && record.validationLoss < best.validationLoss;
}
