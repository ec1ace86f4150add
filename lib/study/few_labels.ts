/** The study of what transfer is worth: learning digits from a handful of labels. */

import { loadMnist } from "../data/mnist.ts";
import { fewLabelsCurves } from "./charts/few_labels_curves.ts";
import { compareFewLabels, comparisonFlags, summariseSeeds } from "./comparison.ts";
import { table } from "./report.ts";
import { defineStudy, readCounts } from "./study.ts";

/** What is compared. */
const WAYS = ["letters, frozen", "letters, fine-tuned", "random, frozen", "from scratch"] as const;

export const fewLabels = defineStudy({
  name: "few-labels",
  summary:
    "Learns digits from 1 to 100 labels of each, from letters, from nothing and from scratch.",
  minutes: 10,
  flags: comparisonFlags("cnn", "1,5,10,50,100"),
  async run({ seeds, limit, workers, base, labels }, runs) {
    const full = await compareFewLabels(await loadMnist({ limit }), {
      ways: WAYS,
      labelsPerClass: readCounts(labels),
      seeds,
      base,
      workers,
      runs,
    });
    const summaries = summariseSeeds(full);
    const results = full.map(({ wrong: _, ...figures }) => figures);
    const rows = [...Map.groupBy(summaries, ({ labelsPerClass }) => labelsPerClass)]
      .map(([count, cells]) => [
        `${count}`,
        ...cells.map(({ error, deviation, seconds }) =>
          `${(100 - error).toFixed(2)} ± ${deviation.toFixed(2)} (${seconds.toFixed(0)} s)`
        ),
      ]);
    return {
      text: `${table(["labels of each digit", ...WAYS], rows)}\n\n` +
        `\`${base}\`; right of the test pictures in per cent, mean ± standard deviation over ` +
        `seeds ${seeds.join(", ")}, and seconds of learning on one worker.`,
      files: {
        few_labels: { json: { base, results, summaries }, chart: fewLabelsCurves(summaries) },
      },
    };
  },
});
