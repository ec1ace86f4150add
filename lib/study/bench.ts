/** The study of speed, side by side with the peers that are installed. */

import { fromFileUrl, join } from "@std/path";
import denoJson from "../../deno.json" with { type: "json" };
import { join as joinDatasets } from "../data/dataset.ts";
import { encodeIdxPair } from "../data/idx.ts";
import { loadMnist } from "../data/mnist.ts";
import { UsageError } from "../flags.ts";
import { dateAndVersions } from "../model/saved_network.ts";
import { learn, startEngines } from "./bench/engines.ts";
import { MODELS } from "./bench/models.ts";
import { reportBenchmark } from "./bench/report.ts";
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
  async run({ rounds: most, quick, only, part, python }, runs) {
    const keys = only?.split(",") ?? ENGINE_KEYS;
    const unknown = keys.find((key) => !ENGINE_KEYS.includes(key));
    if (unknown !== undefined) {
      throw new UsageError(
        `Expected --only to name ${ENGINE_KEYS.join(", ")} but found ${unknown}`,
      );
    }
    const ofOthers = part === "networks";
    const isChosen = ({ key }: { key: string }) =>
      keys.includes(key) && (!ofOthers || KNOWING_NETWORKS.includes(key));
    const { machine } = runs;
    const threads = ofOthers ? [1] : [...new Set([1, Math.min(2, machine.cores), machine.cores])];
    const rounds = quick ? Math.min(most, 2) : most;
    const load = { atStart: readLoad(), highest: 0 };
    /** Looks at the load before every turn. */
    const watched =
      <Contender, Result>(measure: (contender: Contender) => Promise<Result>) =>
      (contender: Contender) => {
        load.highest = Math.max(load.highest, readLoad());
        return measure(contender);
      };
    const measureEngines = async () => {
      await using engines = startEngines({
        stepBatches: ofOthers ? [128] : [8, 32, 128],
        forwardBatches: ofOthers ? [128] : [1, 8, 128],
        pictures: quick ? 256 : 1024,
        repeats: quick ? 1 : 3,
        bases: ofOthers ? [] : ["cnn-residual", "cnn-depthwise"],
        models: ofOthers ? Object.keys(MODELS) : [],
      });
      const all = allEngines(python, threads).filter(isChosen);
      return await runs.inTurns(all, rounds, watched(engines.measure));
    };
    const learnAll = (folder: string) =>
      runs.inTurns(
        allLearners(folder, python, machine.cores).filter(isChosen),
        quick ? 1 : Math.min(rounds, 3),
        watched(learn),
      );
    const turns = part === "learning" ? [] : await measureEngines();
    const learning = part === "steps" || ofOthers ? [] : await withMnistFiles(learnAll);
    const about = { date: dateAndVersions().date, machine, load };
    const { benchmark: json, chart, text } = reportBenchmark(
      about,
      turns,
      learning,
      ofOthers ? [] : threads,
    );
    return {
      text,
      section: ofOthers ? "bench networks" : "bench",
      files: { [ofOthers ? "networks" : "benchmark"]: { json, chart } },
    };
  },
});

/** All engines; those that can choose with each number of threads. */
function allEngines(python: string, threads: number[]) {
  const ours = [Deno.execPath(), "run", "--quiet", "--allow-read", script("this_project.ts")];
  const peer = (file: string) => [python, script(file), "measure"];
  const kinds = [
    { key: "ours", name: "this project", command: ours },
    { key: "pytorch", name: "PyTorch", command: peer("torch_peer.py") },
    { key: "keras", name: "Keras", command: peer("keras_peer.py") },
  ];
  return [
    ...kinds.flatMap((kind) => threads.map((threads) => ({ ...kind, threads }))),
    {
      key: "composed",
      name: "tfjs wasm, composed kernels",
      threads: 1,
      command: [...ours, "--kernels=composed"],
      once: {
        stepBatches: [128],
        forwardBatches: [128],
        pictures: 128,
        repeats: 1,
        bases: [],
        models: [],
      },
    },
  ];
}

/**
 * Commands that learn MNIST: this project's main task with a frozen base, which learns, evaluates, saves and
 * draws, once for the single epoch that takes it past 99 % and once for all; and scripts for the
 * peers that train the same network until they first pass 99 % on the test pictures.
 *
 * @param folder Temporary folder, with MNIST's IDX files under their own names.
 */
function allLearners(folder: string, python: string, cores: number) {
  const results = join(folder, "results");
  const peer = (key: string, name: string, file: string) => ({
    key,
    name,
    command: [python, script(file), "learn", `--threads=${cores}`, `--data=${folder}`],
    accuracy: (line: string): Promise<number> => Promise.resolve(JSON.parse(line).accuracy),
  });
  const [, ...words] = denoJson.tasks.train.command.split(" ");
  const ours = (name: string, ...flags: string[]) => ({
    key: "ours",
    name,
    command: [
      Deno.execPath(),
      ...words,
      ...flags,
      ...["--fine-tune", "0", "--workers", String(cores), "--out", results],
    ],
    accuracy: async (): Promise<number> =>
      JSON.parse(await Deno.readTextFile(join(results, "metrics.json"))).testAccuracy,
  });
  return [
    ours("this project, one epoch of the head", "--epochs", "1"),
    ours("this project, the whole frozen stage"),
    peer("keras", "Keras", "keras_peer.py"),
    peer("pytorch", "PyTorch", "torch_peer.py"),
  ];
}

/** Path of a script of the benchmark. */
function script(name: string): string {
  return fromFileUrl(new URL(`bench/${name}`, import.meta.url));
}

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
      ...await encodeIdxPair("train", joinDatasets(train, validation), { gzip: false }),
      ...await encodeIdxPair("t10k", test, { gzip: false }),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), bytes);
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
