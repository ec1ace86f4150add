/** What cards say of every classifier. */

import type { Rejection } from "./calibration.ts";
import type { ModelCard } from "./classifier.ts";
import type { Evaluation } from "./evaluation.ts";
import { today, versions } from "./provenance.ts";

/** What a card says of every classifier. */
export type CommonCard = Omit<ModelCard, "base" | "mode" | "seed" | "seconds">;

/** What the card of a classifier says of it, however it was trained. */
export function describeClassifier(
  { classes, accuracy, count }: Evaluation,
  validation: Evaluation,
  calibration: Rejection,
): CommonCard {
  return {
    classes,
    input: {
      shape: [28, 28, 1],
      pixelRange: 255,
      ink: "white on black",
      placement: "as MNIST: fitted into 20 × 20 pixels, centre of mass in the middle of 28 × 28",
    },
    date: today(),
    versions: versions(),
    calibration,
    metrics: {
      testAccuracy: accuracy,
      testCount: count,
      validationAccuracy: validation.accuracy,
    },
  };
}
