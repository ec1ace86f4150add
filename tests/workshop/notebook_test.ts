import { assertEquals } from "@std/assert";
import type { showFigure } from "../../lib/workshop/display.ts";
import { type Notebook, reviewRun } from "../../lib/workshop/notebook.ts";

type Cell = Notebook["cells"][number];
type Figure = Parameters<typeof showFigure>[0];

function notebook(...cells: Partial<Cell>[]): Notebook {
  return {
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      source: ["answer();\n"],
      outputs: [],
      ...cell,
    })),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function showing(...figures: Figure[]): Partial<Cell> {
  return {
    outputs: figures.map((figure) => ({ output_type: "display_data", metadata: { figure } })),
  };
}

function taking(seconds: number): Partial<Cell> {
  return {
    metadata: {
      execution: {
        "iopub.status.busy": "2026-01-01T00:00:00.000Z",
        "shell.execute_reply": new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString(),
      },
    },
  };
}

Deno.test("reviewRun() takes outputs and counts of the run, and nothing else of it", () => {
  const outputs = [{ output_type: "display_data", data: { "text/plain": ["42"] } }];
  const committed = notebook(
    { cell_type: "markdown", outputs: undefined, source: ["# Title\n", "Prose"] },
    { source: ["answer();\n"], execution_count: null },
  );
  const executed = notebook({ cell_type: "markdown", outputs: undefined, source: ["other"] }, {
    ...taking(3),
    outputs,
    execution_count: 1,
  });
  const { cells } = reviewRun(committed, executed).notebook;
  assertEquals(cells.map((cell) => cell.source), [["# Title\n", "Prose\n"], ["answer();\n"]]);
  assertEquals(cells[1].outputs, outputs);
  assertEquals(cells[1].execution_count, 1);
  assertEquals(cells[1].metadata, {});
  assertEquals("outputs" in cells[0], false);
});

Deno.test("reviewRun() says how long the run took, where prose says how long it takes", () => {
  const prose = {
    cell_type: "markdown",
    source: ["⏱ 40 s of computing in all.\n", "⏱ up to 5 s\n"],
  };
  const committed = notebook(prose as Partial<Cell>, {});
  const executed = notebook(prose as Partial<Cell>, taking(61));
  committed.cells[1].source = executed.cells[1].source = ["answer();\n"];
  assertEquals(
    reviewRun(committed, executed).notebook.cells[0].source,
    ["⏱ 70 s of computing in all.\n", "⏱ up to 5 s\n"],
  );
});

Deno.test("reviewRun() accepts figures within their tolerance", () => {
  const committed = showing(
    { name: "accuracy", value: 0.3, tolerance: 0.2 },
    { name: "count", value: 10, tolerance: 0 },
  );
  const executed = showing(
    { name: "count", value: 10, tolerance: 0 },
    { name: "accuracy", value: 0.1, tolerance: 0.2 },
  );
  assertEquals(reviewRun(notebook(committed), notebook(executed)).complaints, []);
});

Deno.test("reviewRun() names figures that are out of tolerance, missing or new", () => {
  const committed = notebook(
    showing({ name: "accuracy", value: 99.5, tolerance: 0.2 }),
    showing({ name: "loss", value: 0.1, tolerance: 0 }),
  );
  const executed = notebook(
    showing({ name: "accuracy", value: 99.2, tolerance: 5 }),
    showing({ name: "error", value: 0.1, tolerance: 0 }),
  );
  assertEquals(reviewRun(committed, executed).complaints, [
    'Expected the figure "loss" but the run did not show it',
    'Expected "accuracy" to be 99.5 ± 0.2 but found 99.2',
    'Expected no figure "error" but the run showed it',
  ]);
});

Deno.test("reviewRun() refuses a figure that is no number", () => {
  const committed = notebook(showing({ name: "loss", value: 0.1, tolerance: 1 }));
  const executed = notebook(showing({ name: "loss", value: NaN, tolerance: 1 }));
  assertEquals(reviewRun(committed, executed).complaints, [
    'Expected "loss" to be 0.1 ± 1 but found NaN',
  ]);
});

Deno.test("reviewRun() names cells that take longer than their prose says, or than 10 s", () => {
  const prose = { cell_type: "markdown" as const, source: ["Now we learn.\n", "⏱ up to 20 s\n"] };
  const executed = notebook(prose, taking(19.9), prose, taking(20.1), taking(10), taking(11));
  assertEquals(reviewRun(notebook(), executed).complaints, [
    "Expected cell cell-3 to take up to 20 s but it took 20.1 s",
    "Expected cell cell-5 to take up to 10 s but it took 11.0 s",
  ]);
  assertEquals([...reviewRun(notebook(), executed).secondsByCell.values()], [19.9, 20.1, 10, 11]);
});
