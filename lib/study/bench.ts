/** The study of speed, side by side with the peers that are installed. */

import { fromFileUrl, join } from "@std/path";
import denoJson from "../../deno.json" with { type: "json" };
import { join as joinDatasets } from "../data/dataset.ts";
import { encodeIdxPair } from "../data/idx.ts";
import { loadMnist } from "../data/mnist.ts";
import { UsageError } from "../flags.ts";
import { dateAndVersions } from "../model/saved_network.ts";
import { type Answer, reportBenchmark } from "./bench/report.ts";
import { defineStudy } from "./study.ts";

/** What `--only` knows. */
const ENGINE_KEYS = ["ours", "pytorch", "keras", "composed"];

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
    const ofOthers = part === "networks";
    const keys = only?.split(",") ?? (ofOthers ? ["ours", "pytorch"] : ENGINE_KEYS);
    const unknown = keys.find((key) => !ENGINE_KEYS.includes(key));
    if (unknown !== undefined) {
      throw new UsageError(
        `Expected --only to name ${ENGINE_KEYS.join(", ")} but found ${unknown}`,
      );
    }
    const isChosen = ({ key }: { key: string }) => keys.includes(key);
    const { machine } = runs;
    const threads = ofOthers ? [1] : [...new Set([1, Math.min(2, machine.cores), machine.cores])];
    const rounds = quick ? Math.min(most, 2) : most;
    const load = { atStart: readLoad(), highest: 0 };
    const lookAtLoad = () => load.highest = Math.max(load.highest, readLoad());
    const measureAll = async () => {
      const usual = {
        stepBatches: ofOthers ? [128] : [8, 32, 128],
        forwardBatches: ofOthers ? [128] : [1, 8, 128],
        pictures: quick ? 256 : 1024,
        repeats: quick ? 1 : 3,
        networks: ofOthers ? ["U-Net", "autoencoder", "LSTM"] : ["cnn-residual", "cnn-depthwise"],
      };
      // Each in a process of its own that waits while the others work.
      await using processes = new AsyncDisposableStack();
      const started = new Map<Engine, ReturnType<typeof start>>();
      const all = allEngines(python, threads).filter(isChosen);
      return await runs.inTurns(all, rounds, (engine) => {
        lookAtLoad();
        const process = started.get(engine) ??
          processes.use(start(engine, engine.once ?? usual));
        started.set(engine, process);
        return process.measure();
      });
    };
    const learnAll = (folder: string) => {
      const all = allLearners(folder, python, machine.cores).filter(isChosen);
      return runs.inTurns(all, quick ? 1 : Math.min(rounds, 3), (learner) => {
        lookAtLoad();
        return learn(learner);
      });
    };
    const turns = part === "learning" ? [] : await measureAll();
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

/** A way to train and run the network, with a number of threads. */
interface Engine {
  /** What `--only` calls it. */
  key: string;
  /** What tables call it. */
  name: string;
  /** Threads; of this project, workers. */
  threads: number;
  /** Program and arguments, without what is to be measured. */
  command: string[];
  /** So slow that it measures this, in the first round only. */
  once?: Amount;
}

/** What all engines measure alike. */
interface Amount {
  /** Batch sizes of training steps. */
  stepBatches: number[];
  /** Batch sizes of forward passes. */
  forwardBatches: number[];
  /** Pictures that go through before the clock is read; four times as many for features. */
  pictures: number;
  /** Readings of which the median counts. */
  repeats: number;
  /** Networks beside `cnn`, for the engines that know them, at the largest batch sizes. */
  networks: string[];
  /** How this project computes gradients, if not by its own kernels. */
  kernels?: "composed";
}

/** All engines; those that can choose with each number of threads. */
function allEngines(python: string, threads: number[]): Engine[] {
  const ours = [Deno.execPath(), "run", "--quiet", "--allow-read", script("this_project.ts")];
  const peer = (file: string) => [python, script(file)];
  const kinds = [
    { key: "ours", name: "this project", command: ours },
    { key: "pytorch", name: "PyTorch", command: peer("torch_peer.py") },
    { key: "keras", name: "Keras", command: peer("keras_peer.py") },
  ];
  return [
    ...kinds.flatMap(({ name, ...kind }) =>
      threads.map((threads) => ({
        ...kind,
        name: `${name}, ${threads} thread${threads === 1 ? "" : "s"}`,
        threads,
      }))
    ),
    {
      key: "composed",
      name: "tfjs wasm, composed kernels, 1 thread",
      threads: 1,
      command: ours,
      once: {
        stepBatches: [128],
        forwardBatches: [128],
        pictures: 128,
        repeats: 1,
        networks: [],
        kernels: "composed",
      },
    },
  ];
}

/** Starts an engine, which answers a line on its standard input with a line of JSON. */
function start({ command, threads }: Engine, amount: Amount) {
  const task = ["measure", `${threads}`, JSON.stringify(amount)];
  const process = spawn([...command, ...task], "piped");
  const input = process.stdin.getWriter();
  const answers = lines(process.stdout);
  const errors = lastLine(process.stderr);
  return {
    async measure(): Promise<Answer> {
      await input.write(new TextEncoder().encode("\n")).catch(() => {}); // it has ended: see below
      const { value, done } = await answers.next();
      if (done) throw new Error(await errors || "it ended without an answer");
      try {
        return JSON.parse(value);
      } catch {
        throw new Error(`Expected an answer in JSON but found ${value}`);
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      try {
        process.kill();
      } catch {
        // it has ended
      }
      await input.abort().catch(() => {}); // as above
      await Promise.all([process.status, errors, answers.return(undefined)]);
    },
  };
}

/** A command that learns MNIST. */
interface Learner {
  key: string;
  name: string;
  command: string[];
  /** Reads the accuracy on the test pictures, 0–1, from the last line that was printed. */
  accuracy: (lastLine: string) => Promise<number>;
}

/**
 * Commands that learn MNIST: this project's main task with a frozen base, which learns, evaluates, saves and
 * draws, once for the single epoch that takes it past 99 % and once for all; and scripts for the
 * peers that train the same network until they first pass 99 % on the test pictures.
 *
 * @param folder Temporary folder, with MNIST's IDX files under their own names.
 */
function allLearners(folder: string, python: string, cores: number): Learner[] {
  const results = join(folder, "results");
  const peer = (key: string, name: string, file: string) => ({
    key,
    name,
    command: [python, script(file), "learn", `${cores}`, folder],
    accuracy: (line: string) => Promise.resolve(JSON.parse(line).accuracy),
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
    accuracy: async () =>
      JSON.parse(await Deno.readTextFile(join(results, "metrics.json"))).testAccuracy,
  });
  return [
    ours("this project, one epoch of the head", "--epochs", "1"),
    ours("this project, the whole frozen stage"),
    peer("keras", "Keras", "keras_peer.py"),
    peer("pytorch", "PyTorch", "torch_peer.py"),
  ];
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

/** Milliseconds between two looks at a process's memory. */
const MEMORY_INTERVAL = 250;

/**
 * Runs a command that learns.
 *
 * @returns Time from start to end of its process, accuracy on the test pictures, 0–1, and largest resident memory.
 */
async function learn({ command, accuracy }: Learner) {
  const started = performance.now();
  const process = spawn(command);
  let peakMegabytes = 0;
  const timer = setInterval(async () => {
    peakMegabytes = Math.max(peakMegabytes, await readPeakMegabytes(process.pid));
  }, MEMORY_INTERVAL);
  try {
    const [printed, error, { code }] = await Promise.all([
      Array.fromAsync(lines(process.stdout)),
      lastLine(process.stderr),
      process.status,
    ]);
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(error || `it ended with code ${code}`);
    return { seconds, accuracy: await accuracy(printed.at(-1) ?? ""), peakMegabytes };
  } finally {
    clearInterval(timer);
  }
}

/** Path of a script of the benchmark. */
function script(name: string): string {
  return fromFileUrl(new URL(`bench/${name}`, import.meta.url));
}

/** Processes that run or wait for a core, averaged over the last minute. */
function readLoad(): number {
  return Deno.loadavg()[0];
}

/** The kernel's own high-water mark of a process that runs; 0 where there is no /proc. */
async function readPeakMegabytes(pid: number): Promise<number> {
  // Deno itself may read /proc with all permissions only.
  const { stdout } = await new Deno.Command("cat", {
    args: [`/proc/${pid}/status`],
    stderr: "null",
  }).output().catch(() => ({ stdout: new Uint8Array() }));
  const kilobytes = new TextDecoder().decode(stdout).match(/^VmHWM:\s+(\d+) kB$/m)?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** Starts a command, with its output piped. */
function spawn(
  [program, ...args]: string[],
  stdin: "piped" | "null" = "null",
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${program} is not installed`);
    throw error;
  }
}

/** The lines of a stream of UTF-8, without their ends. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}

/** The last line with text; of an error in Deno, the line that names it. */
async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "";
  for await (const line of lines(stream)) {
    // deno-lint-ignore no-control-regex -- colours of the terminal
    const text = line.replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
    if (text && !last.startsWith("error: ")) last = text;
  }
  return last;
}
