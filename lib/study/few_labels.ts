/** The studies of learning from few labels: what transfer is worth, classes of one's own, steps of augmentation. */

import { fromFileUrl } from "@std/path";
import type { Augmentation } from "../data/augment/augment.ts";
import type { Dataset, Splits } from "../data/dataset.ts";
import { type drawScript, SCRIPTS } from "../data/letters/mod.ts";
import { loadMnist } from "../data/mnist.ts";
import { UsageError } from "../flags.ts";
import { BASE_NAMES, type BaseName } from "../model/architecture.ts";
import { AUGMENTATIONS } from "../model/recipe.ts";
import { fewLabelsCurves } from "./charts/few_labels_curves.ts";
import { compareFewLabels, summariseSeeds } from "./comparison.ts";
import { deviation, mean, spread, table } from "./report.ts";
import { defineStudy, TRAINING_FLAGS } from "./study.ts";

type Options = Parameters<typeof compareFewLabels>[1];
type RunResult = Awaited<ReturnType<typeof compareFewLabels>>[number];

/** A study that compares: what it is, what its flags are by default, and what it does with their values. */
interface Comparison {
  name: string;
  summary: string;
  minutes: number;
  base: BaseName;
  labels: string;
  run: (
    options: Options,
    limit?: number,
  ) => ReturnType<Parameters<typeof defineStudy>[0]["run"]>;
}

function defineComparison({ base, labels, run, ...about }: Comparison) {
  return defineStudy({
    ...about,
    flags: {
      ...TRAINING_FLAGS,
      base: { type: "text", help: "network", value: "NAME", choices: BASE_NAMES, default: base },
      labels: { type: "text", help: "labels of each class", value: "COUNTS", default: labels },
    },
    run: ({ seeds, limit, workers, base, labels }, runs) =>
      run({ labelsPerClass: readCounts(labels), seeds, base, workers, runs }, limit),
  });
}

/** Reads numbers with commas between them. */
function readCounts(labels: string): number[] {
  return labels.split(",").map((part) => {
    const count = Number(part);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new UsageError(`Expected --labels to be integers above 0 but found ${labels}`);
  });
}

/** The runs of a way with a number of labels. */
function runsOf<Run extends RunResult>(results: Run[], way: string, count: number): Run[] {
  return results.filter((result) => result.way === way && result.labelsPerClass === count);
}

function accuraciesOf(runs: RunResult[]): number[] {
  return runs.map(({ accuracy }) => accuracy);
}

/** What is compared with few labels of digits. */
const DIGIT_WAYS = [
  "letters, frozen",
  "letters, fine-tuned",
  "random, frozen",
  "from scratch",
] as const;

const fewLabels = defineComparison({
  name: "few-labels",
  summary:
    "Learns digits from 1 to 100 labels of each, from letters, from nothing and from scratch.",
  minutes: 10,
  base: "cnn",
  labels: "1,5,10,50,100",
  async run(options, limit) {
    const { base, seeds, labelsPerClass } = options;
    const results = await compareFewLabels(await loadMnist({ limit }), {
      ways: DIGIT_WAYS,
      ...options,
    });
    const rows = labelsPerClass.map((count) => [
      `${count}`,
      ...DIGIT_WAYS.map((way) => {
        const runs = runsOf(results, way, count);
        const seconds = mean(runs.map(({ seconds }) => seconds)).toFixed(0);
        return `${spread(accuraciesOf(runs))} (${seconds} s)`;
      }),
    ]);
    return {
      text: `${table(["labels of each digit", ...DIGIT_WAYS], rows)}\n\n` +
        `\`${base}\`; right of the test pictures in per cent, mean ± standard deviation over ` +
        `seeds ${seeds.join(", ")}, and seconds of learning on one worker.`,
      files: { few_labels: { chart: fewLabelsCurves(summariseSeeds(results)) } },
    };
  },
});

/** As `train --pictures` does it with more than few: a fifth is held out. */
const HELD_OUT = "letters, held out";

/** From so many pictures of each letter on. */
const LEAST_TO_HOLD_OUT = 5;

/** What is compared with classes of one's own; the first is as `train --pictures` does it with few. */
const OWN_WAYS = [
  "letters, solved",
  HELD_OUT,
  "letters, frozen",
  "random, frozen",
  "from scratch",
  "pixels, nearest",
] as const;

/** What is compared with the first. */
const LEARNT = [HELD_OUT, "letters, frozen"];

/** Pictures of each letter that are tested on. */
const TESTING = 20;

/** Seed of the drawing; those of the runs choose among what is drawn. */
const DRAWING = 1;

/** Name of the row of all scripts together. */
const ALL = "**all**";

type ScriptResult = RunResult & { script: string };

const ownClasses = defineComparison({
  name: "own-classes",
  summary: "Learns four scripts that no base has seen from 1 to 20 pictures of each letter.",
  minutes: 25,
  base: "cnn",
  labels: "1,2,5,10,20",
  async run(options, limit = Infinity) {
    const { base, seeds, labelsPerClass } = options;
    const results: ScriptResult[] = [];
    for (const { name: script } of SCRIPTS) {
      const data = await drawApart(script, {
        learning: 2 * Math.max(...labelsPerClass),
        testing: Math.min(TESTING, limit),
        seed: DRAWING,
      });
      const compare = (ways: (typeof OWN_WAYS)[number][], least: number) =>
        compareFewLabels(data, {
          ...options,
          ways,
          labelsPerClass: labelsPerClass.filter((count) => count >= least),
          subject: `letter of ${script}`,
        });
      const found = [
        ...await compare(OWN_WAYS.filter((way) => way !== HELD_OUT), 1),
        ...await compare([HELD_OUT], LEAST_TO_HOLD_OUT),
      ];
      results.push(...found.map((result) => ({ ...result, script })));
    }
    const rows = labelsPerClass.flatMap((count) =>
      [...SCRIPTS.map(({ name }) => name), ALL].map((script) => rowOf(script, count, results))
    );
    return {
      text: [
        table(["pictures of each letter", "script", ...OWN_WAYS], rows),
        table(
          ["pictures of each letter", ...LEARNT.map((way) => `${way}, less solved`)],
          labelsPerClass.map((count) => [
            `${count}`,
            ...LEARNT.map((way) => gain(way, count, results)),
          ]),
        ),
        `\`${base}\`; right of ${TESTING} pictures of each letter by writers (fonts) that were not learnt ` +
        `from, in per cent: mean ± standard deviation over seeds ${seeds.join(", ")}, ` +
        "of all scripts the mean; then the difference in points ± standard error, each run compared with " +
        "the same pictures. *Solved* is what `train --pictures` does with few, *held out* what it does with more or " +
        "with `--head learnt`, from " +
        `${LEAST_TO_HOLD_OUT} pictures on; the others take 200 steps, as in few-labels.`,
      ].join("\n\n"),
    };
  },
});

/** Draws a script of {@linkcode SCRIPTS} in another process. */
async function drawApart(
  name: string,
  task: Parameters<typeof drawScript>[1],
): Promise<Pick<Splits, "train" | "test" | "classes">> {
  const [lock, program] = ["../data/letters/scripts.lock", "print_script.ts"].map((file) =>
    fromFileUrl(new URL(file, import.meta.url))
  );
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", `--lock=${lock}`, "--allow-read", program, name, JSON.stringify(task)],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Expected to draw ${name} but it failed`);
  const { classes, train, test } = JSON.parse(new TextDecoder().decode(stdout));
  const unpack = (parts: string[]): Dataset => {
    const [images, labels] = parts.map((part) => Uint8Array.fromBase64(part));
    return { count: labels.length, images, labels };
  };
  return { classes, train: unpack(train), test: unpack(test) };
}

function rowOf(script: string, count: number, results: ScriptResult[]): string[] {
  const cells = OWN_WAYS.map((way) => {
    const runs = runsOf(results, way, count);
    if (runs.length === 0) return "";
    return script === ALL
      ? `**${(100 * mean(accuraciesOf(runs))).toFixed(2)}**`
      : spread(accuraciesOf(runs.filter((run) => run.script === script)));
  });
  return [`${count}`, script, ...cells];
}

/** By how much a way reads more than the head that is solved. */
function gain(way: string, count: number, results: ScriptResult[]): string {
  const [learnt, solved] = [way, OWN_WAYS[0]].map((way) =>
    accuraciesOf(runsOf(results, way, count))
  );
  return learnt.length === 0 ? "" : pairedDifference(learnt, solved);
}

/** Steps that could be added to the light augmentation. */
export const FURTHER_STEPS: Augmentation = [
  { kind: "hand", share: 0.5 },
  { kind: "stroke-width", growth: 0.8, share: 0.5 },
  { kind: "erasing", area: 0.2, share: 0.5 },
  { kind: "lines", count: 2, share: 0.5 },
  { kind: "filter", strength: 1, share: 0.5 },
  { kind: "blur", deviation: 1, share: 0.5 },
  { kind: "noise", deviation: 0.2, share: 0.5 },
  { kind: "paper", shade: 0.3, grain: 0.05, ruled: 0.3, contrast: 0.6, share: 0.5 },
];

const { light: LIGHT } = AUGMENTATIONS;

/** The augmentations that are compared: none, the light one, it without each part, it with each further step. */
const COMPARED: Record<string, Augmentation> = {
  "none": [],
  "light": LIGHT,
  ...Object.fromEntries(
    LIGHT.map((part) => [`light without ${part.kind}`, LIGHT.filter((step) => step !== part)]),
  ),
  ...Object.fromEntries(
    FURTHER_STEPS.map((step) => [`light and ${step.kind}`, [...LIGHT, step]]),
  ),
};

/** The others are measured against this one. */
const REFERENCE = "light";

const ablation = defineComparison({
  name: "ablation",
  summary: "Fine-tunes a base with and without each step of augmentation, from few labels.",
  minutes: 5,
  base: "cnn-small",
  labels: "100,1000",
  async run(options, limit) {
    const { base, seeds, labelsPerClass } = options;
    const { train, validation: test } = await loadMnist({ limit });
    const results = await compareFewLabels({ train, test }, {
      augmentations: COMPARED,
      ...options,
    });
    const { count } = test;
    /** Share of the seeds with which a picture is read wrong, of each picture. */
    const errorShares = (way: string, labels: number) => {
      const group = runsOf(results, way, labels);
      const shares = new Array<number>(count).fill(0);
      for (const { wrong } of group) for (const index of wrong) shares[index] += 1 / group.length;
      return shares;
    };
    const rows = Object.keys(COMPARED).map((way) => [
      way,
      ...labelsPerClass.flatMap((labels) => [
        spread(accuraciesOf(runsOf(results, way, labels))),
        way === REFERENCE
          ? ""
          : pairedDifference(errorShares(REFERENCE, labels), errorShares(way, labels)),
      ]),
    ]);
    const head = labelsPerClass.flatMap((count) => [
      `${count} labels of each digit`,
      "against light",
    ]);
    return {
      text: `${table(["augmentation", ...head], rows)}\n\n` +
        `\`${base}\`, fine-tuned; right of ${count} validation pictures in per cent, ` +
        `mean ± standard deviation over seeds ${seeds.join(", ")}; then the difference ` +
        `from light ± its standard error, each picture compared with itself.`,
    };
  },
});

/**
 * By how much shares are larger than others that were measured on the same things, each compared with itself.
 *
 * @param shares 0–1, as many as `others`.
 * @returns The mean difference ± its standard error, in percentage points, as a table has them.
 */
function pairedDifference(shares: number[], others: number[]): string {
  const differences = shares.map((share, i) => 100 * (share - others[i]));
  const difference = mean(differences);
  const error = deviation(differences) / Math.sqrt(differences.length);
  const sign = difference < 0 ? "−" : "+";
  return `${sign}${Math.abs(difference).toFixed(2)} ± ${error.toFixed(2)}`;
}

/** In the order in which they are listed. */
export const FEW_LABELS = [fewLabels, ownClasses, ablation];
