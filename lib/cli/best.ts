/** `deno task best`: `train --preset best` with two bases and three seeds, alone and together; README's table of it. */

import { join } from "@std/path";
import { cpus } from "node:os";
import { isDirectory } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import type { BaseName } from "../model/architecture.ts";
import { today, versions } from "../model/provenance.ts";
import { loadModel } from "../model/classifier.ts";
import { evaluateProbabilities } from "../model/evaluation.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { PRESETS } from "../model/recipe.ts";
import { startBackend } from "../backend/backend.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier } from "../model/transfer.ts";
import { averageProbabilities, NINE_VIEWS, ONE_VIEW } from "../model/views.ts";
import { mean } from "../study/statistics.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

/** The preset's base, and another one for networks that make other mistakes. */
const BASES: BaseName[] = [PRESETS.best.base, "cnn"];

const SEEDS = [1, 2, 3];

const SPLITS = ["validation", "test"] as const;

const VIEWS = [ONE_VIEW, NINE_VIEWS];

/** What a network says of the pictures of each split, seen in each way. */
type Answers = Float32Array[];

await runCommand({
  name: "best",
  summary:
    `Trains with --preset best, bases ${BASES.join(" and ")} and seeds ${
      SEEDS.join(", ")
    }, looks at\n` +
    "every picture once and nine times, with each network and with several together, and writes the table\n" +
    "into README.md. Goes on where it stopped.",
  example: "deno task best",
  flags: {
    out: { type: "text", help: "folder for the networks", value: "DIR", default: "outputs/best" },
    ...COMMON_FLAGS,
  },
  async run({ out, workers, kernels }) {
    const observer = showProgress();
    const data = await loadMnist();
    await startBackend({ kernels });
    await using team = await startTeam({ workers });

    const train = async (base: BaseName, seed: number) => {
      const folder = join(out, `${base}-${seed}`);
      if (await isDirectory(folder)) return;
      observer({ kind: "note", text: `${base}, seed ${seed}` });
      const { network, card } = await trainClassifier(team, {
        data,
        seed,
        ...PRESETS.best,
        base,
        checkpoint: `${folder}.safetensors`,
        resume: true,
        observer,
      });
      await saveNetwork(folder, network, card);
      network.dispose();
    };
    const ask = async (base: BaseName, seed: number) => {
      const { network, card } = await loadModel(join(out, `${base}-${seed}`));
      const answers: Answers = [];
      for (const split of SPLITS) {
        for (const views of VIEWS) {
          const { images } = data[split];
          answers.push(await averageProbabilities(team, [network], images, views, observer));
        }
      }
      network.dispose();
      return { answers, seconds: card.seconds! };
    };
    /** Right of the pictures in per cent, of each split and way of seeing. */
    const accuracies = (answers: Answers) =>
      answers.map((probabilities, i) => {
        const { labels } = data[SPLITS[Math.floor(i / VIEWS.length)]];
        return 100 * evaluateProbabilities(probabilities, labels, data.classes).accuracy;
      });

    const rows: string[] = [];
    const row = (name: string, values: number[], decimals = 2) => {
      rows.push(`| ${[name, ...values.map((value) => value.toFixed(decimals))].join(" | ")} |`);
      console.log(rows.at(-1));
    };
    const all: Answers[] = [];
    const minutes: string[] = [];
    for (const base of BASES) {
      for (const seed of SEEDS) await train(base, seed);
      const networks = [];
      for (const seed of SEEDS) networks.push(await ask(base, seed));
      const members = networks.map(({ answers }) => answers);
      const alone = members.map(accuracies);
      alone.forEach((values, i) => row(`\`${base}\`, seed ${SEEDS[i]}`, values));
      row("mean of the three", alone[0].map((_, i) => mean(alone.map((values) => values[i]))), 3);
      row("the three together", accuracies(together(members)));
      all.push(...members);
      const each = networks.map(({ seconds }) => (seconds / 60).toFixed(0)).join(", ");
      minutes.push(`${each} minutes for the three of \`${base}\``);
    }
    row(`all ${all.length} together`, accuracies(together(all)));
    const { deno, tfjs } = versions();
    await writeReadmeSection(
      "best",
      [
        "| right in % | validation, one view | nine views | test, one view | nine views |",
        "|---|--:|--:|--:|--:|",
        ...rows,
        "",
        `Made by \`deno task best\` on ${today()}: ${cpus()[0].model}, ${team.size} workers, ` +
        `Deno ${deno}, tfjs ${tfjs}; ${minutes.join(", ")}.`,
      ].join("\n"),
    );
  },
});

/** The mean of what several networks say. */
function together(members: Answers[]): Answers {
  return members[0].map((probabilities, i) =>
    probabilities.map((_, k) => mean(members.map((answers) => answers[i][k])))
  );
}
