/** The recognisers as the service uses them: on workers, so that the event loop stays free. */

import type { Prediction } from "../model/classifier.ts";
import type { Box } from "../image/box.ts";
import type { FoundDigit } from "../picture/find_digits.ts";
import type { DigitResult, DigitTask } from "./digit_worker.ts";
import type { Explanation } from "./explain.ts";
import { WorkerPool } from "./worker_pool.ts";

/** A digit that was found in a picture, and read. */
export interface ReadDigit extends Prediction {
  /** Where it is, in the picture's pixels. */
  box: Box;
  /** What the network saw: ink 0–255, `[28, 28]`. */
  pixels: Uint8Array;
}

/** How a recogniser is set up. */
export interface RecogniserOptions {
  /** Folders of the models by name. */
  models: Record<string, string>;
  /** Number of workers that read digits. */
  workers: number;
  /**
   * Module of these workers.
   * @default {digit_worker.ts}
   */
  module?: URL;
  /** Told of every batch of pictures that a worker takes. */
  onBatch?: (pictures: number) => void;
  /** Told of every worker that was replaced, and why. */
  onReplace?: (reason: string) => void;
}

/** Most pictures that a worker reads at a time. */
const BATCH = 64;

/** Most pictures, and picture files, that may wait. */
const WAITING_PICTURES = 2048;
const WAITING_FILES = 32;

/** Milliseconds that a worker may take. */
const DEADLINE = 15_000;

/** A recogniser on workers. Close it with `using`. */
export class Recogniser implements Disposable {
  #digits: WorkerPool<DigitTask, DigitResult>;
  #files: WorkerPool<Uint8Array, FoundDigit[]>;

  /** Resolves once all workers are up; rejects if they cannot start. */
  readonly ready: Promise<unknown>;

  /** Starts the workers. */
  constructor({ models, workers, module, onBatch, onReplace }: RecogniserOptions) {
    this.#digits = new WorkerPool({
      module: module ?? new URL("./digit_worker.ts", import.meta.url),
      setup: models,
      size: workers,
      batch: BATCH,
      waiting: WAITING_PICTURES,
      deadline: DEADLINE,
      onBatch,
      onReplace,
    });
    this.#files = new WorkerPool({
      module: new URL("./picture_worker.ts", import.meta.url),
      size: 1,
      batch: 1,
      waiting: WAITING_FILES,
      deadline: DEADLINE,
      onReplace,
    });
    this.ready = Promise.all([this.#digits.ready, this.#files.ready]);
  }

  /** Whether it can answer. */
  get isUp(): boolean {
    return this.#digits.up > 0;
  }

  /** Pictures, and picture files, that wait. */
  get waiting(): { pictures: number; files: number } {
    return { pictures: this.#digits.waiting, files: this.#files.waiting };
  }

  /**
   * Reads pictures of one digit each.
   *
   * @param model Name of the model that is to read them.
   * @param pictures Pixels from 0 to 1, `[28, 28]`.
   */
  read(model: string, pictures: Float32Array[]): Promise<Prediction[]> {
    return Promise.all(
      pictures.map((read) => this.#digits.run({ model, read }) as Promise<Prediction>),
    );
  }

  /** Finds and reads the digits in a picture file. */
  async readFile(model: string, bytes: Uint8Array): Promise<ReadDigit[]> {
    const digits = await this.#files.run(bytes);
    const predictions = await this.read(
      model,
      digits.map(({ pixels }) => Float32Array.from(pixels, (value) => value / 255)),
    );
    return digits.map((digit, i) => ({ ...digit, ...predictions[i] }));
  }

  /** Explains why a picture (ink 0–255, `[28, 28]`) is read as the class of an index. */
  explain(model: string, pixels: Uint8Array, digit: number): Promise<Explanation> {
    return this.#digits.run({ model, explain: pixels, digit }) as Promise<Explanation>;
  }

  /** Ends the workers. */
  close(): void {
    this.#digits.close();
    this.#files.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
