/** Training that can be stopped, changed and gone on with; its workers, and where files are. */

import { resolve } from "@std/path";
import { startTeam as start, type Team } from "../model/team.ts";
import { trainClassifier, type TrainOptions } from "../model/transfer.ts";
import { showTraining } from "./display.ts";
import { CHECKPOINTS } from "./notebook.ts";

/** @returns The path of a file that is told from the repository's root, for Jupyter starts in any folder, or from the disk's. */
export function fromRoot(path: string): string {
  return resolve(import.meta.dirname!, "../..", path);
}

let running: Team | undefined;

/**
 * Starts the workers of a notebook, one for each core, and ends those that an earlier run of the cell
 * has left: each would keep its memory. They end with the kernel.
 */
export async function startTeam(): Promise<Team> {
  running?.close();
  return running = await start();
}

/**
 * Trains a classifier as {@linkcode trainClassifier} does, shows its curves, and keeps a checkpoint after
 * every epoch. The same call goes on where an earlier one ended, be it stopped or out of time, also in
 * another notebook or after a restart; a call with other numbers or pictures begins anew.
 *
 * @param options What is trained; `seconds` is the time after which no new epoch is begun.
 */
export async function learn(
  team: Team,
  { seconds, ...options }:
    & Omit<TrainOptions, "checkpoint" | "resume" | "observer">
    & { seconds?: number },
): ReturnType<typeof trainClassifier> {
  const checkpoint = fromRoot(`${CHECKPOINTS}/${await nameOf(options)}.safetensors`);
  return await showTraining(
    (observer) => trainClassifier(team, { ...options, checkpoint, resume: true, observer }),
    { seconds },
  );
}

/** The same for the same pictures and options, and no others. */
async function nameOf({ data, ...options }: Pick<TrainOptions, "data">): Promise<string> {
  const { train, validation, classes } = data;
  const pictures = [train.images, train.labels, validation.images, validation.labels];
  const parts = pictures.map((bytes) => Uint8Array.from(bytes)); // shared memory makes no blob
  const whole = new Blob([JSON.stringify({ options, classes }), ...parts]);
  const digest = await crypto.subtle.digest("SHA-256", await whole.arrayBuffer());
  return new Uint8Array(digest, 0, 8).toHex();
}
