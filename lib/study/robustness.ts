/** The study of the robust preset: what corrupted pictures cost with it and with MNIST alone. */

import { CORRUPTION_NAMES, type CorruptionName } from "../data/augment/corruptions.ts";
import { loadMnist } from "../data/mnist.ts";
import type { ModelCard } from "../model/classifier.ts";
import { PRESETS } from "../model/recipe.ts";
import { measureRobustness, type Robustness } from "../model/robustness.ts";
import { startTeam } from "../model/team.ts";
import { corruptionBars } from "./charts/corruption_bars.ts";
import { table } from "./report.ts";
import { mean, spread } from "./statistics.ts";
import { defineStudy, seedsUpTo, TRAINING_FLAGS } from "./study.ts";

const COMPARED = ["mnist", "robust"] as const;

/** What a seed came to. */
interface Measured {
  card: ModelCard;
  robustness: Robustness;
}

export const robustness = defineStudy({
  name: "robustness",
  summary: "Trains with --preset mnist and robust: errors on the fifteen corruptions of MNIST-C.",
  minutes: 20,
  flags: TRAINING_FLAGS,
  async run({ seeds: count, limit, workers }, runs) {
    const data = await loadMnist({ limit });
    const { classes, test } = data;
    const { observer } = runs;
    const seeds = seedsUpTo(count);
    await using team = await startTeam({ workers });
    const columns: Measured[][] = [];
    for (const preset of COMPARED) {
      const column: Measured[] = [];
      for (const seed of seeds) {
        const options = { ...PRESETS[preset], data, seed };
        const { network, card } = await runs.train(team, `${preset}-${seed}`, options);
        const robustness = await measureRobustness(team, network, test, { classes, observer });
        network.dispose();
        column.push({ card, robustness });
      }
      columns.push(column);
    }
    const row = (name: string, figure: (measured: Measured) => number) => [
      name,
      ...columns.map((column) => spread(column.map((measured) => 100 * figure(measured)))),
    ];
    const head = [
      `mean ± sd, seeds ${seeds.join(", ")}, %`,
      ...COMPARED.map((name) => `\`--preset ${name}\``),
    ];
    const rows = [
      row("right on clean validation pictures", ({ card }) => card.metrics.validationAccuracy),
      row("wrong on clean test pictures", ({ robustness }) => robustness.cleanError),
      ...CORRUPTION_NAMES.map((name) =>
        row(`wrong by ${name}`, ({ robustness }) => robustness.errors[name])
      ),
      row("**mean of the fifteen**", ({ robustness }) => robustness.meanError),
      row("right on average", ({ robustness }) => 1 - robustness.meanError),
    ];
    const epochs = COMPARED.map((name) => PRESETS[name].fineTune).join(" and ");
    const chart = corruptionBars(Object.fromEntries(
      COMPARED.map((name, i) => [name, average(columns[i].map(({ robustness }) => robustness))]),
    ));
    return {
      text: `${table(head, rows)}\n\n${epochs} epochs of fine-tuning.`,
      files: { robustness: { chart } },
    };
  },
});

/** The mean of every figure. */
function average(measured: Robustness[]): Omit<Robustness, "count"> {
  return {
    cleanError: mean(measured.map(({ cleanError }) => cleanError)),
    errors: Object.fromEntries(
      CORRUPTION_NAMES.map((name) => [name, mean(measured.map(({ errors }) => errors[name]))]),
    ) as Record<CorruptionName, number>,
    meanError: mean(measured.map(({ meanError }) => meanError)),
  };
}
