/** The study of speed, side by side with the peers that are installed. */

import denoJson from "../../deno.json" with { type: "json" };
import { UsageError } from "../flags.ts";
import { today } from "../model/provenance.ts";
import { allEngines, ENGINE_KEYS, measureInTurns } from "./bench/engines.ts";
import { allLearners, learnInTurns, writeMnist } from "./bench/learning.ts";
import { MODELS } from "./bench/models.ts";
import { describeBenchmark, summarise } from "./bench/report.ts";
import { benchmarkChart } from "./charts/benchmark_chart.ts";
import { machine } from "./report.ts";
import { defineStudy } from "./study.ts";

/** The engines that know the networks of others. */
const KNOWING_NETWORKS = ["ours", "pytorch"];

export const bench = defineStudy({
  name: "bench",
  summary: "Measures training, forward passes and a whole run beside PyTorch and Keras, in turns.",
  minutes: 20,
  flags: {
    rounds: { type: "integer", help: "rounds in turn", default: 5, least: 1, most: 1000 },
    quick: { type: "switch", help: "two rounds at most, of a few pictures" },
    only: { type: "text", help: `engines, of ${ENGINE_KEYS.join(",")}`, value: "NAMES" },
    part: {
      type: "text",
      help: "what to measure; networks are others', by plain tfjs, and have a section of their own",
      value: "PART",
      choices: ["all", "steps", "learning", "networks"],
      default: "all",
    },
    python: {
      type: "text",
      help: "Python that has PyTorch and Keras",
      value: "PATH",
      default: "python3",
    },
  },
  async run({ rounds: most, quick, only, part, python }, { observer }) {
    const keys = only?.split(",") ?? ENGINE_KEYS;
    const unknown = keys.find((key) => !ENGINE_KEYS.includes(key));
    if (unknown !== undefined) {
      throw new UsageError(
        `Expected --only to name ${ENGINE_KEYS.join(", ")} but found ${unknown}`,
      );
    }
    const chosen = ({ key }: { key: string }) => keys.includes(key);
    const { cores } = machine();
    const rounds = quick ? Math.min(most, 2) : most;
    const load = { atStart: readLoad(), highest: 0 };
    const onTurn = ({ name }: { name: string }, round: number) => {
      load.highest = Math.max(load.highest, readLoad());
      observer({ kind: "note", text: `round ${round}: ${name}` });
    };
    const ofOthers = part === "networks";
    const turns = part === "learning" ? [] : await measureInTurns(
      allEngines(python, ofOthers ? 1 : cores).filter(chosen)
        .filter(({ key }) => !ofOthers || KNOWING_NETWORKS.includes(key)),
      rounds,
      {
        stepBatches: ofOthers ? [128] : [8, 32, 128],
        forwardBatches: ofOthers ? [128] : [1, 8, 128],
        pictures: quick ? 256 : 1024,
        repeats: quick ? 1 : 3,
        bases: ofOthers ? [] : ["cnn-residual", "cnn-depthwise"],
        models: ofOthers ? Object.keys(MODELS) : [],
      },
      onTurn,
    );
    const learning = part === "steps" || ofOthers
      ? []
      : await withMnistFiles((folder) =>
        learnInTurns(
          allLearners(folder, denoJson.tasks.train.command, python, cores).filter(chosen),
          quick ? 1 : Math.min(rounds, 3),
          onTurn,
        )
      );
    const summary = summarise({ date: today(), machine: machine(), load }, turns, learning);
    const benchmark = ofOthers ? { ...summary, targets: [] } : summary;
    const isMeasured = benchmark.engines.length + benchmark.learning.length > 0;
    return {
      text: describeBenchmark(benchmark),
      ...(ofOthers && { section: "bench networks" }),
      files: {
        [ofOthers ? "networks" : "benchmark"]: {
          json: benchmark,
          ...(isMeasured && !ofOthers && { chart: benchmarkChart(benchmark) }),
        },
      },
    };
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
