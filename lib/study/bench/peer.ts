/** What the peers in TypeScript share, on Deno and on Node: options, timing, answers in JSON. */

import { parseArgs } from "node:util";
import process from "node:process";
import { Readable } from "node:stream";
import { median } from "../statistics.ts";
import { lines } from "./reading.ts";

/** What the benchmark asks a peer to measure. */
export interface PeerOptions {
  threads: number;
  /** Batch sizes of training steps. */
  stepBatches: number[];
  /** Batch sizes of forward passes. */
  forwardBatches: number[];
  /** Pictures that go through before the clock is read; four times as many for features. */
  pictures: number;
  /** Readings of which the median counts. */
  repeats: number;
  /** Bases beside `cnn` of which step and forward pass are measured, at the largest batch sizes. */
  bases: string[];
  /** Of this project: its training kernels, if not the fastest. */
  kernels?: string;
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
  /** Training step and forward pass with other bases, at the largest batch sizes. */
  bases?: Record<string, { step: number; forward: number }>;
}

/** A peer's answer to one request. */
export interface Answer extends Timings {
  versions: Record<string, string>;
  /** How the peer was set up. */
  configuration: string;
  /** Largest resident memory of the process so far. */
  peakMegabytes: number;
}

/** Reads the options of the command line. */
export function parseOptions(): PeerOptions {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      threads: { type: "string", default: "1" },
      "step-batches": { type: "string", default: "" },
      "forward-batches": { type: "string", default: "" },
      pictures: { type: "string", default: "1024" },
      repeats: { type: "string", default: "3" },
      bases: { type: "string", default: "" },
      kernels: { type: "string" },
    },
  });
  const names = (list: string) => list.split(",").filter((name) => name);
  const sizes = (list: string) => names(list).map(Number);
  return {
    threads: Number(values.threads),
    stepBatches: sizes(values["step-batches"]),
    forwardBatches: sizes(values["forward-batches"]),
    pictures: Number(values.pictures),
    repeats: Number(values.repeats),
    bases: names(values.bases),
    kernels: values.kernels,
  };
}

/** Measures once for every line on standard input, and prints the answer. */
export async function serve(
  about: Pick<Answer, "versions" | "configuration">,
  measure: () => Promise<Timings>,
): Promise<void> {
  for await (const _ of lines(Readable.toWeb(process.stdin))) {
    const timings = await measure();
    const peakMegabytes = process.resourceUsage().maxRSS / 1024;
    console.log(JSON.stringify({ ...about, ...timings, peakMegabytes } satisfies Answer));
  }
}

/** Measures something for each batch size. */
export async function bySize(
  sizes: number[],
  measure: (size: number) => Promise<number>,
): Promise<Record<number, number>> {
  const times: Record<number, number> = {};
  for (const size of sizes) times[size] = await measure(size);
  return times;
}

/** Median time in µs a picture of `run`, called until enough pictures have gone through, after a warm-up. */
export async function microseconds(
  run: () => unknown,
  picturesARun: number,
  { pictures, repeats }: PeerOptions,
): Promise<number> {
  await run();
  const calls = Math.max(1, Math.floor(pictures / picturesARun));
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = performance.now();
    for (let call = 0; call < calls; call++) await run();
    times.push((performance.now() - started) * 1000 / (calls * picturesARun));
  }
  return median(times);
}
