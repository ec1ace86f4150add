/** What a study found, as Markdown: tables, what they were made with, and their place in outputs/README.md. */

import os from "node:os";
import { writeFileAtomically } from "../data/file_system.ts";
import { today, versions } from "../model/provenance.ts";

/**
 * Lays out a table; columns of figures are flush right.
 *
 * @param head Names of the columns.
 * @param rows Cells, as many in each row as there are names.
 */
export function table(head: string[], rows: string[][]): string {
  const isFigure = (cell = "") => /^\**[+−–≤≥\d]|^$/.test(cell);
  const rules = head.map((_, i) => i > 0 && rows.every((row) => isFigure(row[i])) ? "--:" : "---");
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${rules.join("|")}|`, ...rows.map(line)].join("\n");
}

/** The machine that this runs on. */
export function machine(): { cpu: string; cores: number; os: string } {
  return {
    cpu: os.cpus()[0].model.trim(),
    cores: navigator.hardwareConcurrency,
    os: `${os.type()} ${os.release()}`,
  };
}

/**
 * Says who made something, when, in what time, with which machine and versions.
 *
 * @param command What stands after `deno task`.
 * @param made Days of the runs as `YYYY-MM-DD`, if not today; how long all took; workers, if any.
 */
export function provenance(
  command: string,
  { dates = [], seconds, workers }: { dates?: string[]; seconds?: number; workers?: number },
): string {
  const days = dates.length ? [...new Set(dates)].sort() : [today()];
  const { deno, tfjs } = versions();
  return [
    `Made by \`deno task ${command}\` on ${days.join(", ")}`,
    seconds === undefined
      ? ""
      : seconds < 600
      ? ` in ${seconds.toFixed(0)} s`
      : ` in ${(seconds / 60).toFixed(0)} minutes`,
    `: ${os.cpus()[0].model.trim()}, ${navigator.hardwareConcurrency} cores, `,
    workers === undefined ? "" : `${workers} workers, `,
    `${Math.round(os.totalmem() / 2 ** 30)} GB, Deno ${deno}, tfjs ${tfjs}.`,
  ].join("");
}

/**
 * Replaces what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in a Markdown file.
 *
 * @throws {Error} If the file has no such lines.
 */
export async function writeSection(
  name: string,
  markdown: string,
  file = "outputs/README.md",
): Promise<void> {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest] = (await Deno.readTextFile(file)).split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) {
    throw new Error(`Expected ${file} to have the lines ${begin} and ${end} but it has not`);
  }
  await writeFileAtomically(file, `${before}${begin}\n\n${markdown}\n\n${end}${after}`);
}
