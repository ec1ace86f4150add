/** Which step of augmentation helps: learning digits with each, without each, and without any. */

import { startBackend } from "../backend/backend.ts";
import type { Team } from "../model/team.ts";
import type { Augmentation, AugmentationStep } from "../data/augment/augment.ts";
import { type Dataset, join, type Splits } from "../data/dataset.ts";
import type { Observer } from "../observer.ts";
import { deviation, mean } from "./statistics.ts";
import { addHead, type BaseName } from "../model/architecture.ts";
import { loadBase } from "../model/bases.ts";
import { evaluate } from "../model/evaluation.ts";
import { pickLabelled } from "./few_labels.ts";
import { LIGHT_AUGMENTATION, RECIPES } from "../model/recipe.ts";
import { learnSideBySide } from "./side_by_side.ts";
import { trainStage } from "../model/training.ts";
import { freeze } from "../model/transfer.ts";

/** Steps that could be added to the light augmentation. */
export const FURTHER_STEPS: AugmentationStep[] = [
  { kind: "hand", share: 0.5 },
  { kind: "stroke-width", growth: 0.8, share: 0.5 },
  { kind: "erasing", area: 0.2, share: 0.5 },
  { kind: "lines", count: 2, share: 0.5 },
  { kind: "filter", strength: 1, share: 0.5 },
  { kind: "blur", deviation: 1, share: 0.5 },
  { kind: "noise", deviation: 0.2, share: 0.5 },
  { kind: "paper", shade: 0.3, grain: 0.05, ruled: 0.3, contrast: 0.6, share: 0.5 },
];

/** The augmentations that are compared: none, the light one, it without each part, it with each further step. */
export const ABLATIONS: Record<string, Augmentation> = {
  "none": [],
  "light": LIGHT_AUGMENTATION,
  ...Object.fromEntries(
    LIGHT_AUGMENTATION.map((part) => [
      `light without ${part.kind}`,
      LIGHT_AUGMENTATION.filter((step) => step !== part),
    ]),
  ),
  ...Object.fromEntries(
    FURTHER_STEPS.map((step) => [`light and ${step.kind}`, [...LIGHT_AUGMENTATION, step]]),
  ),
};

/** The others are measured against this one. */
const REFERENCE: keyof typeof ABLATIONS = "light";

/** What is compared. */
export interface AblationOptions {
  base: BaseName;
  /** Training pictures of each digit whose label is known, in rising order. */
  labelsPerClass: readonly number[];
  seeds: readonly number[];
  /**
   * Number of workers.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
  observer?: Observer;
}

/** What learning with an augmentation came to. */
export interface AblationSummary {
  /** Key of {@linkcode ABLATIONS}. */
  augmentation: string;
  labelsPerClass: number;
  /** Right of the validation pictures in per cent, mean over the seeds. */
  accuracy: number;
  /** Standard deviation of that over the seeds, in percentage points. */
  deviation: number;
  /** By how much it is better than light, in percentage points. */
  gain: number;
  /** Standard error of the gain, over pictures, each compared with itself. */
  gainError: number;
}

/** One training of a comparison. */
export interface AblationRun {
  /** Key of {@linkcode ABLATIONS}. */
  augmentation: string;
  labelsPerClass: number;
  seed: number;
}

/** Fewest pictures, counted as often as they are seen, that an epoch goes through: few are seen many times. */
const LEAST_PER_EPOCH = 9000;

/**
 * Fine-tunes a base with every augmentation, every number of labels and every seed, and sees which
 * validation pictures are read wrong. As in {@linkcode trainStage} the best epoch on validation counts.
 * Test pictures are not touched.
 *
 * @returns By number of labels, then in the order of {@linkcode ABLATIONS}.
 */
export async function compareAugmentations(
  data: Pick<Splits, "train" | "validation" | "classes">,
  { base, labelsPerClass, seeds, workers, observer }: AblationOptions,
): Promise<AblationSummary[]> {
  await startBackend();
  const runs: AblationRun[] = labelsPerClass.flatMap((labelsPerClass) =>
    Object.keys(ABLATIONS).flatMap((augmentation) =>
      seeds.map((seed) => ({ augmentation, labelsPerClass, seed }))
    )
  );
  const wrong = await learnSideBySide(runs, (team, run) => learn(team, data, base, run), {
    workers,
    onDone: ({ augmentation, labelsPerClass, seed }, done) => {
      const what = `${augmentation}, ${labelsPerClass} a digit, seed ${seed}`;
      observer?.({ kind: "progress", what, done, total: runs.length });
    },
  });
  const outcomes = runs.map((run, i) => ({ ...run, wrong: wrong[i] }));
  return summariseAblation(outcomes, data.validation.count);
}

/** @returns Indices of the validation pictures that are read wrong. */
async function learn(
  team: Team,
  { train, validation, classes }: Pick<Splits, "train" | "validation" | "classes">,
  base: BaseName,
  { augmentation, labelsPerClass, seed }: AblationRun,
): Promise<number[]> {
  const labelled = pickLabelled(train, labelsPerClass, seed);
  const times = Math.ceil(Math.min(LEAST_PER_EPOCH, train.count) / labelled.count);
  const pictures = join(...Array<Dataset>(times).fill(labelled));
  const network = addHead((await loadBase(base)).network, { classes: classes.length, seed });
  freeze(network, false);
  await trainStage(team, network, {
    stage: "fine-tuning",
    source: { kind: "images", ...pictures, augmentation: ABLATIONS[augmentation], classes },
    validation: { inputs: validation.images, labels: validation.labels },
    recipe: RECIPES["fine-tuning"],
    seed,
  });
  const { mistakes } = await evaluate(team, network, validation, classes);
  network.dispose();
  return mistakes.map(({ index }) => index);
}

/**
 * Takes the seeds of each augmentation and number of labels together.
 *
 * @param outcomes Indices of the pictures that were read wrong, of every run.
 * @param count Number of pictures.
 *
 * @example Two pictures of four instead of one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const run = { labelsPerClass: 10, seed: 1 };
 * const [, { accuracy, gain }] = summariseAblation([
 *   { ...run, augmentation: "light", wrong: [2] },
 *   { ...run, augmentation: "none", wrong: [0, 2] },
 * ], 4);
 * assertEquals([accuracy, gain], [50, -25]);
 * ```
 */
export function summariseAblation(
  outcomes: (AblationRun & { wrong: number[] })[],
  count: number,
): AblationSummary[] {
  const groups = Map.groupBy(
    outcomes,
    ({ augmentation, labelsPerClass }) => `${labelsPerClass} ${augmentation}`,
  );
  /** Share of the seeds with which a picture is read wrong, of each picture. */
  const errorsOf = (group: { wrong: number[] }[]) => {
    const errors = new Array<number>(count).fill(0);
    for (const { wrong } of group) for (const index of wrong) errors[index] += 1 / group.length;
    return errors;
  };
  return [...groups.values()].map((group) => {
    const { augmentation, labelsPerClass } = group[0];
    const accuracies = group.map(({ wrong }) => 100 * (1 - wrong.length / count));
    const errors = errorsOf(group);
    const gains = errorsOf(groups.get(`${labelsPerClass} ${REFERENCE}`)!)
      .map((error, i) => 100 * (error - errors[i]));
    return {
      augmentation,
      labelsPerClass,
      accuracy: mean(accuracies),
      deviation: deviation(accuracies),
      gain: mean(gains),
      gainError: deviation(gains) / Math.sqrt(count),
    };
  });
}
