/** How long a command takes from its cold start until it reads the test pictures right. */

import { join } from "@std/path";
import { type Dataset, join as joinDatasets } from "../../data/dataset.ts";
import { writeIdx } from "../../data/idx.ts";
import { loadMnist } from "../../data/mnist.ts";
import { IMAGE_SIDE } from "../../image/size.ts";
import { median } from "../report.ts";
import { lastLine, lines, script, spawn } from "./processes.ts";
import { inTurns } from "./turns.ts";

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
  const turns = await inTurns(learners, rounds, runLearner, onTurn);
  return turns.map(({ contender: { key, name }, results, missing }) =>
    missing ? { key, name, missing } : {
      key,
      name,
      seconds: median(results.map(({ seconds }) => seconds)),
      accuracy: Math.min(...results.map(({ accuracy }) => accuracy)),
      peakMegabytes: Math.max(...results.map(({ peakMegabytes }) => peakMegabytes)),
      rounds,
    }
  );
}

/** Writes MNIST as four IDX files under their official names, for peers to read. */
export async function writeMnist(folder: string): Promise<void> {
  const { train, validation, test } = await loadMnist();
  const write = async (name: string, { count, images, labels }: Dataset) => {
    const path = join(folder, name);
    const shape = [count, IMAGE_SIDE, IMAGE_SIDE];
    await writeIdx(`${path}-images-idx3-ubyte`, { shape, values: images });
    await writeIdx(`${path}-labels-idx1-ubyte`, { shape: [count], values: labels });
  };
  await write("train", joinDatasets(train, validation));
  await write("t10k", test);
}

async function runLearner({ command: [program, ...args], accuracy }: Learner) {
  const started = performance.now();
  const process = spawn(program, args);
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
