/** The study of speed, side by side with the peers that are installed. */

import denoJson from "../../deno.json" with { type: "json" };
import { join } from "../data/dataset.ts";
import { encodeIdxPair } from "../data/idx.ts";
import { loadMnist } from "../data/mnist.ts";
import { UsageError } from "../flags.ts";
import { dateAndVersions } from "../model/saved_network.ts";
import { allEngines, allLearners, inTurns, learn, measureInTurns } from "./bench/engines.ts";
import { MODELS } from "./bench/models.ts";
import { reportBenchmark } from "./bench/report.ts";
import { machine } from "./report.ts";
import { defineStudy } from "./study.ts";

/** What `--only` knows. */
const ENGINE_KEYS = ["ours", "pytorch", "keras", "composed"];

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
    const isChosen = ({ key }: { key: string }) => keys.includes(key);
    const { cores } = machine();
    const rounds = quick ? Math.min(most, 2) : most;
    const load = { atStart: readLoad(), highest: 0 };
    const onTurn = ({ name }: { name: string }, round: number) => {
      load.highest = Math.max(load.highest, readLoad());
      observer({ kind: "note", text: `round ${round}: ${name}` });
    };
    const ofOthers = part === "networks";
    const turns = part === "learning" ? [] : await measureInTurns(
      allEngines(python, ofOthers ? 1 : cores).filter(isChosen)
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
    const learning = part === "steps" || ofOthers ? [] : await withMnistFiles((folder) =>
      inTurns(
        allLearners(folder, denoJson.tasks.train.command, python, cores).filter(isChosen),
        quick ? 1 : Math.min(rounds, 3),
        learn,
        onTurn,
      )
    );
    const about = { date: dateAndVersions().date, machine: machine(), load };
    const { benchmark: json, chart, text } = reportBenchmark(about, turns, learning, !ofOthers);
    return {
      text,
      section: ofOthers ? "bench networks" : "bench",
      files: { [ofOthers ? "networks" : "benchmark"]: { json, chart } },
    };
  },
});

/** Processes that run or wait for a core, averaged over the last minute. */
function readLoad(): number {
  return Deno.loadavg()[0];
}

/** MNIST as four IDX files under their official names, for peers to read. */
async function withMnistFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    const { train, validation, test } = await loadMnist();
    const files = {
      ...await encodeIdxPair("train", join(train, validation), { gzip: false }),
      ...await encodeIdxPair("t10k", test, { gzip: false }),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
