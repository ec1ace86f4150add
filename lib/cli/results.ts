/** `deno task results`: trains every way of learning with three seeds, and writes README's table of results. */

import { cpus, totalmem } from "node:os";
import { loadMnist } from "../data/mnist.ts";
import { today, versions } from "../model/provenance.ts";
import { startBackend } from "../backend/backend.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier, type TrainOptions } from "../model/transfer.ts";
import { deviation, mean } from "../study/statistics.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

const SEEDS = [1, 2, 3];

/** The ways of learning that README compares. */
const WAYS: { name: string; options: Pick<TrainOptions, "base" | "fineTune" | "fromScratch"> }[] = [
  { name: "`cnn`, frozen (`--fine-tune 0`)", options: { base: "cnn", fineTune: 0 } },
  { name: "`cnn`, fine-tuned 3 epochs (default)", options: { base: "cnn", fineTune: 3 } },
  { name: "`cnn`, fine-tuned 5 epochs", options: { base: "cnn", fineTune: 5 } },
  {
    name: "`cnn`, from scratch, 5 epochs",
    options: { base: "cnn", fromScratch: true, fineTune: 0 },
  },
];

await runCommand({
  name: "results",
  summary: `Trains every way of learning with seeds ${
    SEEDS.join(", ")
  } and writes the table of results into README.md.`,
  example: "deno task results",
  flags: { ...COMMON_FLAGS },
  async run({ workers, kernels }) {
    const observer = showProgress();
    const data = await loadMnist();
    await startBackend({ kernels });
    await using team = await startTeam({ workers });
    const rows: string[] = [];
    for (const { name, options } of WAYS) {
      const [accuracies, seconds]: number[][] = [[], []];
      for (const seed of SEEDS) {
        observer({ kind: "note", text: `${name}, seed ${seed}` });
        const started = performance.now();
        const { network, evaluation } = await trainClassifier(team, {
          data,
          seed,
          observer,
          ...options,
        });
        network.dispose();
        accuracies.push(100 * evaluation.accuracy);
        seconds.push((performance.now() - started) / 1000);
      }
      rows.push(
        `| ${name} | ${accuracies.map((accuracy) => accuracy.toFixed(2)).join(", ")} | **${
          mean(accuracies).toFixed(2)
        } ± ${deviation(accuracies).toFixed(2)}** | ${mean(seconds).toFixed(0)} s |`,
      );
      console.log(rows.at(-1));
    }
    const { deno, tfjs } = versions();
    const table = [
      `| way of learning | test accuracy %, seeds ${SEEDS.join(", ")} | mean ± sd | time a seed |`,
      "|---|---|---|---|",
      ...rows,
      "",
      `Made by \`deno task results\` on ${today()}: ${cpus()[0].model}, ${team.size} workers, ` +
      `${Math.round(totalmem() / 2 ** 30)} GB, Deno ${deno}, tfjs ${tfjs}. ` +
      `One standard error of a single accuracy near 99.4 % is 0.08 points.`,
    ].join("\n");
    await writeReadmeSection("results", table);
  },
});
