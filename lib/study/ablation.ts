/** The study of which step of augmentation helps: learning digits with each, without each, and without any. */

import type { Augmentation } from "../data/augment/augment.ts";
import { loadMnist } from "../data/mnist.ts";
import { LIGHT_AUGMENTATION } from "../model/recipe.ts";
import { compareAugmentations, comparisonFlags, summariseSeeds } from "./comparison.ts";
import { pairedDifference, table } from "./report.ts";
import { defineStudy, readCounts } from "./study.ts";

/** Steps that could be added to the light augmentation. */
export const FURTHER_STEPS: Augmentation = [
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
const ABLATIONS: Record<string, Augmentation> = {
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
const REFERENCE = "light";

export const ablation = defineStudy({
  name: "ablation",
  summary: "Fine-tunes a base with and without each step of augmentation, from few labels.",
  minutes: 5,
  flags: comparisonFlags("cnn-small", "100,1000"),
  async run({ seeds, limit, workers, base, labels }, runs) {
    const data = await loadMnist({ limit });
    const results = await compareAugmentations(data, {
      augmentations: ABLATIONS,
      labelsPerClass: readCounts(labels),
      seeds,
      base,
      workers,
      runs,
    });
    const { count } = data.validation;
    return {
      text: `${ablationTable(results, count)}\n\n` +
        `\`${base}\`, fine-tuned; right of ${count} validation pictures in per cent, ` +
        `mean ± standard deviation over seeds ${seeds.join(", ")}; then the difference ` +
        `from light ± its standard error, each picture compared with itself.`,
    };
  },
});

type RunResult = Awaited<ReturnType<typeof compareAugmentations>>[number];

/**
 * Lays out accuracies by augmentation (rows) and number of labels (columns).
 *
 * @param count Number of pictures tested on.
 */
function ablationTable(results: RunResult[], count: number): string {
  const counts = [...new Set(results.map(({ labelsPerClass }) => labelsPerClass))];
  const of = (way: string, labels: number) =>
    results.filter((result) => result.way === way && result.labelsPerClass === labels);
  /** Share of the seeds with which a picture is read wrong, of each picture. */
  const errorShares = (group: RunResult[]) => {
    const shares = new Array<number>(count).fill(0);
    for (const { wrong } of group) for (const index of wrong) shares[index] += 1 / group.length;
    return shares;
  };
  const head = counts.flatMap((count) => [`${count} labels of each digit`, "against light"]);
  const rows = Object.keys(ABLATIONS).map((way) => [
    way,
    ...counts.flatMap((labels) => {
      const [{ error, deviation }] = summariseSeeds(of(way, labels));
      const [reference, shares] = [REFERENCE, way].map((way) => errorShares(of(way, labels)));
      return [
        `${(100 - error).toFixed(2)} ± ${deviation.toFixed(2)}`,
        way === REFERENCE ? "" : pairedDifference(reference, shares),
      ];
    }),
  ]);
  return table(["augmentation", ...head], rows);
}
