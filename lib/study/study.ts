/** What every study is, and how it is run: seeds, reuse of finished runs, files, provenance. */

import { join } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import { type Flag, FLAGS, UsageError, type Values } from "../flags.ts";
import { BASE_NAMES } from "../model/bases.ts";
import type { Observer } from "../observer.ts";
import { saveChart } from "../plot/render.ts";
import type { Spec } from "../plot/theme.ts";
import { provenance, writeSection } from "./report.ts";
import { Runs } from "./runs.ts";

type Flags = Record<string, Flag>;

/** A comparison or a benchmark. */
export interface Study<F extends Flags = Flags> {
  name: string;
  /** One sentence. */
  summary: string;
  /** How long it takes on two cores. */
  minutes: number;
  /** Those of its own; `--out` and `--readme` are the harness's. */
  flags: F;
  /** @param runs Where it keeps what its runs come to, and whom it tells how far it is. */
  run(values: Values<F>, runs: Runs): Promise<Findings>;
}

/** What a study found. */
interface Findings {
  /** Tables in Markdown, and what they show. */
  text: string;
  /** Where they stand in outputs/README.md, if not in the section of the study's name. */
  section?: string;
  /** Written to the study's folder under their names, objects as `.json`, charts as `.svg` and `.png`. */
  files?: Record<string, { json?: unknown; chart?: Spec; png?: Uint8Array }>;
}

/** Flags of studies that train. */
export const TRAINING_FLAGS = {
  seeds: { type: "integer", help: "train with seeds 1 to N", default: 3, least: 1, most: 100 },
  limit: FLAGS.limit,
  workers: FLAGS.workers,
} as const satisfies Flags;

/** Flags of studies that learn from few labels. */
export const FEW_LABELS_FLAGS = {
  ...TRAINING_FLAGS,
  base: { type: "text", help: "network", value: "NAME", choices: BASE_NAMES },
  labels: { type: "text", help: "labels of each digit", value: "COUNTS" },
} as const satisfies Flags;

/** @returns The study, whose `run` knows the types of its flags. */
export function defineStudy<const F extends Flags>(study: Study<F>): Study {
  return study as unknown as Study;
}

/** @returns All flags of a study. */
export function flagsOf({ name, flags }: Study) {
  return {
    ...flags,
    out: { ...FLAGS.out, help: "folder for runs and results", default: `outputs/${name}` },
    readme: { type: "switch", help: "write the table into outputs/README.md too" },
  } as const satisfies Flags;
}

/** @returns Seeds 1 to `count`. */
export function seedsUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/**
 * Reads numbers with commas between them.
 *
 * @throws {UsageError} If one is no integer above 0.
 */
export function readCounts(flag: string, text: string): number[] {
  return text.split(",").map((part) => {
    const count = Number(part);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new UsageError(`Expected --${flag} to be integers above 0 but found ${text}`);
  });
}

/**
 * Runs a study: what runs of it are in its folder already, from an earlier call with the same limit and number
 * of workers, are not done again.
 *
 * @param values Of {@linkcode flagsOf}.
 * @param file Where its section is, if `--readme` asks for that.
 * @returns Its report in Markdown.
 */
export async function runStudy(
  study: Study,
  values: Values<Flags>,
  observer: Observer,
  file?: string,
): Promise<string> {
  const { name } = study;
  const { out, readme, limit, workers } = values as Values<ReturnType<typeof flagsOf>> & {
    limit?: number;
    workers?: number;
  };
  const started = performance.now();
  const conditions = [
    ...(workers === undefined ? [] : [`${workers} workers`]),
    ...(limit === undefined ? [] : [`${limit} pictures`]),
  ];
  const runs = new Runs(join(out, conditions.join(", ")), observer);
  const { text, section = name, files = {} } = await study.run(values, runs);
  const made = provenance(commandOf(study, values), {
    workers,
    dates: runs.dates,
    ...(runs.reused === 0 && { seconds: (performance.now() - started) / 1000 }),
  });
  const report = `${text}\n\n${made}`;
  await Deno.mkdir(out, { recursive: true });
  for (const [name, { json, chart, png }] of Object.entries(files)) {
    const path = join(out, name);
    if (json) await writeFileAtomically(`${path}.json`, JSON.stringify(json, null, 2) + "\n");
    if (chart) await saveChart(chart, path);
    if (png) await writeFileAtomically(`${path}.png`, png);
  }
  await writeFileAtomically(join(out, `${name}.md`), `${report}\n`);
  if (readme) await writeSection(section, report, file);
  return report;
}

/** The command that gives the same figures again, without folders and programs of this machine. */
function commandOf({ name, flags }: Study, values: Values<Flags>): string {
  const given = Object.entries(flags).flatMap(([flag, { type, ...about }]) => {
    const value = values[flag];
    const standard = "default" in about ? about.default : type === "switch" ? false : undefined;
    const isLocal = flag === "workers" || ("value" in about && /DIR|PATH/.test(about.value));
    return isLocal || value === standard
      ? []
      : [type === "switch" ? `--${flag}` : `--${flag} ${value}`];
  });
  return ["study", name, ...given].join(" ");
}
