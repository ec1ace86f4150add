/** Processes that the benchmark measures: engines that train and run the network, and commands that learn MNIST. */

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

/** Engines that measure when they are asked to, each in a process of its own that waits while the others work. */
export function startEngines(usual: Amount) {
  const processes = new Map<Engine, ReturnType<typeof start>>();
  return {
    async measure(engine: Engine): Promise<Answer> {
      const process = processes.get(engine) ?? start(engine, engine.once ?? usual);
      processes.set(engine, process);
      return await process.measure();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([...processes.values()].map((process) => process.close()));
    },
  };
}

/** Starts an engine, which answers a line on its standard input with a line of JSON. */
function start({ command, threads }: Engine, amount: Amount) {
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

/** A command that learns MNIST. */
interface Learner {
  key: string;
  name: string;
  command: string[];
  /** Reads the accuracy on the test pictures, 0–1, from the last line that was printed. */
  accuracy: (lastLine: string) => Promise<number>;
}

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
