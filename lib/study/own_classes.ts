/** The study of classes of one's own: what few pictures of a script are worth that no base has seen. */

import { fromFileUrl } from "@std/path";
import type { Dataset, Splits } from "../data/dataset.ts";
import { type drawScript, SCRIPTS } from "../data/letters/mod.ts";
import { compareFewLabels, comparisonFlags } from "./comparison.ts";
import { mean, pairedDifference, spread, table } from "./report.ts";
import { defineStudy, readCounts } from "./study.ts";

/** As `train --pictures` does it with more than few: a fifth is held out. */
const HELD_OUT = "letters, held out";

/** From so many pictures of each letter on. */
const LEAST_TO_HOLD_OUT = 5;

/** What is compared; the first is as `train --pictures` does it with few. */
const WAYS = [
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

type ScriptResult = Awaited<ReturnType<typeof compareFewLabels>>[number] & { script: string };

export const ownClasses = defineStudy({
  name: "own-classes",
  summary: "Learns four scripts that no base has seen from 1 to 20 pictures of each letter.",
  minutes: 25,
  flags: comparisonFlags("cnn", "1,2,5,10,20", "pictures of each letter"),
  async run({ seeds, limit = Infinity, workers, base, labels }, runs) {
    const labelsPerClass = readCounts(labels);
    const results: ScriptResult[] = [];
    for (const script of SCRIPTS) {
      const data = await drawApart(script.name, {
        learning: 2 * Math.max(...labelsPerClass),
        testing: Math.min(TESTING, limit),
        seed: DRAWING,
      });
      const options = { seeds, base, workers, runs, subject: `letter of ${script.name}` };
      const found = [
        ...await compareFewLabels(data, {
          ways: WAYS.filter((way) => way !== HELD_OUT),
          labelsPerClass,
          ...options,
        }),
        ...await compareFewLabels(data, {
          ways: [HELD_OUT],
          labelsPerClass: labelsPerClass.filter((count) => count >= LEAST_TO_HOLD_OUT),
          ...options,
        }),
      ];
      results.push(...found.map((result) => ({ ...result, script: script.name })));
    }
    const rows = labelsPerClass.flatMap((count) => [
      ...SCRIPTS.map(({ name }) => rowOf(name, count, results)),
      rowOf(ALL, count, results),
    ]);
    const figures = results.map(({ wrong: _, ...figures }) => figures);
    return {
      text: [
        table(["pictures of each letter", "script", ...WAYS], rows),
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
      files: { own_classes: { json: { base, results: figures } } },
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
  const shares = (way: string) =>
    results.filter((result) =>
      result.labelsPerClass === count && result.way === way &&
      (script === ALL || result.script === script)
    ).map(({ accuracy }) => 100 * accuracy);
  const cells = WAYS.map((way) =>
    shares(way).length === 0
      ? ""
      : script === ALL
      ? `**${mean(shares(way)).toFixed(2)}**`
      : spread(shares(way))
  );
  return [`${count}`, script, ...cells];
}

/** By how much a way reads more than the head that is solved. */
function gain(way: string, count: number, results: ScriptResult[]): string {
  const [learnt, solved] = [way, WAYS[0]].map((way) =>
    results.filter((result) => result.labelsPerClass === count && result.way === way)
      .map(({ accuracy }) => accuracy)
  );
  return learnt.length === 0 ? "" : pairedDifference(learnt, solved);
}
