/** The runs of a study, each done once: a study that was stopped goes on where it was. */

import { join } from "@std/path";
import { isDirectory, writeFileAtomically } from "../data/file_system.ts";
import { loadModel } from "../model/classifier.ts";
import type { Team } from "../model/team.ts";
import { today } from "../model/provenance.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { trainClassifier, type TrainOptions } from "../model/transfer.ts";
import type { Observer } from "../observer.ts";

/** A folder of results by the names of the runs that gave them. */
export class Runs {
  /** Days on which the runs that were asked for were done, `YYYY-MM-DD`. */
  readonly dates: string[] = [];
  /** How many of them had been done before. */
  reused = 0;

  /** @param folder Made with the first run. */
  constructor(readonly folder: string, readonly observer: Observer) {}

  /** @returns What a run came to, as JSON has it: now, or when it was done. */
  async once<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const file = join(this.folder, `${name}.json`);
    const found = await Deno.readTextFile(file).catch(() => undefined);
    if (found !== undefined) {
      const { date, result } = JSON.parse(found);
      this.dates.push(date);
      this.reused++;
      return result;
    }
    const [date, result] = [today(), await run()];
    await Deno.mkdir(this.folder, { recursive: true });
    await writeFileAtomically(file, JSON.stringify({ date, result }));
    this.dates.push(date);
    return result;
  }

  /** Trains a classifier and keeps it and checkpoints on the way, unless it is there. */
  async train(
    team: Team,
    name: string,
    options: Omit<TrainOptions, "checkpoint" | "resume" | "observer">,
  ): Promise<Awaited<ReturnType<typeof loadModel>>> {
    const { observer } = this;
    const folder = join(this.folder, name);
    if (await isDirectory(folder)) {
      this.reused++;
    } else {
      observer({ kind: "note", text: name });
      const { network, card } = await trainClassifier(team, {
        ...options,
        checkpoint: `${folder}.safetensors`,
        resume: true,
        observer,
      });
      await saveNetwork(folder, network, card);
      network.dispose();
    }
    const model = await loadModel(folder);
    this.dates.push(model.card.date);
    return model;
  }
}
