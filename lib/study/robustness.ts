/** The study of the robust preset: what corrupted pictures cost with it and with MNIST alone. */

import { CORRUPTION_NAMES, type CorruptionName } from "../data/augment/corruptions.ts";
import { loadMnist } from "../data/mnist.ts";
import { PRESETS } from "../model/recipe.ts";
import { measureRobustness, type Robustness } from "../model/robustness.ts";
import { startTeam } from "../model/team.ts";
import { corruptionBars } from "./charts/corruption_bars.ts";
import { mean, spread, table } from "./report.ts";
import { defineStudy, TRAINING_FLAGS } from "./study.ts";

const COMPARED = ["mnist", "robust"] as const;

export const robustness = defineStudy({
  name: "robustness",
  summary: "Trains with --preset mnist and robust: errors on the fifteen corruptions of MNIST-C.",
  minutes: 20,
  flags: TRAINING_FLAGS,
  async run({ seeds, limit, workers }, runs) {
    const data = await loadMnist({ limit });
    const { classes, test } = data;
    const { observer } = runs;
    await using team = await startTeam({ workers });
    const measure = async (preset: typeof COMPARED[number], seed: number) => {
      const options = { ...PRESETS[preset], data, seed };
      const { network, card } = await runs.train(team, `${preset}-${seed}`, options);
      const robustness = await measureRobustness(team, network, test, { classes, observer });
      network.dispose();
      return { card, robustness };
    };
    const columns = await Array.fromAsync(
      COMPARED,
      (preset) => Array.fromAsync(seeds, (seed) => measure(preset, seed)),
    );
    const row = (name: string, figure: (measured: typeof columns[number][number]) => number) => [
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
