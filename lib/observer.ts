/** What training records, epoch by epoch, and how long-running work tells the outside what it is doing; nothing in `lib/` but `cli` prints. */

/** The kinds of training that the project does. */
export type Stage = "head" | "fine-tuning" | "from-scratch" | "pre-training";

/** What one epoch came to. */
export interface EpochRecord {
  stage: Stage;
  /** Counted from 1 in each stage. */
  epoch: number;
  /** Mean cross-entropy in nats over the epoch's batches; dropout and augmentation included, label smoothing not. */
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
 * Finds the epoch whose weights are kept: of the last stage, the one with the
 * most right on validation, and among equals the one with the smallest loss; or the last.
 *
 * @returns Its record; nothing if no epoch of the stage was validated.
 */
export function keptEpoch(
  history: readonly EpochRecord[],
  keeps: "best" | "last" = "best",
): EpochRecord | undefined {
  const validated = history.filter(({ stage, validationAccuracy }) =>
    stage === history.at(-1)!.stage && Number.isFinite(validationAccuracy)
  );
  if (keeps === "last") return validated.at(-1);
  return validated.sort((a, b) =>
    b.validationAccuracy - a.validationAccuracy || a.validationLoss - b.validationLoss
  )[0];
}

/** A piece of news. */
export type News =
  | {
    /** Work goes on: `done` of `total` items. */
    kind: "progress";
    what: string;
    done: number;
    total: number;
    /** Running figures to show beside, such as loss and accuracy. */
    figures?: Record<string, number>;
  }
  | {
    /** An epoch has ended. */
    kind: "epoch";
    record: EpochRecord;
  }
  | {
    /** Something that a person wants to know. */
    kind: "note";
    text: string;
  };

/** Thrown by an observer when it is told of an epoch: training ends, and the epochs that are done count. */
export class EnoughTraining extends Error {}

/** Receives news: a progress bar, a notebook's display, or nothing. */
export type Observer = (news: News) => void;
