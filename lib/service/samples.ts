/** Pictures with the class that people say they are of, kept for `deno task train --pictures`. */

import { basename, dirname, join } from "@std/path";
import { encode } from "fast-png";
import { isTemporary, writeFileAtomically } from "../data/file_system.ts";
import { IMAGE_SIDE } from "../image/size.ts";

/** Most samples that are kept. */
const MOST_SAMPLES = 10_000;

/** Most classes, as many as can be learnt. */
const MOST_CLASSES = 255;

/** Samples in a folder: a folder a class, a PNG file a sample. */
export class Samples {
  #classes = new Set<string>();
  #count = 0;
  /** Files of the samples that were added since it was opened. */
  #added = new Map<string, string>();

  private constructor(private readonly folder: string) {}

  /** Opens a folder, which is made if it is not there; what a kill left half written is removed. */
  static async open(folder: string): Promise<Samples> {
    await Deno.mkdir(folder, { recursive: true });
    const samples = new Samples(folder);
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory) continue;
      samples.#classes.add(name);
      for await (const file of Deno.readDir(join(folder, name))) {
        if (file.name.endsWith(".png")) samples.#count++;
        if (isTemporary(file.name)) await removeIfThere(join(folder, name, file.name));
      }
    }
    return samples;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Whether there is a place for one more of a class. */
  hasPlaceFor(name: string): boolean {
    return this.#count < MOST_SAMPLES &&
      (this.#classes.has(name) || this.#classes.size < MOST_CLASSES);
  }

  /**
   * Adds a sample, for which there is a place, and writes it to disk, white ink on black.
   *
   * @param pixels Ink 0–255, `[28, 28]`.
   * @param name Of the class, as `cleanClassName` makes it.
   * @returns By what it can be taken back, which nobody guesses.
   */
  async add(pixels: Uint8Array, name: string): Promise<string> {
    this.#classes.add(name);
    this.#count++;
    try {
      await Deno.mkdir(join(this.folder, name), { recursive: true });
      const size = { width: IMAGE_SIDE, height: IMAGE_SIDE };
      const picture = encode({ ...size, data: pixels, channels: 1, depth: 8 });
      const sample = crypto.randomUUID();
      const file = join(this.folder, name, `${sample}.png`);
      await writeFileAtomically(file, picture);
      this.#added.set(sample, file);
      return sample;
    } catch (error) {
      this.#count--;
      throw error;
    }
  }

  /** Takes a sample back that was added since this was opened; any other is left alone. */
  async remove(sample: string): Promise<void> {
    const file = this.#added.get(sample);
    if (!file || !this.#added.delete(sample)) return;
    await removeIfThere(file);
    this.#count--;
    const folder = dirname(file);
    const wasLast = await Deno.remove(folder).then(() => true, () => false);
    if (wasLast) this.#classes.delete(basename(folder));
  }
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
