/** `deno task ablation`: which step of augmentation helps; writes README's table of it. */

import { cpus } from "node:os";
import { loadMnist } from "../data/mnist.ts";
import { ABLATIONS, type AblationSummary, compareAugmentations } from "../study/ablation.ts";
import type { BaseName } from "../model/architecture.ts";
import { BASE_NAMES } from "../model/bases.ts";
import { today, versions } from "../model/provenance.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

const SEEDS = [1, 2, 3];

/** How many labels of each digit are learnt from. */
const LABELS_PER_CLASS = [100, 1000];

await runCommand({
  name: "ablation",
  summary:
    `Fine-tunes a base without augmentation, with the light one, without each of its parts and with
each further step, from ${LABELS_PER_CLASS.join(" and ")} labels of each digit, with seeds ${
      SEEDS.join(", ")
    };
writes the table of validation accuracies into README.md.`,
  example: "deno task ablation",
  flags: {
    base: {
      type: "text",
      help: "network",
      value: "NAME",
      default: "cnn-small",
      choices: BASE_NAMES,
    },
    workers: COMMON_FLAGS.workers,
  },
  async run({ base, workers }) {
    const started = performance.now();
    const data = await loadMnist();
    const { deno, tfjs } = versions();
    const summaries = await compareAugmentations(data, {
      base: base as BaseName,
      labelsPerClass: LABELS_PER_CLASS,
      seeds: SEEDS,
      workers,
      observer: showProgress(),
    });
    const minutes = (performance.now() - started) / 60_000;
    const text = [
      ...table(summaries),
      "",
      `\`${base}\`, fine-tuned; right of ${data.validation.count} validation pictures in per cent, ` +
      `mean ± standard deviation over seeds ${SEEDS.join(", ")}; then the difference from light ` +
      `± its standard error, each picture compared with itself. Made by \`deno task ablation\` ` +
      `on ${today()} in ${minutes.toFixed(0)} minutes: ${cpus()[0].model}, ${workers} workers, ` +
      `Deno ${deno}, tfjs ${tfjs}.`,
    ].join("\n");
    console.log(text);
    await writeReadmeSection("ablation", text);
  },
});

/** Accuracies by augmentation (rows) and number of labels (columns), in Markdown. */
function table(summaries: AblationSummary[]): string[] {
  const columns = Map.groupBy(summaries, ({ labelsPerClass }) => labelsPerClass);
  const names = [...columns.keys()].map((count) => `${count} labels of each digit`);
  return [
    `| augmentation | ${names.map((name) => `${name} | against light`).join(" | ")} |`,
    `|---|${names.map(() => "--:|--:").join("|")}|`,
    ...Object.keys(ABLATIONS).map((augmentation) => {
      const cells = [...columns.values()].flatMap((column) => {
        const summary = column.find((one) => one.augmentation === augmentation)!;
        const { accuracy, deviation, gain, gainError } = summary;
        const difference = `${signed(gain)} ± ${gainError.toFixed(2)}`;
        return [
          `${accuracy.toFixed(2)} ± ${deviation.toFixed(2)}`,
          augmentation === "light" ? "" : difference,
        ];
      });
      return `| ${augmentation} | ${cells.join(" | ")} |`;
    }),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}
