/** What a few measurements come to, and how outputs/README.md has it. */

import { writeFileAtomically } from "../data/file_system.ts";

/** The mean. */
export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The standard deviation of a sample: squares are divided by one less than the number of values.
 *
 * @returns 0 for a single value.
 */
export function deviation(values: number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

/** Mean and standard deviation of shares, in per cent, as a table has them. */
export function spread(shares: number[]): string {
  const percents = shares.map((share) => 100 * share);
  return `${mean(percents).toFixed(2)} ± ${deviation(percents).toFixed(2)}`;
}

/**
 * The median; the mean of the two middle values if their number is even.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
 * ```
 */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Puts the same figures of several measurements together.
 *
 * @param all Objects with the same figures, at any depth.
 * @param by What comes of the values of a figure, such as {@linkcode median}.
 */
export function combine<Figures extends object>(
  all: Figures[],
  by: (values: number[]) => number,
): Figures {
  return Object.fromEntries(
    Object.keys(all[0]).map((name) => {
      const values = all.map((one) => one[name as keyof Figures]);
      return [
        name,
        typeof values[0] === "object" ? combine(values as object[], by) : by(values as number[]),
      ];
    }),
  ) as Figures;
}

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

/**
 * Replaces what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in a Markdown file.
 *
 * @throws {Error} If the file has no such lines.
 */
export async function writeSection(name: string, markdown: string, file: string): Promise<void> {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest] = (await Deno.readTextFile(file)).split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) {
    throw new Error(`Expected ${file} to have the lines ${begin} and ${end} but it has not`);
  }
  await writeFileAtomically(file, `${before}${begin}\n\n${markdown}\n\n${end}${after}`);
}
