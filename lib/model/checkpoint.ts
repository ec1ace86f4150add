/** Checkpoints: everything that a stopped run needs to go on as if nothing had happened. */

import { dirname } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import type { EpochRecord, Stage } from "../observer.ts";
import type { TrainingState } from "./jobs.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** The flags that decide a run's numbers; a checkpoint goes with these and no others. */
export type Configuration = Record<string, string | number | boolean>;

/** A run, stopped between two epochs. */
export interface Checkpoint {
  configuration: Configuration;
  stage: Stage;
  /** Of all stages so far. */
  history: EpochRecord[];
  /** Weights of the stage's epoch that is kept so far. */
  kept: Float32Array[];
  state: TrainingState;
}

/** Writes a checkpoint atomically; makes its folder if need be. */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { kept, state: { epoch, weights, optimiser }, ...rest } = checkpoint;
  const { step, first, second } = optimiser;
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(
    path,
    encodeSafetensors({
      arrays: Object.fromEntries(
        Object.entries({ kept, weights, first, second }).flatMap(([name, list]) =>
          list.map((array, i) => [`${name}.${i}`, array])
        ),
      ),
      metadata: { run: JSON.stringify({ ...rest, epoch, step }) },
    }),
  );
}

/**
 * Reads the checkpoint at `path`.
 *
 * @param configuration Of the run that is to go on.
 * @returns The checkpoint; nothing if there is none yet.
 * @throws {SyntaxError} If the file is damaged.
 * @throws {Error} If the checkpoint is of a run with another configuration.
 */
export async function loadCheckpoint(
  path: string,
  configuration: Configuration,
): Promise<Checkpoint | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const { arrays, metadata } = decodeSafetensors(bytes, path);
  const { epoch, step, ...rest } = parseRun(metadata.run);
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
  const list = (name: string) => {
    const found: Float32Array[] = [];
    while (`${name}.${found.length}` in arrays) found.push(arrays[`${name}.${found.length}`]);
    return found;
  };
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
