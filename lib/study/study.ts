/** What every study is, and how it is run: seeds, runs that are done once, files, provenance. */

import os from "node:os";
import { join } from "@std/path";
import { isDirectory, writeFileAtomically } from "../data/file_system.ts";
import { type Flag, FLAGS, type Values } from "../flags.ts";
import { loadModel } from "../model/classifier.ts";
import { dateAndVersions, saveNetwork } from "../model/saved_network.ts";
import type { Team } from "../model/team.ts";
import { trainClassifier, type TrainOptions } from "../model/transfer.ts";
import type { Observer } from "../observer.ts";
import { saveChart } from "../plot/render.ts";
import type { Spec } from "../plot/theme.ts";
import { writeSection } from "./report.ts";

type Flags = Record<string, Flag>;

/** A comparison or a benchmark. */
interface Study<F extends Flags> {
  name: string;
  /** One sentence. */
  summary: string;
  /** How long it takes on two cores. */
  minutes: number;
  flags: F;
  /**
   * @param values Of its flags, and the seeds: 1 to `--seeds`.
   * @param runs Where it keeps what its runs come to, and whom it tells how far it is.
   */
  run(values: Omit<Values<F>, "seeds"> & { seeds: number[] }, runs: Runs): Promise<Findings>;
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

/** @returns The study with flags that all have, which writes its report. */
export function defineStudy<const F extends Flags>(study: Study<F>) {
  const { name } = study;
  const flags: Flags = {
    ...study.flags,
    out: { ...FLAGS.out, help: "folder for runs and results", default: `outputs/${name}` },
    readme: { type: "switch", help: "write the table into outputs/README.md too" },
  };
  return {
    ...study,
    flags,
    /**
     * Runs the study: what runs of it are in its folder already, from an earlier call with the same limit and
     * number of workers, are not done again.
     *
     * @param values Of the study's flags.
     * @param file Where its section is, if `--readme` asks for that.
     * @returns Its report in Markdown.
     */
    async run(
      values: Values<Flags>,
      observer: Observer,
      file = "outputs/README.md",
    ): Promise<string> {
      const { out, readme, limit, workers, seeds = 0 } = values as {
        out: string;
        readme: boolean;
        limit?: number;
        workers?: number;
        seeds?: number;
      };
      const started = performance.now();
      const conditions = [workers && `${workers} workers`, limit && `${limit} pictures`];
      const runs = new Runs(join(out, conditions.filter(Boolean).join(", ")), observer);
      const asked = { ...values, seeds: Array.from({ length: seeds }, (_, i) => i + 1) };
      const findings = await study.run(asked as Parameters<typeof study.run>[0], runs);
      const seconds = runs.reused === 0 ? (performance.now() - started) / 1000 : undefined;
      const command = commandOf(name, flags, values);
      const report = `${findings.text}\n\n${provenance(command, runs, seconds, workers)}`;
      await Deno.mkdir(out, { recursive: true });
      for (const [name, { json, chart, png }] of Object.entries(findings.files ?? {})) {
        const path = join(out, name);
        if (json) await writeFileAtomically(`${path}.json`, JSON.stringify(json, null, 2) + "\n");
        if (chart) await saveChart(chart, path);
        if (png) await writeFileAtomically(`${path}.png`, png);
      }
      await writeFileAtomically(join(out, `${name}.md`), `${report}\n`);
      if (readme) await writeSection(findings.section ?? name, report, file);
      return report;
    },
  };
}

/** The runs of a study, each done once, in a folder: a study that was stopped goes on where it was. */
export class Runs {
  /** Days on which the runs that were asked for were done, `YYYY-MM-DD`. */
  readonly dates: string[] = [];
  /** How many of them had been done before. */
  reused = 0;

  /** @param folder Made with the first run. */
  constructor(readonly folder: string, readonly observer: Observer) {}

  /** The machine that they are done on. */
  get machine(): { cpu: string; cores: number; os: string } {
    return {
      cpu: os.cpus()[0].model.trim(),
      cores: navigator.hardwareConcurrency,
      os: `${os.type()} ${os.release()}`,
    };
  }

  /** @returns What a run came to, as JSON has it: now, or when it was done. */
  async once<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const file = join(this.folder, `${name}.json`);
    const found = await Deno.readTextFile(file).catch(() => undefined);
    if (found !== undefined) {
      const { date, result } = JSON.parse(found);
      this.dates.push(date);
      this.reused++;
      return result;
    }
    const { date } = dateAndVersions();
    const result = await run();
    await Deno.mkdir(this.folder, { recursive: true });
    await writeFileAtomically(file, JSON.stringify({ date, result }));
    this.dates.push(date);
    return result;
  }

  /** Trains a classifier and keeps it and checkpoints on the way, unless it is there. */
  async train(
    team: Team,
    name: string,
    options: Omit<TrainOptions, "checkpoint" | "resume" | "observer">,
  ): Promise<Awaited<ReturnType<typeof loadModel>>> {
    const { observer } = this;
    const folder = join(this.folder, name);
    if (await isDirectory(folder)) {
      this.reused++;
    } else {
      observer({ kind: "note", text: name });
      const { network, card } = await trainClassifier(team, {
        ...options,
        checkpoint: `${folder}.safetensors`,
        resume: true,
        observer,
      });
      await saveNetwork(folder, network, card);
      network.dispose();
    }
    const model = await loadModel(folder);
    this.dates.push(model.card.date);
    return model;
  }

  /**
   * Measures contenders in turn, round after round, so that what disturbs a machine disturbs all alike. One that
   * fails is missing, and the others go on.
   *
   * @param contenders Those with `once` are measured in the first round only.
   * @returns What came of it, and why a contender is missing.
   */
  async inTurns<Contender extends { name: string; once?: unknown }, Result>(
    contenders: Contender[],
    rounds: number,
    measure: (contender: Contender) => Promise<Result>,
  ) {
    const turns = contenders.map((contender) => ({
      contender,
      results: [] as Result[],
      missing: undefined as string | undefined,
    }));
    for (let round = 1; round <= rounds; round++) {
      for (const turn of turns) {
        const { contender, results, missing } = turn;
        if (missing || (contender.once && round > 1)) continue;
        this.observer({ kind: "note", text: `round ${round}: ${contender.name}` });
        try {
          results.push(await measure(contender));
        } catch (error) {
          turn.missing = (error as Error).message;
        }
      }
    }
    return turns;
  }
}

/** The command that gives the same figures again, without folders and programs of this machine. */
function commandOf(name: string, flags: Flags, values: Values<Flags>): string {
  const given = Object.entries(flags).flatMap(([flag, { type, ...about }]) => {
    const value = values[flag];
    const standard = "default" in about ? about.default : type === "switch" ? false : undefined;
    const isLocal = ["workers", "readme"].includes(flag) ||
      ("value" in about && /DIR|PATH/.test(about.value));
    return isLocal || value === standard
      ? []
      : [type === "switch" ? `--${flag}` : `--${flag} ${value}`];
  });
  return ["study", name, ...given].join(" ");
}

/**
 * Says who made something, when, in what time, with which machine and versions.
 *
 * @param command What stands after `deno task`.
 * @param seconds How long all took, if all were done.
 */
function provenance(
  command: string,
  { dates, machine: { cpu, cores } }: Runs,
  seconds?: number,
  workers?: number,
): string {
  const days = dates.length ? [...new Set(dates)].sort() : [dateAndVersions().date];
  const { deno, tfjs } = dateAndVersions().versions;
  return [
    `Made by \`deno task ${command}\` on ${days.join(", ")}`,
    seconds === undefined
      ? ""
      : seconds < 600
      ? ` in ${seconds.toFixed(0)} s`
      : ` in ${(seconds / 60).toFixed(0)} minutes`,
    `: ${cpu}, ${cores} cores, `,
    workers === undefined ? "" : `${workers} workers, `,
    `${Math.round(os.totalmem() / 2 ** 30)} GB, Deno ${deno}, tfjs ${tfjs}.`,
  ].join("");
}
