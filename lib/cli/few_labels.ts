/** `deno task few-labels`: what transfer is worth, the full table of notebook 6. */

import { join } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import { BASE_NAMES } from "../model/bases.ts";
import type { BaseName } from "../model/architecture.ts";
import {
  compareFewLabels,
  type FewLabelsSummary,
  summariseSeeds,
  WAYS,
} from "../study/few_labels.ts";
import { fewLabelsCurves } from "../study/charts/few_labels_curves.ts";
import { saveChart } from "../plot/render.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";

const LABELS_PER_CLASS = [1, 5, 10, 50, 100];
const SEEDS = [1, 2, 3];

await runCommand({
  name: "few-labels",
  summary:
    `Learns digits from ${LABELS_PER_CLASS.join(", ")} labels of each, by every way, with seeds ${
      SEEDS.join(", ")
    };\n` +
    "prints a table, and writes few_labels.json and a chart. Tests on all of MNIST's test pictures.",
  example: "deno task few-labels --base cnn-small",
  flags: {
    base: { type: "text", help: "network", value: "NAME", default: "cnn", choices: BASE_NAMES },
    labels: {
      type: "integer",
      help: "stop at N labels of each digit",
      default: LABELS_PER_CLASS.at(-1)!,
      least: 1,
    },
    limit: { type: "integer", help: "use at most the first N pictures", least: 2000 },
    out: { type: "text", help: "folder to write to", value: "DIR", default: "outputs" },
    workers: COMMON_FLAGS.workers,
  },
  async run({ base, labels, limit, out, workers }) {
    const results = await compareFewLabels(await loadMnist({ limit }), {
      ways: WAYS,
      labelsPerClass: LABELS_PER_CLASS.filter((count) => count <= labels),
      seeds: SEEDS,
      base: base as BaseName,
      workers,
      observer: showProgress(),
    });
    const summaries = summariseSeeds(results);
    await Deno.mkdir(out, { recursive: true });
    const json = JSON.stringify({ base, results, summaries }, null, 2);
    await writeFileAtomically(join(out, "few_labels.json"), `${json}\n`);
    await saveChart(fewLabelsCurves(summaries), join(out, "few_labels"));
    console.log(table(summaries));
  },
});

/** Accuracies by number of labels (rows) and way (columns), in Markdown. */
function table(summaries: FewLabelsSummary[]): string {
  const rows = Map.groupBy(summaries, ({ labelsPerClass }) => labelsPerClass);
  return [
    ["labels of each digit", ...WAYS],
    ["---", ...WAYS.map(() => "---")],
    ...[...rows].map(([count, cells]) => [
      `${count}`,
      ...cells.map(({ error, deviation, seconds }) =>
        `${(100 - error).toFixed(2)} ± ${deviation.toFixed(2)} (${seconds.toFixed(0)} s)`
      ),
    ]),
  ].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
