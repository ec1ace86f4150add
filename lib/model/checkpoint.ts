/** Checkpoints: everything that a stopped run needs to go on as if nothing had happened. */

import { dirname } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import type { EpochRecord, Observer, Stage } from "../observer.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { StageOptions, StageProgress } from "./training.ts";

/** The flags that decide a run's numbers; a checkpoint goes with these and no others. */
export type Configuration = Record<string, string | number | boolean>;

/** A run, stopped between two epochs; its history is of all stages so far. */
interface Checkpoint extends StageProgress {
  configuration: Configuration;
  stage: Stage;
}

/** Where a run writes how far it has come, if anywhere. */
interface RunOptions {
  configuration: Configuration;
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
async function loadCheckpoint(
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
