/** `deno task robustness`: the standard and the robust preset on the corruptions of MNIST-C, with three seeds; README's table of it, and a chart. */

import { join } from "@std/path";
import { cpus } from "node:os";
import { CORRUPTION_NAMES, type CorruptionName } from "../data/augment/corruptions.ts";
import { isDirectory } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import { today, versions } from "../model/provenance.ts";
import { loadModel, type ModelCard } from "../model/classifier.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { PRESETS } from "../model/recipe.ts";
import { measureRobustness, type Robustness } from "../model/robustness.ts";
import { startBackend } from "../backend/backend.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier } from "../model/transfer.ts";
import { corruptionBars } from "../study/charts/corruption_bars.ts";
import { saveChart } from "../plot/render.ts";
import { deviation, mean } from "../study/statistics.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

const SEEDS = [1, 2, 3];

const COMPARED = ["standard", "robust"] as const;

/** What a seed came to. */
interface Run {
  card: ModelCard;
  robustness: Robustness;
}

await runCommand({
  name: "robustness",
  summary: `Trains with --preset ${COMPARED.join(" and ")} and seeds ${SEEDS.join(", ")}, ` +
    "measures the errors on the fifteen\n" +
    "corruptions of MNIST-C; writes the table into README.md and a chart into the folder. Goes on where it stopped.",
  example: "deno task robustness",
  flags: {
    out: {
      type: "text",
      help: "folder for the networks",
      value: "DIR",
      default: "outputs/robustness",
    },
    ...COMMON_FLAGS,
  },
  async run({ out, workers, kernels }) {
    const observer = showProgress();
    const data = await loadMnist();
    await startBackend({ kernels });
    await using team = await startTeam({ workers });
    const runs = COMPARED.map((preset) =>
      SEEDS.map((seed) => ({ preset, seed, folder: join(out, `${preset}-${seed}`) }))
    );
    for (const { preset, seed, folder } of runs.flat()) {
      if (await isDirectory(folder)) continue;
      observer({ kind: "note", text: `${preset}, seed ${seed}` });
      const { network, card } = await trainClassifier(team, {
        data,
        seed,
        ...PRESETS[preset],
        checkpoint: `${folder}.safetensors`,
        resume: true,
        observer,
      });
      await saveNetwork(folder, network, card);
      network.dispose();
    }
    const measured: Run[][] = [];
    for (const seeds of runs) {
      const column: Run[] = [];
      for (const { folder } of seeds) {
        const { network, card } = await loadModel(folder);
        const robustness = await measureRobustness(team, network, data.test, {
          classes: data.classes,
          observer,
        });
        network.dispose();
        column.push({ card, robustness });
      }
      measured.push(column);
    }
    const row = (name: string, figure: (run: Run) => number) => {
      const cells = measured.map((column) => {
        const figures = column.map((run) => 100 * figure(run));
        return `${mean(figures).toFixed(2)} ± ${deviation(figures).toFixed(2)}`;
      });
      return `| ${[name, ...cells].join(" | ")} |`;
    };
    const { deno, tfjs } = versions();
    await writeReadmeSection(
      "robustness",
      [
        `| mean ± sd, seeds ${SEEDS.join(", ")}, % | ${
          COMPARED.map((name) => `\`--preset ${name}\``).join(" | ")
        } |`,
        "|---|--:|--:|",
        row("right on clean validation pictures", ({ card }) => card.metrics.validationAccuracy),
        row("wrong on clean test pictures", ({ robustness }) => robustness.cleanError),
        ...CORRUPTION_NAMES.map((name) =>
          row(`wrong by ${name}`, ({ robustness }) => robustness.errors[name])
        ),
        row("**mean of the fifteen**", ({ robustness }) => robustness.meanError),
        row("right on average", ({ robustness }) => 1 - robustness.meanError),
        "",
        `Made by \`deno task robustness\` on ${today()}: ${
          cpus()[0].model
        }, ${team.size} workers, ` +
        `Deno ${deno}, tfjs ${tfjs}; ${
          COMPARED.map((name) => PRESETS[name].fineTune).join(" and ")
        } epochs of fine-tuning.`,
      ].join("\n"),
    );
    await saveChart(
      corruptionBars(Object.fromEntries(COMPARED.map((name, i) => [
        name,
        average(measured[i].map(({ robustness }) => robustness)),
      ]))),
      join(out, "robustness"),
    );
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
