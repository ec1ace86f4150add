/** The studies of learning digits from all labels: ways of learning, bases, as well as possible, corruptions. */

import { fromFileUrl } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import { CORRUPTION_NAMES } from "../data/augment/corruptions.ts";
import type { Splits } from "../data/dataset.ts";
import { loadMnist } from "../data/mnist.ts";
import { addHead, BASE_NAMES, type BaseName } from "../model/architecture.ts";
import { loadBase } from "../model/bases.ts";
import {
  averageProbabilities,
  computeOutputs,
  evaluate,
  evaluateProbabilities,
  VIEWS,
} from "../model/evaluation.ts";
import { AUGMENTATIONS, PRESETS, recipeFor } from "../model/recipe.ts";
import { measureRobustness } from "../model/robustness.ts";
import { startTeam, type Team } from "../model/team.ts";
import { fineTune, trainClassifier, type TrainOptions } from "../model/transfer.ts";
import { corruptionBars } from "./charts/corruption_bars.ts";
import { compareFewLabels } from "./comparison.ts";
import { combine, mean, median, spread, table } from "./report.ts";
import { defineStudy, TRAINING_FLAGS } from "./study.ts";

const { standard, mnist } = PRESETS;

/** The ways of learning by their names in the table; of the first it is said too what is rejected. */
const WAYS: Record<string, Omit<TrainOptions, "data" | "seed">> = {
  "fine-tuned (default)": standard,
  "frozen (`--fine-tune 0`)": { ...standard, fineTune: 0 },
  "MNIST alone, fine-tuned (`--preset mnist`)": mnist,
  "MNIST alone, from scratch": { ...mnist, fromScratch: true, fineTune: 0 },
};

const results = defineStudy({
  name: "results",
  summary: "Trains with a frozen base, fine-tuned and from scratch: accuracy and time of each.",
  minutes: 15,
  flags: TRAINING_FLAGS,
  async run({ seeds, limit, workers }, runs) {
    const data = await loadMnist({ limit });
    await using team = await startTeam({ workers });
    const learn = async (options: typeof WAYS[string], seed: number) => {
      const started = performance.now();
      const { network, evaluation, card } = await trainClassifier(team, {
        data,
        seed,
        observer: runs.observer,
        ...options,
      });
      network.dispose();
      const seconds = (performance.now() - started) / 1000;
      const { accuracy, calibrationError } = evaluation;
      return { accuracy, calibrationError, rejected: card.rejected!, seconds };
    };
    const all = await Array.fromAsync(
      Object.entries(WAYS),
      ([way, options]) =>
        Array.fromAsync(seeds, (seed) => {
          const name = `${way.replaceAll("`", "")}, seed ${seed}`;
          return runs.once(name, () => learn(options, seed));
        }),
    );
    const rows = Object.keys(WAYS).map((way, i) => [
      way,
      all[i].map(({ accuracy }) => (100 * accuracy).toFixed(2)).join(", "),
      `**${spread(all[i].map(({ accuracy }) => accuracy))}**`,
      (100 * mean(all[i].map(({ calibrationError }) => calibrationError))).toFixed(2),
      `${mean(all[i].map(({ seconds }) => seconds)).toFixed(0)} s`,
    ]);
    const rejections = Object.keys(all[0][0].rejected).map((kind) => [
      kind,
      (100 * mean(all[0].map(({ rejected }) => rejected[kind]))).toFixed(2),
    ]);
    const accuracy = `test accuracy %, seeds ${seeds.join(", ")}`;
    const head = ["way of learning", accuracy, "mean ± sd", "calibration error %", "time a seed"];
    const text = [
      table(head, rows),
      "One standard error of a single accuracy near 99.5 % is 0.07 points.",
      table([`answered "don't know" by the default`, "%"], rejections),
    ].join("\n\n");
    return { text };
  },
});

/** Times that the test pictures are run through a base to see how long that takes. */
const REPEATS = 5;

const bases = defineStudy({
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
        spread(few.map(({ accuracy }) => accuracy)),
        spread(learnt.map(({ frozen }) => frozen)),
        spread(learnt.map(({ tuned }) => tuned)),
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
      `fine-tuned ${recipeFor("fine-tuning").epochs} epochs`,
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
    augmentation: AUGMENTATIONS.light,
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

/** The preset's base, and another one for networks that make other mistakes. */
const BASES: BaseName[] = [PRESETS.best.base, "cnn"];

/** Which pictures are looked at, and how. */
const LOOKS = (["validation", "test"] as const).flatMap((split) =>
  Object.values(VIEWS).map((views) => ({ split, views }))
);

/** Probabilities that a network gives to the pictures of each of {@linkcode LOOKS}. */
type Answers = Float32Array[];

const best = defineStudy({
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

const COMPARED = ["mnist", "robust"] as const;

const robustness = defineStudy({
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
      ...columns.map((column) => spread(column.map(figure))),
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
      COMPARED.map((name, i) => [name, combine(columns[i].map((one) => one.robustness), mean)]),
    ));
    return {
      text: `${table(head, rows)}\n\n${epochs} epochs of fine-tuning.`,
      files: { robustness: { chart } },
    };
  },
});

/** In the order in which they are listed. */
export const ALL_LABELS = [results, bases, best, robustness];
