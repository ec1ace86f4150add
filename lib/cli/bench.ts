/** `deno task bench`: speed, side by side with the peers that are installed. */

import os from "node:os";
import { join } from "@std/path";
import denoJson from "../../deno.json" with { type: "json" };
import { writeFileAtomically } from "../data/file_system.ts";
import { writeMnist } from "../study/bench/mnist_files.ts";
import type { BaseName } from "../model/architecture.ts";
import { today } from "../model/provenance.ts";
import { benchmarkChart } from "../study/charts/benchmark_chart.ts";
import { saveChart } from "../plot/render.ts";
import { allEngines, ENGINE_KEYS, measureInTurns } from "../study/bench/engines.ts";
import { allLearners, learnInTurns } from "../study/bench/learning.ts";
import { describeBenchmark, summarise } from "../study/bench/report.ts";
import { runCommand, UsageError } from "./command_line.ts";
import { writeReadmeSection } from "./readme.ts";

await runCommand({
  name: "bench",
  summary:
    "Measures training, forward passes and a whole run against the peers that are installed,\n" +
    "in turns, and writes benchmark.json, benchmark.md and a chart.",
  example: "deno task bench --quick --only ours,pytorch --python .venv/bin/python",
  flags: {
    rounds: { type: "integer", help: "rounds in turn", default: 5, least: 1, most: 1000 },
    quick: { type: "switch", help: "two rounds at most, of a few pictures" },
    only: { type: "text", help: `engines, of ${ENGINE_KEYS.join(",")}`, value: "NAMES" },
    part: {
      type: "text",
      help: "what to measure",
      value: "PART",
      choices: ["all", "steps", "learning"],
      default: "all",
    },
    python: {
      type: "text",
      help: "Python that has PyTorch and Keras",
      value: "PATH",
      default: "python3",
    },
    readme: { type: "switch", help: "write the table into README.md too" },
    out: { type: "text", help: "folder for the results", value: "DIR", default: "outputs/bench" },
  },
  async run(flags) {
    const keys = flags.only?.split(",") ?? ENGINE_KEYS;
    const unknown = keys.find((key) => !ENGINE_KEYS.includes(key));
    if (unknown !== undefined) {
      throw new UsageError(
        `Expected --only to name ${ENGINE_KEYS.join(", ")} but found ${unknown}`,
      );
    }
    const chosen = ({ key }: { key: string }) => keys.includes(key);
    const cores = navigator.hardwareConcurrency;
    const rounds = flags.quick ? Math.min(flags.rounds, 2) : flags.rounds;
    const load = { atStart: readLoad(), highest: 0 };
    const onTurn = ({ name }: { name: string }, round: number) => {
      load.highest = Math.max(load.highest, readLoad());
      console.error(`round ${round}: ${name}`);
    };
    const outcomes = flags.part === "learning" ? [] : await measureInTurns(
      allEngines(flags.python, cores).filter(chosen),
      rounds,
      {
        stepBatches: [8, 32, 128],
        forwardBatches: [1, 8, 128],
        pictures: flags.quick ? 256 : 1024,
        repeats: flags.quick ? 1 : 3,
        bases: ["cnn-residual", "cnn-depthwise"] satisfies BaseName[],
      },
      onTurn,
    );
    const learning = flags.part === "steps" ? [] : await withMnistFiles((folder) =>
      learnInTurns(
        allLearners(folder, denoJson.tasks.train.command, flags.python, cores).filter(chosen),
        flags.quick ? 1 : Math.min(rounds, 3),
        onTurn,
      )
    );
    const benchmark = summarise(
      {
        date: today(),
        machine: { cpu: os.cpus()[0].model.trim(), cores, os: `${os.type()} ${os.release()}` },
        load,
      },
      outcomes,
      learning,
    );
    const table = describeBenchmark(benchmark);
    console.log(table);
    await Deno.mkdir(flags.out, { recursive: true });
    await writeFileAtomically(
      join(flags.out, "benchmark.json"),
      JSON.stringify(benchmark, null, 2) + "\n",
    );
    await writeFileAtomically(join(flags.out, "benchmark.md"), table + "\n");
    if (flags.readme) await writeReadmeSection("bench", table);
    if (benchmark.engines.length + benchmark.learning.length > 0) {
      await saveChart(benchmarkChart(benchmark), join(flags.out, "benchmark"));
    }
  },
});

/** Processes that run or wait for a core, averaged over the last minute. */
function readLoad(): number {
  return Deno.loadavg()[0];
}

async function withMnistFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    await writeMnist(folder);
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
