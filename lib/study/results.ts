/** The study of how well each way of learning digits does with all labels. */

import { loadMnist } from "../data/mnist.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier, type TrainOptions } from "../model/transfer.ts";
import { table } from "./report.ts";
import { mean, spread } from "./statistics.ts";
import { defineStudy, seedsUpTo, TRAINING_FLAGS } from "./study.ts";

/** The ways of learning by their names in the table. */
const WAYS: Record<string, Pick<TrainOptions, "base" | "fineTune" | "fromScratch">> = {
  "`cnn`, frozen (`--fine-tune 0`)": { base: "cnn", fineTune: 0 },
  "`cnn`, fine-tuned 3 epochs (default)": { base: "cnn", fineTune: 3 },
  "`cnn`, fine-tuned 5 epochs": { base: "cnn", fineTune: 5 },
  "`cnn`, from scratch, 5 epochs": { base: "cnn", fromScratch: true, fineTune: 0 },
};

export const results = defineStudy({
  name: "results",
  summary: "Trains with a frozen base, fine-tuned and from scratch: accuracy and time of each.",
  minutes: 15,
  flags: TRAINING_FLAGS,
  async run({ seeds: count, limit, workers }, runs) {
    const data = await loadMnist({ limit });
    const seeds = seedsUpTo(count);
    await using team = await startTeam({ workers });
    const rows: string[][] = [];
    for (const [way, options] of Object.entries(WAYS)) {
      const measured: { accuracy: number; seconds: number }[] = [];
      for (const seed of seeds) {
        const name = `${way.replaceAll("`", "")}, seed ${seed}`;
        measured.push(
          await runs.once(name, async () => {
            const started = performance.now();
            const { network, evaluation } = await trainClassifier(team, {
              data,
              seed,
              observer: runs.observer,
              ...options,
            });
            network.dispose();
            const seconds = (performance.now() - started) / 1000;
            return { accuracy: evaluation.accuracy, seconds };
          }),
        );
      }
      const accuracies = measured.map(({ accuracy }) => 100 * accuracy);
      rows.push([
        way,
        accuracies.map((accuracy) => accuracy.toFixed(2)).join(", "),
        `**${spread(accuracies)}**`,
        `${mean(measured.map(({ seconds }) => seconds)).toFixed(0)} s`,
      ]);
    }
    const accuracy = `test accuracy %, seeds ${seeds.join(", ")}`;
    const text = table(["way of learning", accuracy, "mean ± sd", "time a seed"], rows) +
      "\n\nOne standard error of a single accuracy near 99.4 % is 0.08 points.";
    return { text };
  },
});
