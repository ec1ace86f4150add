/** The study of the shipped bases: size, speed, and how digits are learnt from each. */

import { fromFileUrl } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import type { Splits } from "../data/dataset.ts";
import { loadMnist } from "../data/mnist.ts";
import { addHead, BASE_NAMES, type BaseName } from "../model/architecture.ts";
import { loadBase } from "../model/bases.ts";
import { computeOutputs, evaluate } from "../model/evaluation.ts";
import { LIGHT_AUGMENTATION, RECIPES } from "../model/recipe.ts";
import { startTeam, type Team } from "../model/team.ts";
import { fineTune, trainClassifier, type TrainOptions } from "../model/transfer.ts";
import { compareFewLabels } from "./comparison.ts";
import { median, spread, table } from "./report.ts";
import { defineStudy, TRAINING_FLAGS } from "./study.ts";

/** Times that the test pictures are run through a base to see how long that takes. */
const REPEATS = 5;

const FINE_TUNING = RECIPES["fine-tuning"];

export const bases = defineStudy({
  name: "bases",
  summary: "Measures every shipped base: its size, its speed, and how digits are learnt from it.",
  minutes: 25,
  flags: {
    ...TRAINING_FLAGS,
    labels: { type: "integer", help: "labels of each digit, if few", default: 10, least: 1 },
  },
  async run({ seeds, limit, workers, labels }, runs) {
    await startBackend();
    const data = await loadMnist({ limit });
    const { observer } = runs;
    const rows: string[][] = [];
    await using alone = await startTeam({ workers: 1 });
    await using team = await startTeam({ workers });
    for (const base of BASE_NAMES) {
      observer({ kind: "note", text: base });
      const { card, ...measured } = await measure(alone, base, data);
      const few = await compareFewLabels(data, {
        ways: ["letters, frozen"],
        labelsPerClass: [labels],
        seeds,
        base,
        workers,
        runs,
      });
      const learnt = await Array.fromAsync(seeds, (seed) => {
        const options = { data, base, seed, fineTune: 0, observer };
        return runs.once(`${base}, all, seed ${seed}`, () => learnAll(team, options));
      });
      rows.push([
        `\`${base}\``,
        measured.parameters.toLocaleString("en").replaceAll(",", " "),
        `${(measured.bytes / 1000).toFixed(0)} KB`,
        measured.microseconds.toFixed(0),
        `${(100 * card.unseenFontAccuracy).toFixed(1)} %`,
        spread(few.map(({ accuracy }) => 100 * accuracy)),
        spread(learnt.map(({ frozen }) => 100 * frozen)),
        spread(learnt.map(({ tuned }) => 100 * tuned)),
      ]);
    }
    const head = [
      "base",
      "parameters",
      "file",
      "µs a picture, one core",
      "letters in unseen fonts",
      `${labels} labels a digit, frozen`,
      "all labels, frozen",
      `fine-tuned ${FINE_TUNING.epochs} epochs`,
    ];
    const text = table(head, rows) +
      `\n\nTest accuracy in %, mean ± standard deviation over seeds ${seeds.join(", ")}.`;
    return { text };
  },
});

/** Accuracies on the test pictures with a frozen base, and fine-tuned from there. */
async function learnAll(team: Team, options: TrainOptions) {
  const { data, seed, observer } = options;
  const { network, evaluation: { accuracy: frozen } } = await trainClassifier(team, options);
  await fineTune(team, network, data, {
    augmentation: LIGHT_AUGMENTATION,
    recipe: FINE_TUNING,
    seed,
    observer,
  });
  const { accuracy: tuned } = await evaluate(team, network, data.test, data.classes, observer);
  network.dispose();
  return { frozen, tuned };
}

/** What a base is before anything is learnt from it; `alone` is a team of one. */
async function measure(alone: Team, base: BaseName, { test, classes }: Splits) {
  const { network, card } = await loadBase(base);
  const parameters = network.countParams();
  const file = new URL(`../../data/bases/${base}/weights.bin`, import.meta.url);
  const { size: bytes } = await Deno.stat(fromFileUrl(file));
  const whole = addHead(network, { classes: classes.length, seed: 1 });
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const started = performance.now();
    await computeOutputs(alone, whole, test.images, "probabilities");
    times.push(1000 * (performance.now() - started) / test.count);
  }
  whole.dispose();
  return { card, parameters, bytes, microseconds: median(times) };
}
