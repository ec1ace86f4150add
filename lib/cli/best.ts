/** `deno task best`: `train --preset best` with three seeds, one view and nine, alone and together; README's table of it. */

import { join } from "@std/path";
import { cpus } from "node:os";
import { isDirectory } from "../data/files.ts";
import { loadMnist } from "../data/mnist.ts";
import { NINE_VIEWS, ONE_VIEW } from "../data/placement.ts";
import { today, versions } from "../model/bases.ts";
import { loadModel } from "../model/classifier.ts";
import { evaluateProbabilities } from "../model/evaluation.ts";
import { saveNetwork } from "../model/files.ts";
import { PRESETS } from "../model/recipe.ts";
import { startTeam } from "../model/training.ts";
import { trainClassifier } from "../model/transfer.ts";
import { averageProbabilities } from "../model/views.ts";
import { mean } from "../statistics.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

const SEEDS = [1, 2, 3];

const VIEWS = { "one view": ONE_VIEW, "nine views": NINE_VIEWS };

await runCommand({
  name: "best",
  summary:
    `Trains with --preset best and seeds ${
      SEEDS.join(", ")
    }, looks at every picture once and nine times, with each\n` +
    "network and with all three together, and writes the table into README.md. Goes on where it stopped.",
  example: "deno task best",
  flags: {
    out: { type: "text", help: "folder for the networks", value: "DIR", default: "outputs/best" },
    ...COMMON_FLAGS,
  },
  async run({ out, workers, kernels }) {
    const observer = showProgress();
    const data = await loadMnist();
    await using team = await startTeam({ workers, kernels });
    for (const seed of SEEDS) {
      const folder = join(out, `seed-${seed}`);
      if (await isDirectory(folder)) continue;
      observer({ kind: "note", text: `Seed ${seed}` });
      const { network, card } = await trainClassifier(team, {
        data,
        seed,
        kernels,
        ...PRESETS.best,
        checkpoint: join(out, `seed-${seed}.safetensors`),
        resume: true,
        observer,
      });
      await saveNetwork(folder, network, card);
      network.dispose();
    }
    const models = [];
    for (const seed of SEEDS) models.push(await loadModel(join(out, `seed-${seed}`)));
    const networks = models.map(({ network }) => network);
    const rows: string[] = [];
    for (const [name, views] of Object.entries(VIEWS)) {
      for (const split of ["validation", "test"] as const) {
        const { images, labels } = data[split];
        const measure = async (members: typeof networks) => {
          const average = await averageProbabilities(team, members, images, views, observer);
          return 100 * evaluateProbabilities(average, labels, data.classes).accuracy;
        };
        const alone: number[] = [];
        for (const network of networks) alone.push(await measure([network]));
        const together = await measure(networks);
        const list = alone.map((accuracy) => accuracy.toFixed(2)).join(", ");
        rows.push(
          `| ${name} | ${split} | ${list} | **${mean(alone).toFixed(3)}** | ${
            together.toFixed(2)
          } |`,
        );
        console.log(rows.at(-1));
      }
    }
    const minutes = models.map(({ card }) => (card.seconds! / 60).toFixed(0)).join(", ");
    const { deno, tfjs } = versions();
    await writeReadmeSection(
      "best",
      [
        `| each picture | accuracy % on | seeds ${SEEDS.join(", ")} | mean | the three together |`,
        "|---|---|---|---|---|",
        ...rows,
        "",
        `Made by \`deno task best\` on ${today()}: ${cpus()[0].model}, ${team.size} workers, ` +
        `Deno ${deno}, tfjs ${tfjs}; ${minutes} minutes for the three seeds.`,
      ].join("\n"),
    );
  },
});
