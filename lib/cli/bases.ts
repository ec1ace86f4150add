/** `deno task bases`: measures every shipped base, and writes README's table of them. */

import { cpus } from "node:os";
import { fromFileUrl } from "@std/path";
import { startBackend } from "../backend/backend.ts";
import { loadMnist } from "../data/mnist.ts";
import { shareMemory } from "../backend/shared_memory.ts";
import { addHead } from "../model/architecture.ts";
import { BASE_NAMES, loadBase } from "../model/bases.ts";
import { today, versions } from "../model/provenance.ts";
import { evaluate } from "../model/evaluation.ts";
import { compareFewLabels } from "../study/few_labels.ts";
import { LIGHT_AUGMENTATION, RECIPES } from "../model/recipe.ts";
import { computeOutputs } from "../model/inference.ts";
import { startTeam } from "../model/team.ts";
import { trainStage } from "../model/training.ts";
import { freeze, trainClassifier } from "../model/transfer.ts";
import { deviation, mean, median } from "../study/statistics.ts";
import { COMMON_FLAGS, runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";
import { writeReadmeSection } from "./readme.ts";

const SEEDS = [1, 2, 3];

const LABELS_PER_CLASS = 10;

/** Times that the test pictures are run through a base to see how long that takes. */
const REPEATS = 5;

const FINE_TUNING = RECIPES["fine-tuning"].epochs;

await runCommand({
  name: "bases",
  summary:
    "Measures every shipped base: its size, its speed, how it reads letters, and how digits are learnt\n" +
    `from it with seeds ${SEEDS.join(", ")}; writes the table into README.md.`,
  example: "deno task bases",
  flags: { ...COMMON_FLAGS },
  async run({ workers, kernels }) {
    const observer = showProgress();
    const data = await loadMnist();
    await startBackend({ kernels });
    const rows: string[] = [];
    for (const base of BASE_NAMES) {
      observer({ kind: "note", text: base });
      const { network, card } = await loadBase(base);
      const parameters = network.countParams();
      const { size } = await Deno.stat(
        fromFileUrl(new URL(`../../data/bases/${base}/weights.bin`, import.meta.url)),
      );
      const whole = addHead(network, { classes: data.classes.length, seed: 1 });
      const times: number[] = [];
      {
        await using alone = await startTeam({ workers: 1 });
        for (let repeat = 0; repeat < REPEATS; repeat++) {
          const started = performance.now();
          await computeOutputs(alone, whole, data.test.images, "probabilities");
          times.push(1000 * (performance.now() - started) / data.test.count);
        }
      }
      whole.dispose();
      const [frozen, tuned]: number[][] = [[], []];
      const learnt = await compareFewLabels(data, {
        ways: ["letters, frozen"],
        labelsPerClass: [LABELS_PER_CLASS],
        seeds: SEEDS,
        base,
        workers,
        observer,
      });
      const few = learnt.map(({ accuracy }) => 100 * accuracy);
      await using team = await startTeam({ workers });
      for (const seed of SEEDS) {
        const { network, evaluation } = await trainClassifier(team, {
          data,
          base,
          seed,
          fineTune: 0,
          observer,
        });
        frozen.push(100 * evaluation.accuracy);
        // As trainClassifier goes on where it is to fine-tune.
        freeze(network, false);
        await trainStage(team, network, {
          stage: "fine-tuning",
          source: {
            kind: "images",
            images: shareMemory(data.train.images),
            labels: shareMemory(data.train.labels),
            augmentation: LIGHT_AUGMENTATION,
          },
          validation: { inputs: data.validation.images, labels: data.validation.labels },
          recipe: RECIPES["fine-tuning"],
          seed,
          observer,
        });
        const { accuracy } = await evaluate(team, network, data.test, data.classes, observer);
        tuned.push(100 * accuracy);
        network.dispose();
      }
      const cells = [
        `\`${base}\``,
        parameters.toLocaleString("en").replaceAll(",", " "),
        `${(size / 1000).toFixed(0)} KB`,
        median(times).toFixed(0),
        `${(100 * card.unseenFontAccuracy).toFixed(1)} %`,
        ...[few, frozen, tuned].map((values) =>
          `${mean(values).toFixed(2)} ± ${deviation(values).toFixed(2)}`
        ),
      ];
      rows.push(`| ${cells.join(" | ")} |`);
      console.log(rows.at(-1));
    }
    const { deno, tfjs } = versions();
    await writeReadmeSection(
      "bases",
      [
        "| base | parameters | file | µs a picture, one core | letters in unseen fonts | " +
        `${LABELS_PER_CLASS} labels a digit, frozen | all labels, frozen | fine-tuned ${FINE_TUNING} epochs |`,
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        ...rows,
        "",
        `Test accuracy in %, mean ± standard deviation over seeds ${
          SEEDS.join(", ")
        }. Made by \`deno task bases\` on ${today()}: ${cpus()[0].model}, ${
          workers ?? navigator.hardwareConcurrency
        } workers, Deno ${deno}, tfjs ${tfjs}.`,
      ].join("\n"),
    );
  },
});
