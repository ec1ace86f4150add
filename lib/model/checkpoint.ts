/** Checkpoints: everything that a stopped run needs to go on as if nothing had happened. */

import { dirname } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import type { EpochRecord, Observer, Stage } from "../observer.ts";
import type { trainStage } from "./training.ts";

type StageOptions = Parameters<typeof trainStage>[2];

/** A run, stopped between two epochs; its history is of all stages so far. */
interface Checkpoint extends NonNullable<StageOptions["resume"]> {
  configuration: RunOptions["configuration"];
  stage: Stage;
}

/** Where a run writes how far it has come, if anywhere. */
interface RunOptions {
  /** The flags that decide its numbers; a checkpoint goes with these and no others. */
  configuration: Record<string, string | number | boolean>;
  /** File to write a checkpoint to after every epoch. */
  checkpoint?: string;
  /** Go on from the checkpoint, if it is there. */
  resume?: boolean;
  observer?: Observer;
}

/** A run of one stage of training after the other, which can be stopped and gone on with. */
export class Run {
  /** Of the stages that are done. */
  history: EpochRecord[] = [];
  #options: RunOptions;
  #found: Checkpoint | undefined;

  private constructor(options: RunOptions, found: Checkpoint | undefined) {
    this.#options = options;
    this.#found = found;
  }

  /** Begins a run, or goes on with the one at the checkpoint. */
  static async begin(options: RunOptions): Promise<Run> {
    const { configuration, checkpoint, resume, observer } = options;
    const found = resume && checkpoint
      ? await loadCheckpoint(checkpoint, configuration)
      : undefined;
    if (found) {
      const text = `Going on after epoch ${found.state.epoch} of ${found.stage}`;
      observer?.({ kind: "note", text });
      for (const record of found.history) observer?.({ kind: "epoch", record });
    }
    return new Run(options, found);
  }

  /**
   * Runs a stage, from where the checkpoint stands; not at all if the checkpoint is of a later one.
   *
   * @param train Trains the stage, and returns what each of its epochs came to.
   */
  async stage(
    stage: Stage,
    train: (options: Pick<StageOptions, "resume" | "onEpoch">) => Promise<EpochRecord[]>,
  ): Promise<void> {
    const { configuration, checkpoint } = this.#options;
    const found = this.#found;
    if (found && found.stage !== stage) return;
    this.#found = undefined;
    const earlier = found?.history.filter((record) => record.stage !== stage) ?? this.history;
    const trained = await train({
      resume: found && { ...found, history: found.history.slice(earlier.length) },
      onEpoch: async ({ history, ...progress }) => {
        if (checkpoint === undefined) return;
        history = [...earlier, ...history];
        await saveCheckpoint(checkpoint, { configuration, stage, history, ...progress });
      },
    });
    this.history = [...earlier, ...trained];
  }
}

/** Writes a checkpoint atomically; makes its folder if need be. */
async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { kept, state: { epoch, weights, optimiser }, ...rest } = checkpoint;
  const { step, first, second } = optimiser;
  await Deno.mkdir(dirname(path), { recursive: true });
  const arrays = Object.entries({ kept, weights, first, second }).flatMap(([name, list]) =>
    list.map((array, i) => [`${name}.${i}`, array])
  );
  const run = JSON.stringify({ ...rest, epoch, step });
  await writeFileAtomically(path, await encodeSafetensors(Object.fromEntries(arrays), run));
}

/**
 * Reads the checkpoint at `path`.
 *
 * @param configuration Of the run that is to go on.
 * @returns The checkpoint; nothing if there is none yet.
 * @throws {SyntaxError} If the file is damaged.
 * @throws {Error} If the checkpoint is of a run with another configuration.
 */
async function loadCheckpoint(
  path: string,
  configuration: RunOptions["configuration"],
): Promise<Checkpoint | undefined> {
  const bytes = await Deno.readFile(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  if (!bytes) return undefined;
  const { arrays, run } = decodeSafetensors(bytes, path);
  const { epoch, step, ...rest } = parseRun(run);
  if (!rest.configuration) {
    throw new SyntaxError(`Expected ${path} to be a checkpoint but it holds no run`);
  }
  for (const name of Object.keys({ ...rest.configuration, ...configuration })) {
    const [made, found] = [rest.configuration, configuration]
      .map((values) => values[name] ?? "not given");
    if (made !== found) {
      throw new Error(
        `Expected to resume with ${name} ${made}, as ${path} was made, but found ${found}`,
      );
    }
  }
  const list = (name: string) =>
    Object.keys(arrays).filter((key) => key.startsWith(`${name}.`)).map((key) => arrays[key]);
  return {
    ...rest,
    kept: list("kept"),
    state: {
      epoch,
      weights: list("weights"),
      optimiser: { step, first: list("first"), second: list("second") },
    },
  };
}

/** @returns What {@linkcode saveCheckpoint} wrote about the run; nothing if the text is something else. */
function parseRun(text: string | undefined) {
  try {
    return JSON.parse(text!) ?? {};
  } catch {
    return {};
  }
}

/**
 * Writes arrays and a text as a safetensors file (https://github.com/huggingface/safetensors): eight bytes with
 * the length of a JSON header, the header, then the numbers (little-endian).
 */
async function encodeSafetensors(
  arrays: Record<string, Float32Array>,
  run: string,
): Promise<Uint8Array> {
  let end = 0;
  const entries = Object.entries(arrays).map(([name, { length, byteLength }]) => [
    name,
    { dtype: "F32", shape: [length], data_offsets: [end, end += byteLength] },
  ]);
  const json = JSON.stringify({ __metadata__: { run }, ...Object.fromEntries(entries) });
  // Spaces up to a multiple of four bytes, so that the numbers can be viewed in place.
  const header = new TextEncoder().encode(json.padEnd(json.length + 3));
  const length = header.length - header.length % 4;
  const parts = [BigUint64Array.of(BigInt(length)), header.subarray(0, length)];
  return await new Blob([...parts, ...Object.values(arrays) as BlobPart[]]).bytes();
}

/**
 * Reads a file that {@linkcode encodeSafetensors} wrote.
 *
 * @param name What to call the file in an error.
 * @throws {SyntaxError} If it is cut off, damaged, or no such file.
 */
function decodeSafetensors(bytes: Uint8Array, name: string) {
  const damaged = (what: string) =>
    new SyntaxError(`Expected ${name} to be a whole safetensors file but ${what}`);
  if (bytes.length < 8) throw damaged(`it has ${bytes.length} bytes`);
  const headerLength = Number(
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true),
  );
  const start = 8 + headerLength;
  if (start > bytes.length) throw damaged("it ends within its header");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  } catch {
    throw damaged("its header is not JSON");
  }
  const { __metadata__: metadata, ...entries } = (header ?? {}) as {
    __metadata__?: Record<string, string>;
  };
  const arrays: Record<string, Float32Array> = {};
  for (const [array, entry] of Object.entries(entries as Record<string, unknown>)) {
    const { dtype, data_offsets: offsets } = (entry ?? {}) as {
      dtype?: string;
      data_offsets?: number[];
    };
    const [first, last] = Array.isArray(offsets) ? offsets : [];
    if (dtype !== "F32" || !(first >= 0 && last >= first) || (last - first) % 4 !== 0) {
      throw damaged(`its entry ${array} is not a list of 32-bit floats`);
    }
    if (start + last > bytes.length) throw damaged(`it ends within ${array}`);
    arrays[array] = new Float32Array(bytes.slice(start + first, start + last).buffer);
  }
  return { arrays, run: metadata?.run };
}
