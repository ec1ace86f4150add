/** The study of the best preset: two bases, several seeds and views, alone and together. */

import { loadMnist } from "../data/mnist.ts";
import type { BaseName } from "../model/architecture.ts";
import { averageProbabilities, evaluateProbabilities, VIEWS } from "../model/evaluation.ts";
import { PRESETS } from "../model/recipe.ts";
import { startTeam } from "../model/team.ts";
import { mean, table } from "./report.ts";
import { defineStudy, TRAINING_FLAGS } from "./study.ts";

/** The preset's base, and another one for networks that make other mistakes. */
const BASES: BaseName[] = [PRESETS.best.base, "cnn"];

/** Which pictures are looked at, and how. */
const LOOKS = (["validation", "test"] as const).flatMap((split) =>
  Object.values(VIEWS).map((views) => ({ split, views }))
);

/** Probabilities that a network gives to the pictures of each of {@linkcode LOOKS}. */
type Answers = Float32Array[];

export const best = defineStudy({
  name: "best",
  summary:
    "Trains with --preset best and two bases: one view and nine, networks alone and together.",
  minutes: 80,
  flags: TRAINING_FLAGS,
  async run({ seeds, limit, workers }, runs) {
    const data = await loadMnist({ limit });
    await using team = await startTeam({ workers });
    const ask = async (base: BaseName, seed: number) => {
      const options = { ...PRESETS.best, data, seed, base };
      const { network, card } = await runs.train(team, `${base}-${seed}`, options);
      const answers = await Array.fromAsync(
        LOOKS,
        ({ split, views }) =>
          averageProbabilities(team, [network], data[split].images, views, runs.observer),
      );
      network.dispose();
      return { answers, seconds: card.seconds! };
    };
    /** Right of the pictures in per cent, of each look. */
    const accuracies = (answers: Answers) =>
      answers.map((probabilities, i) => {
        const { labels } = data[LOOKS[i].split];
        return 100 * evaluateProbabilities(probabilities, labels, data.classes).accuracy;
      });
    const rows: string[][] = [];
    const row = (name: string, values: number[], decimals = 2) =>
      rows.push([name, ...values.map((value) => value.toFixed(decimals))]);
    const all: Answers[] = [];
    const minutes: string[] = [];
    for (const base of BASES) {
      const networks = await Array.fromAsync(seeds, (seed) => ask(base, seed));
      const members = networks.map(({ answers }) => answers);
      const alone = members.map(accuracies);
      alone.forEach((values, i) => row(`\`${base}\`, seed ${seeds[i]}`, values));
      row(
        `mean of the ${seeds.length}`,
        LOOKS.map((_, i) => mean(alone.map((values) => values[i]))),
        3,
      );
      row(`the ${seeds.length} together`, accuracies(together(members)));
      all.push(...members);
      const each = networks.map(({ seconds }) => (seconds / 60).toFixed(0)).join(", ");
      minutes.push(`\`${base}\` ${each} minutes`);
    }
    row(`all ${all.length} together`, accuracies(together(all)));
    const head = [
      "right in %",
      "validation, one view",
      "nine views",
      "test, one view",
      "nine views",
    ];
    return { text: `${table(head, rows)}\n\nTraining took: ${minutes.join("; ")}.` };
  },
});

/** The mean of what several networks say. */
function together(members: Answers[]): Answers {
  return members[0].map((probabilities, i) =>
    probabilities.map((_, k) => mean(members.map((answers) => answers[i][k])))
  );
}
