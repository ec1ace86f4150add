/** The engines that the benchmark compares, and the processes that they run in. */

import { lastLine, lines, script, spawn } from "./processes.ts";
import { inTurns, type Turns } from "./turns.ts";

/** A way to train and run the network, with a number of threads. */
export interface Engine {
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
  /** Bases beside `cnn`, for the engines that know them, at the largest batch sizes. */
  bases: string[];
  /** Networks of others, for the engines that know them, at the largest batch sizes. */
  models: string[];
}

/** What an engine answers in each round. */
export interface Answer extends Timings {
  versions: Record<string, string>;
  /** How the engine was set up. */
  configuration: string;
  /** Largest resident memory of the process so far. */
  peakMegabytes: number;
}

/** Times in µs a picture. */
export interface Timings {
  /** Training step, by batch size. */
  step: Record<number, number>;
  /** The same with this project's augmentation. */
  augmentedStep?: Record<number, number>;
  /** Forward pass, by batch size. */
  forward: Record<number, number>;
  /** From pixels 0–255 to the base's features in memory. */
  features?: number;
  /** Training step and forward pass with other bases. */
  bases?: Record<string, { step: number; forward: number }>;
  /** The same with networks of others; of this project with one thread, as tfjs alone trains. */
  models?: Record<string, { step: number; forward: number }>;
}

const FEW_BATCHES: Amount = {
  stepBatches: [128],
  forwardBatches: [128],
  pictures: 128,
  repeats: 1,
  bases: [],
  models: [],
};

/** Names that `--only` knows. */
export const ENGINE_KEYS = ["ours", "pytorch", "keras", "composed"];

/**
 * All engines, each with one thread, with two and with all, as far as it can choose.
 *
 * @param python Command of the Python that has the peers.
 * @param cores Number of threads that counts as all.
 */
export function allEngines(python: string, cores: number): Engine[] {
  const ours = [Deno.execPath(), "run", "--quiet", "--allow-read", script("this_project.ts")];
  const peer = (file: string) => [python, script(file), "measure"];
  const kinds: Omit<Engine, "threads">[] = [
    { key: "ours", name: "this project", command: ours },
    { key: "pytorch", name: "PyTorch", command: peer("torch_peer.py") },
    { key: "keras", name: "Keras", command: peer("keras_peer.py") },
  ];
  return [
    ...kinds.flatMap((kind) => threadCounts(cores).map((threads) => ({ ...kind, threads }))),
    {
      key: "composed",
      name: "tfjs wasm, composed kernels",
      threads: 1,
      command: [...ours, "--kernels", "composed"],
      once: FEW_BATCHES,
    },
  ];
}

/** One thread, two and all. */
export function threadCounts(cores: number): number[] {
  return [...new Set([1, Math.min(2, cores), cores])];
}

/**
 * Lets the engines measure in turn, round after round, each in a process of its own that waits
 * while the others work.
 *
 * @param onTurn Told before every turn.
 */
export async function measureInTurns(
  engines: Engine[],
  rounds: number,
  amount: Amount,
  onTurn: (engine: Engine, round: number) => void,
): Promise<Turns<Engine, Answer>[]> {
  const processes = new Map<Engine, EngineProcess>();
  const measure = async (engine: Engine) => {
    const process = processes.get(engine) ?? new EngineProcess(engine, engine.once ?? amount);
    processes.set(engine, process);
    return await process.measure();
  };
  try {
    return await inTurns(engines, rounds, measure, onTurn);
  } finally {
    await Promise.all([...processes.values()].map((process) => process.close()));
  }
}

/** A process that answers a line on its standard input with a line of JSON. */
class EngineProcess {
  #process: Deno.ChildProcess;
  #input: WritableStreamDefaultWriter<Uint8Array>;
  #answers: AsyncGenerator<string>;
  #errors: Promise<string>;

  constructor({ command: [program, ...args], threads }: Engine, amount: Amount) {
    this.#process = spawn(program, [
      ...args,
      `--threads=${threads}`,
      `--step-batches=${amount.stepBatches}`,
      `--forward-batches=${amount.forwardBatches}`,
      `--pictures=${amount.pictures}`,
      `--repeats=${amount.repeats}`,
      `--bases=${amount.bases}`,
      `--models=${amount.models}`,
    ], "piped");
    this.#input = this.#process.stdin.getWriter();
    this.#answers = lines(this.#process.stdout);
    this.#errors = lastLine(this.#process.stderr);
  }

  async measure(): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode("\n")).catch(() => {}); // it has ended: see below
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(await this.#errors || "it ended without an answer");
    try {
      return JSON.parse(value);
    } catch {
      throw new Error(`Expected an answer in JSON but found ${value}`);
    }
  }

  async close(): Promise<void> {
    try {
      this.#process.kill();
    } catch {
      // it has ended
    }
    await this.#input.abort().catch(() => {}); // as above
    await Promise.all([this.#process.status, this.#errors, this.#answers.return(undefined)]);
  }
}
