/** The engines that the benchmark compares, and the processes that they run in. */

import { fromFileUrl } from "@std/path";
import type { Answer } from "./peer.ts";
import { lines } from "./reading.ts";

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
  /** What it needs, to be named when it is missing. */
  needs?: string;
  /** So slow that it measures this, in the first round only. */
  once?: Amount;
}

/** What all engines measure alike. */
export interface Amount {
  stepBatches: number[];
  forwardBatches: number[];
  pictures: number;
  repeats: number;
  /** Bases beside `cnn`, for the engines that know them. */
  bases: string[];
}

const FEW_BATCHES: Amount = {
  stepBatches: [128],
  forwardBatches: [128],
  pictures: 128,
  repeats: 1,
  bases: [],
};
const FEW_PICTURES: Amount = {
  stepBatches: [8],
  forwardBatches: [8],
  pictures: 8,
  repeats: 1,
  bases: [],
};

/** Path of a script beside this one. */
export function script(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
}

/**
 * All engines, each with one thread, with two and with all, as far as it can choose.
 *
 * @param python Command of the Python that has the peers.
 * @param cores Number of threads that counts as all.
 */
export function allEngines(python: string, cores: number): Engine[] {
  const deno = [Deno.execPath(), "run", "--quiet", "--allow-read"];
  const counts = [1, Math.min(2, cores), cores];
  const kinds: (Omit<Engine, "threads"> & { threads: number[] })[] = [
    {
      key: "ours",
      name: "this project",
      threads: counts,
      command: [...deno, script("this_project.ts")],
    },
    {
      key: "pytorch",
      name: "PyTorch",
      threads: counts,
      command: [python, script("torch_peer.py"), "measure"],
    },
    {
      key: "keras",
      name: "Keras",
      threads: counts,
      command: [python, script("keras_peer.py"), "measure"],
    },
    {
      key: "composed",
      name: "tfjs wasm, composed kernels",
      threads: [1],
      command: [...deno, script("this_project.ts"), "--kernels", "composed"],
      once: FEW_BATCHES,
    },
    {
      key: "tfjs-cpu",
      name: "tfjs cpu",
      threads: [1],
      command: [...deno, script("tfjs_cpu.ts")],
      once: FEW_PICTURES,
    },
    {
      key: "node",
      name: "tfjs cpu on plain Node",
      threads: [1],
      command: ["node", script("tfjs_cpu.ts")],
      needs: "Node 22.18 or newer, and tfjs in a node_modules folder",
      once: FEW_PICTURES,
    },
    {
      key: "jax-js",
      name: "jax-js wasm",
      threads: [cores],
      command: [...deno, script("jax_js.ts")],
      once: FEW_PICTURES,
    },
  ];
  return kinds.flatMap(({ threads, ...kind }) =>
    [...new Set(threads)].map((count) => ({ ...kind, threads: count }))
  );
}

/** Names that `--only` knows. */
export const ENGINE_KEYS: string[] = [
  ...new Set(allEngines("", 1).map(({ key }) => key)),
];

/** What an engine answered in each round, or why it did not. */
export interface Outcome {
  engine: Engine;
  answers: Answer[];
  /** Why the engine is missing. */
  missing?: string;
}

/**
 * Lets the engines measure in turn, round after round, each in a process of its own that waits
 * while the others work. An engine that cannot start or fails is missing, and the others go on.
 *
 * @param onTurn Told before every turn.
 */
export async function measureInTurns(
  engines: Engine[],
  rounds: number,
  amount: Amount,
  onTurn: (engine: Engine, round: number) => void,
): Promise<Outcome[]> {
  const outcomes: (Outcome & { process?: EngineProcess })[] = engines.map((engine) => ({
    engine,
    answers: [],
  }));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const outcome of outcomes) {
        const { engine } = outcome;
        if (outcome.missing || (engine.once && round > 1)) continue;
        onTurn(engine, round);
        try {
          outcome.process ??= new EngineProcess(engine, engine.once ?? amount);
          outcome.answers.push(await outcome.process.measure());
        } catch (error) {
          outcome.missing = engine.needs ? `it needs ${engine.needs}` : (error as Error).message;
        }
      }
    }
  } finally {
    await Promise.all(outcomes.map(({ process }) => process?.close()));
  }
  return outcomes.map(({ engine, answers, missing }) => ({ engine, answers, missing }));
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

/** Starts a program, with its output piped. */
export function spawn(
  program: string,
  args: string[],
  stdin: "piped" | "null",
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

/** The last line with text; of an error in Deno, the line that names it. */
export async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "";
  for await (const line of lines(stream)) {
    // deno-lint-ignore no-control-regex -- colours of the terminal
    const text = line.replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
    if (text && !last.startsWith("error: ")) last = text;
  }
  return last;
}
