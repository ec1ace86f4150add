/** `deno task make letter-models`: the models of letters that are shipped in data/models. */

import { join } from "@std/path";
import { startBackend } from "../../backend/mod.ts";
import { loadCharacters } from "../../data/characters.ts";
import { FLAGS } from "../../flags.ts";
import { confusedPairs } from "../../model/evaluation.ts";
import { saveNetwork } from "../../model/saved_network.ts";
import { PRESETS } from "../../model/recipe.ts";
import { startTeam } from "../../model/team.ts";
import { trainClassifier, type TrainResult } from "../../model/transfer.ts";
import { provenance, table, writeSection } from "../../study/report.ts";
import { defineCommand } from "../command_line.ts";
import { showProgress } from "../progress.ts";

/** What is shipped. */
const CLASS_SETS = ["letters", "alphanumeric"] as const;

/** Pairs of classes that the table names. */
const PAIRS = 6;

export const letterModels = defineCommand({
  name: "make letter-models",
  summary:
    "Trains the models of letters, and of letters and digits, that predict, serve and page use\n" +
    "before you have trained one; on what deno task make letters has drawn, or on EMNIST.",
  example: "deno task make letter-models --epochs 1 --limit 1000 --out outputs/models",
  flags: {
    only: { type: "text", help: "train this one", value: "NAME", choices: CLASS_SETS },
    epochs: { type: "integer", help: "epochs of fine-tuning", default: 4, least: 1, most: 1000 },
    seed: FLAGS.seed,
    limit: FLAGS.limit,
    data: FLAGS.data,
    out: { ...FLAGS.out, help: "folder for the models", default: "data/models" },
    readme: { type: "switch", help: "write the table of results into outputs/README.md too" },
    workers: FLAGS.workers,
    kernels: FLAGS.kernels,
  },
  async run({ only, epochs, seed, limit, data: directory, out, readme, workers, kernels }) {
    const observer = showProgress();
    await startBackend({ kernels });
    await using team = await startTeam({ workers });
    const rows: string[][] = [];
    for (const classSet of only ? [only] : CLASS_SETS) {
      const started = performance.now();
      const data = await loadCharacters(classSet, { directory, limit });
      const result = await trainClassifier(team, {
        data,
        ...PRESETS.best,
        fineTune: epochs,
        seed,
        observer,
      });
      await saveNetwork(join(out, classSet), result.network, result.card, "uint8");
      result.network.dispose();
      const row = describe(classSet, result, (performance.now() - started) / 1000);
      console.log(row.join(", "));
      rows.push(row);
    }
    if (!readme) return;
    const head = [
      "`--classes`",
      "classes",
      "validation",
      "test",
      "most often taken for each other",
      "time",
    ];
    const made = provenance(`make letter-models --epochs ${epochs} --seed ${seed}`, { workers });
    await writeSection(
      "letters",
      `${table(head, rows)}\n\nIn brackets: the share of both classes' pictures. ${made}`,
    );
  },
});

/** A row of the table. */
function describe(
  classSet: string,
  { card, evaluation }: TrainResult,
  seconds: number,
): string[] {
  const percent = (share: number, decimals: number) => `${(100 * share).toFixed(decimals)} %`;
  const pairs = confusedPairs(evaluation, PAIRS)
    .map(({ pair, rate }) => `${pair.join(" and ")} (${percent(rate, 1)})`);
  return [
    `\`${classSet}\``,
    `${card.classes.length}`,
    percent(card.metrics.validationAccuracy, 2),
    percent(evaluation.accuracy, 2),
    pairs.join(", "),
    `${seconds.toFixed(0)} s`,
  ];
}
