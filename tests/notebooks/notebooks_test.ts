import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { Notebook } from "../../lib/workshop/notebook.ts";
import { withFolder } from "../temporary_folder.ts";

type Cell = Notebook["cells"][number];

const LONGEST_CELL = 15;

const VEGA_LITE = "application/vnd.vegalite.v5+json";

const notebooks = ["notebooks", "notebooks/solutions"].flatMap((folder) =>
  Array.from(Deno.readDirSync(folder), ({ name }) => join(folder, name))
    .filter((path) => path.endsWith(".ipynb"))
    .map((path): [string, Notebook] => [path, JSON.parse(Deno.readTextFileSync(path))])
);

const textOf = ({ source }: Cell) => source.join("");
const codeCellsOf = ({ cells }: Notebook) => cells.filter(({ cell_type }) => cell_type === "code");

for (const [path, notebook] of notebooks) {
  Deno.test(`${path} shows all charts without JavaScript`, () => {
    for (const cell of codeCellsOf(notebook)) {
      const bundles = cell.outputs!.map(({ data = {} }) => data);
      const charts = bundles.filter((data) => VEGA_LITE in data || "image/png" in data);
      for (const data of charts) {
        const { $schema } = (data[VEGA_LITE] ?? {}) as { $schema?: string };
        const version5 = "https://vega.github.io/schema/vega-lite/v5.json";
        assertEquals($schema ?? version5, version5, cell.id);
        assert((data["image/png"] as string).startsWith("iVBORw0KGgo"), cell.id);
        assert(data["text/plain"], cell.id);
      }
      const calls = textOf(cell).match(/await showChart\(/g)?.length ?? 0;
      const declaresChart = /async .*=>/.test(textOf(cell));
      if (!declaresChart) assert(charts.length >= calls, `${cell.id} lacks charts`);
    }
  });

  Deno.test(`${path} was run from its first cell to its last without an error`, () => {
    const cells = codeCellsOf(notebook);
    assertEquals(
      cells.map(({ execution_count }) => execution_count),
      cells.map((_, index) => index + 1),
    );
    const kinds = cells.flatMap(({ outputs }) => outputs!.map(({ output_type }) => output_type));
    assertEquals(kinds.filter((kind) => kind !== "display_data"), []);
    for (const cell of cells) {
      const calls = textOf(cell).match(/^await show/gm)?.length ?? 0;
      assert(cell.outputs!.length >= calls, `${cell.id} lacks outputs`);
    }
  });

  Deno.test(`${path} has short cells with prose above them`, () => {
    for (const [index, cell] of notebook.cells.entries()) {
      if (cell.cell_type !== "code") continue;
      assertEquals(notebook.cells[index - 1].cell_type, "markdown", cell.id);
      assert(cell.source.length <= LONGEST_CELL, `${cell.id} has ${cell.source.length} lines`);
      assert(!textOf(cell).includes("console."), `${cell.id} prints`);
    }
    assertEquals(new Set(notebook.cells.map(({ id }) => id)).size, notebook.cells.length);
  });
}

Deno.test("a notebook has 500 kB at most, and all but the solutions 4 MB, so that GitHub shows them soon", () => {
  const sizes = notebooks.map(([path]) => ({ path, size: Deno.statSync(path).size }));
  assertEquals(sizes.filter(({ size }) => size > 500_000), []);
  const total = sizes.filter(({ path }) => !path.includes("solutions"))
    .reduce((sum, { size }) => sum + size, 0);
  assert(total <= 4e6, `${total} bytes`);
});

Deno.test("notebooks import from the front doors, in four statements of their first cell at most", () => {
  for (const [path, notebook] of notebooks) {
    const imports = codeCellsOf(notebook).map((cell) =>
      [...textOf(cell).matchAll(/^import [^]*?from "(.*)";/gm)].map(([, module]) => module)
    );
    assert(imports[0].length <= 4, path);
    assertEquals(imports.slice(1).flat(), [], path);
    for (const module of imports[0]) assert(/^@std\/assert$|\/mod\.ts$/.test(module), module);
  }
});

/**
 * What is run after a restart, for each heading that promises to be enough: the cells down to the one
 * below "After a restart", and those below the heading.
 */
function restarts({ cells }: Notebook): Cell[][] {
  const last = cells.findIndex((cell) => textOf(cell).includes("After a restart")) + 1;
  const isHeading = (cell: Cell) => cell.cell_type === "markdown" && textOf(cell).includes("## ↻");
  return cells.flatMap((cell, i) =>
    isHeading(cell)
      ? [[...cells.slice(0, last + 1), ...cells.slice(i)].filter((one) => one.cell_type === "code")]
      : []
  );
}

Deno.test("the cells of all notebooks type-check, from the first and from where one may go on after a restart", async () => {
  await withFolder(async (folder) => {
    const library = toFileUrl(join(Deno.cwd(), "lib")).href;
    const files = await Promise.all(notebooks.map(async ([path, notebook]) => {
      const file = join(folder, path.replaceAll(/\W/g, "_"));
      const programs = [codeCellsOf(notebook), ...restarts(notebook)];
      return await Promise.all(programs.map(async (cells, i) => {
        const code = cells.map(textOf).join("\n").replaceAll(/"(\.\.\/)+lib\//g, `"${library}/`);
        await Deno.writeTextFile(`${file}_${i}.ts`, `${code}\nexport {};\n`);
        return `${file}_${i}.ts`;
      }));
    }));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", "deno.json", ...files.flat()],
      stdout: "null",
      stderr: "piped",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  });
});
