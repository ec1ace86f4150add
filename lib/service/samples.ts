/** Digits that people corrected, kept for training: a pair of IDX files, as MNIST's are. */

import { join } from "@std/path";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { readIdx, writeIdx } from "../data/idx.ts";

/** Names of the two files. */
export const SAMPLE_FILES = { images: "images-idx3-ubyte", labels: "labels-idx1-ubyte" };

/** Most samples that are kept; the files are written anew for each. */
const MOST_SAMPLES = 10_000;

/** Samples in a folder. */
export class Samples {
  #folder: string;
  #images: Uint8Array[];
  #labels: number[];
  #written: Promise<void> = Promise.resolve();

  private constructor(folder: string, images: Uint8Array[], labels: number[]) {
    this.#folder = folder;
    this.#images = images;
    this.#labels = labels;
  }

  /**
   * Opens a folder, which is made if it is not there.
   *
   * @throws {Error} If it holds files that are no IDX.
   */
  static async open(folder: string): Promise<Samples> {
    await Deno.mkdir(folder, { recursive: true });
    const [images, labels] = pathsIn(folder);
    const isThere = await Deno.stat(labels).then(() => true, () => false);
    if (!isThere) return new Samples(folder, [], []);
    const { values, shape } = await readIdx(images);
    // Whoever stopped between the two files left a picture without a label.
    const known = Array.from((await readIdx(labels)).values).slice(0, shape[0]);
    return new Samples(
      folder,
      known.map((_, i) => values.slice(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS)),
      known,
    );
  }

  /** How many there are. */
  get count(): number {
    return this.#labels.length;
  }

  get isFull(): boolean {
    return this.count >= MOST_SAMPLES;
  }

  /**
   * Adds a sample and writes it to disk.
   *
   * @param pixels Ink 0–255, `[28, 28]`.
   * @throws {RangeError} If no more are kept.
   */
  async add(pixels: Uint8Array, label: number): Promise<void> {
    if (this.isFull) {
      throw new RangeError(`Expected at most ${MOST_SAMPLES} samples but no place is left`);
    }
    this.#images.push(pixels);
    this.#labels.push(label);
    this.#written = this.#written.catch(() => {}).then(() => this.#write());
    await this.#written;
  }

  async #write(): Promise<void> {
    const [images, labels] = pathsIn(this.#folder);
    const pixels = new Uint8Array(this.count * IMAGE_PIXELS);
    this.#images.forEach((image, i) => pixels.set(image, i * IMAGE_PIXELS));
    const shape = [this.count, IMAGE_SIDE, IMAGE_SIDE];
    await writeIdx(images, { shape, values: pixels });
    const values = Uint8Array.from(this.#labels);
    await writeIdx(labels, { shape: [this.count], values });
  }
}

function pathsIn(folder: string): [images: string, labels: string] {
  return [join(folder, SAMPLE_FILES.images), join(folder, SAMPLE_FILES.labels)];
}
