/** How long a command takes from its cold start until it reads the test pictures right. */

import { join } from "@std/path";
import { lastLine, script, spawn } from "./engines.ts";
import { median } from "../statistics.ts";
import { lines } from "./reading.ts";

/** A command that learns MNIST. */
export interface Learner {
  key: string;
  name: string;
  command: string[];
  /** Reads the accuracy on the test pictures, 0–1, from the last line that was printed. */
  accuracy: (lastLine: string) => Promise<number>;
}

/** What a command came to. */
export interface Learning {
  key: string;
  name: string;
  /** From start to end of the process, median over rounds. */
  seconds?: number;
  /** On the test pictures, 0–1, lowest of all rounds. */
  accuracy?: number;
  /** Largest resident memory. */
  peakMegabytes?: number;
  /** How often it was run. */
  rounds?: number;
  /** Why there are no figures. */
  missing?: string;
}

/** Milliseconds between two looks at a process's memory. */
const MEMORY_INTERVAL = 250;

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

/** Runs the commands in turn, round after round. */
export async function learnInTurns(
  learners: Learner[],
  rounds: number,
  onTurn: (learner: Learner, round: number) => void,
): Promise<Learning[]> {
  const runs = learners.map(() => [] as Awaited<ReturnType<typeof runLearner>>[]);
  const missing: (string | undefined)[] = learners.map(() => undefined);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, learner] of learners.entries()) {
      if (missing[i]) continue;
      onTurn(learner, round);
      try {
        runs[i].push(await runLearner(learner));
      } catch (error) {
        missing[i] = (error as Error).message;
      }
    }
  }
  return learners.map(({ key, name }, i) => {
    if (missing[i]) return { key, name, missing: missing[i] };
    return {
      key,
      name,
      seconds: median(runs[i].map(({ seconds }) => seconds)),
      accuracy: Math.min(...runs[i].map(({ accuracy }) => accuracy)),
      peakMegabytes: Math.max(...runs[i].map(({ peakMegabytes }) => peakMegabytes)),
      rounds,
    };
  });
}

async function runLearner({ command: [program, ...args], accuracy }: Learner) {
  const started = performance.now();
  const process = spawn(program, args, "null");
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
