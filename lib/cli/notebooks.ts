/** `deno task notebooks`: run the notebooks with Jupyter and write their outputs back, or compare them. */

import { basename, dirname, join, relative } from "@std/path";
import { isDirectory, writeFileAtomically } from "../data/file_system.ts";
import { UsageError } from "../flags.ts";
import { CHECKPOINTS, type Notebook, reviewRun } from "../workshop/notebook.ts";
import { runCommand } from "./command_line.ts";

/** Seconds after which a cell is given up. */
const LONGEST_CELL = 900;

/** Where `--check` leaves what it ran. */
const RUNS = "outputs/notebooks";

const FOLDERS = ["notebooks", "notebooks/solutions"];

await runCommand({
  name: "notebooks",
  summary:
    "Runs the notebooks with Jupyter on the Deno kernel and writes their outputs back. With --check leaves\n" +
    `them as they are, puts the run ones into ${RUNS}, and fails if a key figure is out of its\n` +
    "tolerance or a cell takes longer than its prose says.",
  example: "deno task notebooks --only 3 --check",
  flags: {
    only: {
      type: "text",
      help: "run the notebooks whose path starts so, such as 3 or solutions/3",
      value: "NAME",
    },
    check: { type: "switch", help: "compare with the outputs that are there" },
  },
  async run({ only = "", check }) {
    await expectTools();
    const paths = FOLDERS
      .flatMap((folder) => Array.from(Deno.readDirSync(folder), ({ name }) => join(folder, name)))
      .filter((path) => path.endsWith(".ipynb") && relative("notebooks", path).startsWith(only))
      .sort();
    if (paths.length === 0) {
      throw new UsageError(`Expected --only to begin the name of a notebook but found ${only}`);
    }
    const complaints: string[] = [];
    for (const path of paths) {
      const committed: Notebook = JSON.parse(await Deno.readTextFile(path));
      // What an earlier run has learnt is to take its time in this one too.
      if (await isDirectory(CHECKPOINTS)) await Deno.remove(CHECKPOINTS, { recursive: true });
      const run = reviewRun(committed, await execute(path));
      console.log(`${path}: ${run.seconds.toFixed(1)} s${describeSlowest(run.secondsByCell)}`);
      if (check) complaints.push(...run.complaints.map((text) => `${path}: ${text}`));
      const target = check ? join(RUNS, relative("notebooks", path)) : path;
      await Deno.mkdir(dirname(target), { recursive: true });
      await writeFileAtomically(target, `${JSON.stringify(run.notebook, null, 1)}\n`);
    }
    for (const complaint of complaints) console.error(complaint);
    if (complaints.length > 0) {
      throw new Error(
        `Expected the notebooks to run as committed but ${complaints.length} did not`,
      );
    }
  },
});

/** The cells that took longest, in brackets. */
function describeSlowest(secondsByCell: Map<string, number>): string {
  const slowest = [...secondsByCell]
    .filter(([, seconds]) => seconds > 2)
    .sort(([, one], [, other]) => other - one)
    .map(([id, seconds]) => `${id} ${seconds.toFixed(1)}`);
  return slowest.length === 0 ? "" : ` (${slowest.join(", ")})`;
}

/** Throws unless there is a Jupyter that knows the Deno kernel. */
async function expectTools(): Promise<void> {
  const { kernelspecs } = JSON.parse(await jupyter("kernelspec", "list", "--json"));
  if (!("deno" in kernelspecs)) {
    throw new Error(
      `Expected Jupyter to know the Deno kernel but found ${
        Object.keys(kernelspecs).join(", ") || "no kernel"
      }: run deno jupyter --install`,
    );
  }
}

async function execute(path: string): Promise<Notebook> {
  const folder = await Deno.makeTempDir();
  try {
    await jupyter(
      "nbconvert",
      "--to=notebook",
      "--execute",
      `--ExecutePreprocessor.timeout=${LONGEST_CELL}`,
      `--output-dir=${folder}`,
      path,
    );
    return JSON.parse(await Deno.readTextFile(join(folder, basename(path))));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs Jupyter and returns what it prints. */
async function jupyter(...args: string[]): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command("jupyter", { args }).output();
    if (success) return new TextDecoder().decode(stdout);
    // Python's trace is of no use to somebody whose cell failed.
    console.error(new TextDecoder().decode(stderr).replace(/^[^]*\n(?=\S*CellExecutionError)/, ""));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "Expected jupyter on the path but there is none: run pip install jupyterlab, then deno jupyter --install",
    );
  }
  throw new Error(`Expected jupyter ${args.join(" ")} to succeed but it failed as told above`);
}
