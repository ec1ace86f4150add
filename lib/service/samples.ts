/** Pictures with the class that people say they are of, kept for `deno task train --pictures`. */

import { join } from "@std/path";
import { encode } from "fast-png";
import { writeFileAtomically } from "../data/file_system.ts";
import { IMAGE_SIDE } from "../image/size.ts";

/** Most samples that are kept. */
const MOST_SAMPLES = 10_000;

/** Most classes, as many as can be learnt. */
const MOST_CLASSES = 255;

/** Samples in a folder: a folder a class, a PNG file a sample. */
export class Samples {
  #folder: string;
  #classes: Set<string>;
  #count: number;

  private constructor(folder: string, classes: Set<string>, count: number) {
    this.#folder = folder;
    this.#classes = classes;
    this.#count = count;
  }

  /** Opens a folder, which is made if it is not there. */
  static async open(folder: string): Promise<Samples> {
    await Deno.mkdir(folder, { recursive: true });
    const classes = new Set<string>();
    let count = 0;
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory) continue;
      classes.add(name);
      const files = await Array.fromAsync(Deno.readDir(join(folder, name)));
      count += files.filter((file) => file.name.endsWith(".png")).length;
    }
    return new Samples(folder, classes, count);
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
   * Adds a sample and writes it to disk, white ink on black.
   *
   * @param pixels Ink 0–255, `[28, 28]`.
   * @param name Of the class, as `cleanClassName` makes it.
   * @throws {RangeError} If no more are kept.
   */
  async add(pixels: Uint8Array, name: string): Promise<void> {
    if (!this.hasPlaceFor(name)) {
      throw new RangeError(
        `Expected at most ${MOST_SAMPLES} samples of ${MOST_CLASSES} classes but no place is left`,
      );
    }
    this.#classes.add(name);
    this.#count++;
    try {
      await Deno.mkdir(join(this.#folder, name), { recursive: true });
      const size = { width: IMAGE_SIDE, height: IMAGE_SIDE };
      const picture = encode({ ...size, data: pixels, channels: 1, depth: 8 });
      await writeFileAtomically(join(this.#folder, name, `${crypto.randomUUID()}.png`), picture);
    } catch (error) {
      this.#count--;
      throw error;
    }
  }
}
