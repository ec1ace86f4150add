/** What the benchmark compares: engines that train and run the network, and commands that learn MNIST. */

import { fromFileUrl, join } from "@std/path";

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
  /** Bases beside `cnn`, for the engines that know them, at the largest batch sizes. */
  bases: string[];
  /** Networks of others, for the engines that know them, at the largest batch sizes. */
  models: string[];
}

/** What an engine answers in each round: times in µs a picture, and about itself. */
export interface Answer {
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
  versions: Record<string, string>;
  /** How the engine was set up. */
  configuration: string;
  /** Largest resident memory of the process so far. */
  peakMegabytes: number;
}

/**
 * All engines, each with one thread, with two and with all, as far as it can choose.
 *
 * @param python Command of the Python that has the peers.
 * @param cores Number of threads that counts as all.
 */
export function allEngines(python: string, cores: number): Engine[] {
  const ours = [Deno.execPath(), "run", "--quiet", "--allow-read", script("this_project.ts")];
  const peer = (file: string) => [python, script(file), "measure"];
  const kinds = [
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

/** One thread, two and all. */
export function threadCounts(cores: number): number[] {
  return [...new Set([1, Math.min(2, cores), cores])];
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
 * The commands: this project's main task with a frozen base, which learns, evaluates, saves and
 * draws, once for the single epoch that takes it past 99 % and once for all; and scripts for the
 * peers that train the same network until they first pass 99 % on the test pictures.
 *
 * @param folder Temporary folder, with MNIST's IDX files under their own names.
 * @param trainTask Command of `deno task train`, as deno.json has it.
 */
export function allLearners(
  folder: string,
  trainTask: string,
  python: string,
  cores: number,
): Learner[] {
  const results = join(folder, "results");
  const peer = (key: string, name: string, file: string): Learner => ({
    key,
    name,
    command: [python, script(file), "learn", `--threads=${cores}`, `--data=${folder}`],
    accuracy: (line) => Promise.resolve(JSON.parse(line).accuracy),
  });
  const [, ...words] = trainTask.split(" ");
  const ours = (name: string, ...flags: string[]): Learner => ({
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

/** What came of measuring something in turn with others. */
export interface Turns<Contender, Result> {
  contender: Contender;
  results: Result[];
  /** Why it is missing. */
  missing?: string;
}

/**
 * Measures contenders in turn, round after round, so that what disturbs a machine disturbs all alike. One that
 * fails is missing, and the others go on.
 *
 * @param contenders Those with `once` are measured in the first round only.
 * @param onTurn Told before every turn.
 */
export async function inTurns<Contender extends { name: string; once?: unknown }, Result>(
  contenders: Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<Result>,
  onTurn: (contender: Contender, round: number) => void,
): Promise<Turns<Contender, Result>[]> {
  const turns: Turns<Contender, Result>[] = contenders.map((contender) => ({
    contender,
    results: [],
  }));
  for (let round = 1; round <= rounds; round++) {
    for (const turn of turns) {
      const { contender, results, missing } = turn;
      if (missing || (contender.once && round > 1)) continue;
      onTurn(contender, round);
      try {
        results.push(await measure(contender));
      } catch (error) {
        turn.missing = (error as Error).message;
      }
    }
  }
  return turns;
}

/** Lets the engines measure in turn, each in a process of its own that waits while the others work. */
export async function measureInTurns(
  engines: Engine[],
  rounds: number,
  amount: Amount,
  onTurn: (engine: Engine, round: number) => void,
): Promise<Turns<Engine, Answer>[]> {
  const processes = new Map<Engine, ReturnType<typeof start>>();
  const measure = async (engine: Engine) => {
    const process = processes.get(engine) ?? start(engine, amount);
    processes.set(engine, process);
    return await process.measure();
  };
  try {
    return await inTurns(engines, rounds, measure, onTurn);
  } finally {
    await Promise.all([...processes.values()].map((process) => process.close()));
  }
}

/** Starts an engine, which answers a line on its standard input with a line of JSON. */
function start({ command, threads, once }: Engine, usual: Amount) {
  const amount = once ?? usual;
  const process = spawn([
    ...command,
    `--threads=${threads}`,
    `--step-batches=${amount.stepBatches}`,
    `--forward-batches=${amount.forwardBatches}`,
    `--pictures=${amount.pictures}`,
    `--repeats=${amount.repeats}`,
    `--bases=${amount.bases}`,
    `--models=${amount.models}`,
  ], "piped");
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
    async close(): Promise<void> {
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

/** Milliseconds between two looks at a process's memory. */
const MEMORY_INTERVAL = 250;

/**
 * Runs a command that learns.
 *
 * @returns Time from start to end of its process, accuracy on the test pictures, 0–1, and largest resident memory.
 */
export async function learn({ command, accuracy }: Learner) {
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

/** Path of a script beside this one. */
function script(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
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
