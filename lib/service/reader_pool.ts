/** Models on workers, so that the event loop stays free. */

import type { Prediction } from "../model/classifier.ts";
import type { FoundDigit } from "../picture/find_digits.ts";
import type { Explanation } from "./explain.ts";
import { WorkerPool } from "./worker_pool.ts";

interface ReaderPoolOptions {
  /** Folders of the models by name. */
  models: Record<string, string>;
  /** Number of workers that read pictures. */
  workers: number;
  /** Module of these workers, if not the usual one. */
  module?: URL;
  /** Told of every batch of pictures that a worker takes. */
  onBatch?: (pictures: number) => void;
  /** Told of every worker that was replaced, and why. */
  onReplace?: (reason: string) => void;
}

/** How many pictures a worker reads at a time, and how many of each kind of task may wait. */
const PICTURES = { batch: 64, waiting: 2048 };
const EXPLANATIONS = { size: 1, batch: 1, waiting: 64 };
const FILES = { size: 1, batch: 1, waiting: 32 };

/** Milliseconds that a worker may take for what it takes at a time. */
const DEADLINE = 15_000;

/**
 * Workers that read pictures, one that finds digits in picture files, and one that explains answers:
 * each kind has a line of its own, so that what takes long holds up nothing but its like. Close it with
 * `using`.
 */
export class ReaderPool implements Disposable {
  /** Read pictures: pixels from no ink (0) to full ink (1), `[28, 28]`. */
  readonly readers: WorkerPool<{ model: string; pixels: Float32Array }, Prediction>;
  /** Explains an answer to ink 0–255, `[28, 28]`, by the index of its class. */
  readonly explainer: WorkerPool<
    { model: string; pixels: Uint8Array; index: number },
    Explanation
  >;
  /** Finds, in a picture file, what can be of one of the classes. */
  readonly finder: WorkerPool<
    { bytes: Uint8Array; classes: string[] },
    { digits: FoundDigit[]; endsEarly: boolean }
  >;

  /** Resolves once all workers are up; rejects if they cannot start. */
  readonly ready: Promise<unknown>;
  #pools = new DisposableStack();

  /** Starts the workers. */
  constructor({ models, workers, module, onBatch, onReplace }: ReaderPoolOptions) {
    const reading = new URL("./reading_worker.ts", import.meta.url);
    const finding = new URL("./finding_worker.ts", import.meta.url);
    const common = { deadline: DEADLINE, onReplace, module: reading, setup: models };
    const readers = { ...PICTURES, size: workers, module: module ?? reading, onBatch };
    this.readers = this.#pools.use(new WorkerPool({ ...common, ...readers }));
    this.explainer = this.#pools.use(new WorkerPool({ ...common, ...EXPLANATIONS }));
    this.finder = this.#pools.use(new WorkerPool({ ...common, ...FILES, module: finding }));
    this.ready = Promise.all([this.readers.ready, this.explainer.ready, this.finder.ready]);
  }

  /**
   * Reads pictures of one character each.
   *
   * @param pictures Pixels from 0 to 1, `[28, 28]`.
   * @param client Who asks.
   */
  read(model: string, pictures: Float32Array[], client?: string): Promise<Prediction[]> {
    return Promise.all(pictures.map((pixels) => this.readers.run({ model, pixels }, client)));
  }

  /**
   * Finds and reads the characters in a picture file, or the symbol where classes are somebody's own.
   *
   * @param task The file, and the classes of the model.
   * @param client Who asks.
   * @returns What was found in reading order, and whether a part of the file is missing.
   */
  async readFile(
    model: string,
    task: { bytes: Uint8Array; classes: string[] },
    client?: string,
  ): Promise<{ found: (FoundDigit & Prediction)[]; endsEarly: boolean }> {
    const { digits, endsEarly } = await this.finder.run(task, client);
    const predictions = await this.read(
      model,
      digits.map(({ pixels }) => Float32Array.from(pixels, (value) => value / 255)),
      client,
    );
    return { found: digits.map((digit, i) => ({ ...digit, ...predictions[i] })), endsEarly };
  }

  /** Ends the workers. */
  [Symbol.dispose](): void {
    this.#pools.dispose();
  }
}
