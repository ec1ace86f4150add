/** The study of classes of one's own: what few pictures of a script are worth that no base has seen. */

import { SCRIPTS } from "../data/letters/mod.ts";
import { compareFewLabels, type RunResult, type Way } from "./comparison.ts";
import { drawApart } from "./draw_script.ts";
import { table } from "./report.ts";
import { mean, pairedDifference, spread } from "./statistics.ts";
import { defineStudy, FEW_LABELS_FLAGS, readCounts, seedsUpTo } from "./study.ts";

/** What is compared; the first is as `train --pictures` does it with few. */
const WAYS: Way[] = [
  "letters, solved",
  "letters, frozen",
  "random, frozen",
  "from scratch",
  "pixels, nearest",
];

/** Pictures of each letter that are tested on. */
const TESTING = 20;

/** Seed of the drawing; those of the runs choose among what is drawn. */
const DRAWING = 1;

/** Name of the row of all scripts together. */
const ALL = "**all**";

interface ScriptResult extends RunResult<Way> {
  script: string;
}

export const ownClasses = defineStudy({
  name: "own-classes",
  summary: "Learns four scripts that no base has seen from 1 to 20 pictures of each letter.",
  minutes: 12,
  flags: {
    ...FEW_LABELS_FLAGS,
    base: { ...FEW_LABELS_FLAGS.base, default: "cnn" },
    labels: {
      ...FEW_LABELS_FLAGS.labels,
      help: "pictures of each letter",
      default: "1,2,5,10,20",
    },
  },
  async run({ seeds, limit = Infinity, workers, base, labels }, runs) {
    const labelsPerClass = readCounts("labels", labels);
    const results: ScriptResult[] = [];
    for (const script of SCRIPTS) {
      const data = await drawApart(script.name, {
        learning: 2 * Math.max(...labelsPerClass),
        testing: Math.min(TESTING, limit),
        seed: DRAWING,
      });
      const found = await compareFewLabels(data, {
        ways: WAYS,
        labelsPerClass,
        seeds: seedsUpTo(seeds),
        base,
        workers,
        observer: runs.observer,
        runs,
        subject: `letter of ${script.name}`,
      });
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
          ["pictures of each letter", "learnt less solved"],
          labelsPerClass.map((count) => [`${count}`, gain(count, results)]),
        ),
        `\`${base}\`; right of ${TESTING} pictures of each letter by writers (fonts) that were not learnt ` +
        `from, in per cent: mean ± standard deviation over seeds ${seedsUpTo(seeds).join(", ")}, ` +
        "of all scripts the mean; then the difference of the heads in points ± standard error, each run " +
        "compared with the same pictures. The solved head is that of `train --pictures`; the others take " +
        "200 steps, as in few-labels.",
      ].join("\n\n"),
      files: { own_classes: { json: { base, results: figures } } },
    };
  },
});

function rowOf(script: string, count: number, results: ScriptResult[]): string[] {
  const shares = (way: Way) =>
    results.filter((result) =>
      result.labelsPerClass === count && result.way === way &&
      (script === ALL || result.script === script)
    ).map(({ accuracy }) => 100 * accuracy);
  const cells = WAYS.map((way) =>
    script === ALL ? `**${mean(shares(way)).toFixed(2)}**` : spread(shares(way))
  );
  return [`${count}`, script, ...cells];
}

/** By how much the head that is learnt step by step reads more than the one that is solved. */
function gain(count: number, results: ScriptResult[]): string {
  const [learnt, solved] = ["letters, frozen", "letters, solved"].map((way) =>
    results.filter((result) => result.labelsPerClass === count && result.way === way)
      .map(({ accuracy }) => accuracy)
  );
  const { difference, error } = pairedDifference(learnt, solved);
  const sign = difference < 0 ? "−" : "+";
  return `${sign}${Math.abs(difference).toFixed(2)} ± ${error.toFixed(2)}`;
}
