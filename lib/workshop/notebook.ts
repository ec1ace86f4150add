/** Notebooks as files (nbformat 4.5): running one again, and comparing it with what is committed. */

import type { showFigure } from "./display.ts";

/** A number that a run on another computer should come to as well. */
type Figure = Parameters<typeof showFigure>[0];

/** One output of a code cell. */
interface Output {
  output_type: string;
  /** Content by media type. */
  data?: Record<string, unknown>;
  metadata?: { figure?: Figure };
}

/** One cell; outputs and count are those of code cells. */
interface Cell {
  cell_type: "markdown" | "code";
  id: string;
  metadata: {
    /** When messages went and came, as Jupyter records it. */
    execution?: Record<string, string>;
  };
  source: string[];
  execution_count?: number | null;
  outputs?: Output[];
}

/** A notebook. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** Where notebooks keep checkpoints of what they train. */
export const CHECKPOINTS = "outputs/workshop";

/** Seconds that a cell may take whose prose does not say how long it takes. */
const UNSTATED_SECONDS = 10;

/** Seconds that a notebook may take on two cores; machines of one kind differ by a factor of two. */
const LARGEST_TOTAL = 180;

/**
 * Looks at what came of running a notebook.
 *
 * Prose says how long the cell below it takes on two cores at most: "⏱ up to 20 s"; a cell without
 * such a line has 10 seconds.
 *
 * @param committed The notebook as its author left it, with the outputs that are committed.
 * @param executed The same notebook as Jupyter ran it.
 * @returns The notebook with the outputs and counts of the run; how long its code cells took in seconds, by
 * their ids, and together; and one sentence for each cell that took longer than stated, each key figure out of its
 * tolerance and each that is missing or new, and for a notebook that takes too long.
 */
export function reviewRun(committed: Notebook, executed: Notebook) {
  const secondsByCell = secondsOf(executed);
  const seconds = [...secondsByCell.values()].reduce((sum, value) => sum + value, 0);
  const complaints = [
    ...slowCells(executed, secondsByCell),
    ...differentFigures(committed, executed),
    ...(seconds > LARGEST_TOTAL
      ? [`Expected at most ${LARGEST_TOTAL} s but it took ${seconds.toFixed(1)} s`]
      : []),
  ];
  return {
    notebook: withOutputs(committed, executed, seconds),
    secondsByCell,
    seconds,
    complaints,
  };
}

/**
 * Puts the outputs of a run into a notebook, without the times but for one: where prose says "⏱ 40 s of
 * computing in all", it says how long this run took, rounded up to tens. Every cell ends with a line feed:
 * `deno fmt --check` takes it for unformatted otherwise.
 */
function withOutputs(committed: Notebook, executed: Notebook, seconds: number): Notebook {
  const stated = 10 * Math.ceil(seconds / 10);
  return {
    ...committed,
    cells: committed.cells.map(({ cell_type, id, metadata, source: lines }, i) => {
      const source = lines.with(-1, lines.at(-1)!.replace(/\n?$/, "\n"))
        .map((line) => line.replace(/⏱ \d+ s of computing/, `⏱ ${stated} s of computing`));
      if (cell_type === "markdown") return { cell_type, id, metadata, source };
      const { execution_count, outputs } = executed.cells[i];
      return { cell_type, execution_count, id, metadata, outputs, source }; // in Jupyter's order
    }),
  };
}

function secondsOf({ cells }: Notebook): Map<string, number> {
  return new Map(
    cells.flatMap(({ id, metadata: { execution } }) => {
      if (!execution) return [];
      const at = (message: string) => Date.parse(execution[message]);
      return [[id, (at("shell.execute_reply") - at("iopub.status.busy")) / 1000]];
    }),
  );
}

function slowCells(executed: Notebook, seconds: Map<string, number>): string[] {
  return executed.cells.flatMap(({ id }, i) => {
    const stated = executed.cells[i - 1]?.source.join("").match(/⏱ up to (\d+) s/)?.[1];
    const limit = stated ? Number(stated) : UNSTATED_SECONDS;
    const taken = seconds.get(id) ?? 0;
    return taken <= limit
      ? []
      : [`Expected cell ${id} to take up to ${limit} s but it took ${taken.toFixed(1)} s`];
  });
}

function differentFigures(committed: Notebook, executed: Notebook): string[] {
  const expected = figuresOf(committed);
  const found = figuresOf(executed);
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  return [
    ...missing.map((name) => `Expected the figure "${name}" but the run did not show it`),
    ...[...found.values()].flatMap(({ name, value }) => {
      const figure = expected.get(name);
      if (!figure) return [`Expected no figure "${name}" but the run showed it`];
      // What is committed is rounded: without the last term, 0.3 - 0.1 is more than 0.2.
      const slack = figure.tolerance + 1e-9 * Math.abs(figure.value);
      return Math.abs(value - figure.value) <= slack ? [] : [
        `Expected "${name}" to be ${figure.value} ± ${figure.tolerance} but found ${value}`,
      ];
    }),
  ];
}

/** The key figures that a notebook shows, by name. */
function figuresOf({ cells }: Notebook): Map<string, Figure> {
  return new Map(
    cells
      .flatMap(({ outputs = [] }) => outputs)
      .map(({ metadata }) => metadata?.figure)
      .filter((figure) => figure !== undefined)
      .map((figure) => [figure.name, figure]),
  );
}
