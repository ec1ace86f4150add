/**
 * A team of Deno workers that run the same job side by side on shared memory,
 * in the manner of MPI: every member knows its rank, and members meet at
 * barriers and sums.
 */

/** What a job sees of its team, inside a worker. */
export interface Member<Report = never> {
  /** Position in the team, 0 to `size - 1`. */
  readonly rank: number;
  /** Number of workers in the team. */
  readonly size: number;
  /**
   * Replaces the numbers in `values` by their sum over all members, added in
   * the order of ranks, so that every member holds the same bits.
   */
  sum(values: Float32Array[]): void;
  /** Sends a plain object to the observer of the run. */
  report(report: Report): void;
}

/** Work that every member of a team does on its share of the data; tasks and results are plain. */
type Job = (member: never, task: never) => unknown;

type Jobs = Record<string, Job>;

type TaskOf<Work extends Job> = Parameters<Work>[1];

type ResultOf<Work extends Job> = Awaited<ReturnType<Work>>;

type ReportOf<Work extends Job> = Parameters<Work>[0] extends Member<infer Report> ? Report : never;

/** How a team is started. */
interface TeamOptions {
  /** Module that calls {@linkcode serveJobs}, as an absolute URL. */
  module: URL;
  /**
   * Number of workers.
   * @default {navigator.hardwareConcurrency}
   */
  size?: number;
  /** Job that new workers run before any other. */
  first?: { job: string; task: unknown };
}

/** How a job is run. */
interface RunOptions<Report> {
  /** Longest list of numbers that the job hands to {@linkcode Member.sum}, counted together. */
  sumLength?: number;
  /** Receives what members report. */
  onReport?: (report: Report) => void;
}

type ToWorker = { job: string; task: unknown; rank: number; size: number; meeting: Meeting };
type FromWorker = { report: unknown } | { result: unknown } | { error: string };

/**
 * A team of workers. Close it with `using` or {@linkcode Team.close}: no worker outlives it. Where a job
 * fails its workers end, and the next job has new ones.
 *
 * @typeParam Offered The jobs that its workers' module hands to {@linkcode serveJobs}: `typeof jobs`.
 */
export class Team<Offered extends Jobs> implements Disposable {
  /** Number of workers. */
  readonly size: number;
  #module: URL;
  #first: TeamOptions["first"];
  /** None before the first job, and after one that failed. */
  #workers: Worker[] = [];
  #isClosed = false;
  #job = "";
  /** Rejects the job that is running. */
  #fail: ((error: Error) => void) | undefined;
  #meeting: Meeting | undefined;

  /** The workers start with the first job. */
  constructor({ module, size = navigator.hardwareConcurrency, first }: TeamOptions) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Expected workers to be an integer of at least 1 but found ${size}`);
    }
    this.size = size;
    this.#module = module;
    this.#first = first;
  }

  async #startWorkers(): Promise<void> {
    this.#workers = Array.from({ length: this.size }, (_, rank) => {
      const worker = new Worker(this.#module, { type: "module", name: `worker ${rank}` });
      worker.onerror = (event) => {
        event.preventDefault();
        if (!this.#fail) return this.#end();
        this.#fail(
          new Error(`Worker ${rank} of ${this.size} died in ${this.#job}: ${event.message}`),
        );
      };
      return worker;
    });
    if (this.#first) await this.#runOnAll(this.#first.job, this.#first.task);
  }

  /**
   * Runs the job of that name on every member.
   *
   * @param job Name under which {@linkcode serveJobs} offers the job.
   * @param task What every member receives; typed arrays over a SharedArrayBuffer are shared, all else is copied.
   * @returns What the members returned, by rank.
   * @throws {Error} If a member fails, or `onReport` does; the next job has new workers then.
   */
  async run<Name extends keyof Offered & string>(
    job: Name,
    task: TaskOf<Offered[Name]>,
    options: RunOptions<ReportOf<Offered[Name]>> = {},
  ): Promise<ResultOf<Offered[Name]>[]> {
    if (this.#isClosed) throw new Error("Expected a running team but it was closed");
    if (this.#fail) throw new Error("Expected an idle team but it is running another job");
    this.#job = job;
    const failure = new Promise<never>((_, reject) => this.#fail = reject);
    try {
      if (this.#workers.length === 0) await Promise.race([failure, this.#startWorkers()]);
      return await Promise.race([
        failure,
        this.#runOnAll<ResultOf<Offered[Name]>, ReportOf<Offered[Name]>>(job, task, options),
      ]);
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#fail = undefined;
    }
  }

  #runOnAll<Result, Report>(
    job: string,
    task: unknown,
    { sumLength = 0, onReport }: RunOptions<Report> = {},
  ): Promise<Result[]> {
    const size = this.size;
    const meeting: Meeting = {
      state: new Int32Array(new SharedArrayBuffer(12)),
      slots: new Float32Array(new SharedArrayBuffer(size > 1 ? 2 * size * sumLength * 4 : 0)),
    };
    this.#meeting = meeting;
    const results = this.#workers.map((worker, rank) =>
      new Promise<Result>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          if ("result" in data) resolve(data.result as Result);
          else if ("error" in data) {
            reject(new Error(`Worker ${rank} of ${size} failed in ${job}: ${data.error}`));
          } else {
            try {
              onReport?.(data.report as Report);
            } catch (error) {
              this.#end(); // at once, as more reports are waiting
              reject(error);
            }
          }
        };
        worker.postMessage({ job, task, rank, size, meeting } satisfies ToWorker);
      })
    );
    return Promise.all(results);
  }

  /**
   * Ends a job that is running, and its workers; the next job has new ones.
   *
   * @param reason What the job is rejected with.
   */
  cancel(reason: Error): void {
    this.#fail?.(reason);
  }

  /** Ends all workers at once, also in the middle of a job; the team runs no other. */
  close(): void {
    this.#isClosed = true;
    this.#end();
    this.#fail?.(new Error("Expected the team to finish but it was closed"));
  }

  #end(): void {
    // Deno cannot end a worker that waits, and such a worker would keep the process alive.
    if (this.#meeting) callOff(this.#meeting);
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Called once by a worker's module: offers `jobs` by name to the team that started the worker. */
export function serveJobs(jobs: Jobs): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<ToWorker>) => void;
    postMessage(message: FromWorker): void;
  };
  scope.onmessage = async ({ data: { job, task, rank, size, meeting } }) => {
    try {
      const work = jobs[job] as (member: Member<unknown>, task: unknown) => unknown;
      const result = await work({
        rank,
        size,
        sum: (values) => sum(meeting, rank, size, values),
        report: (report) => scope.postMessage({ report }),
      }, task);
      scope.postMessage({ result });
    } catch (error) {
      scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/**
 * The part of `count` items that falls to a member: contiguous, in the order of
 * ranks, sizes differing by at most one.
 *
 * @returns First index (included) and last index (excluded).
 *
 * @example Ten items for three members
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([0, 1, 2].map((rank) => share(10, { rank, size: 3 })), [[0, 3], [3, 6], [6, 10]]);
 * ```
 */
export function share(
  count: number,
  { rank, size }: { rank: number; size: number },
): [number, number] {
  return [Math.floor(count * rank / size), Math.floor(count * (rank + 1) / size)];
}

/** Where members meet: two alternating sets of slots, so that one barrier a sum is enough. */
interface Meeting {
  /** At {@linkcode WAITING}, {@linkcode PASSED} and {@linkcode CALLED_OFF}. */
  state: Int32Array<SharedArrayBuffer>;
  /** `[2, size, sumLength]`. */
  slots: Float32Array<SharedArrayBuffer>;
}

/** Members waiting at the barrier; barriers passed; 1 once no member is to wait any more. */
const [WAITING, PASSED, CALLED_OFF] = [0, 1, 2];

function sum({ state, slots }: Meeting, rank: number, size: number, values: Float32Array[]): void {
  if (size === 1) return;
  const slotLength = slots.length / (2 * size);
  const length = values.reduce((total, { length }) => total + length, 0);
  if (length > slotLength) {
    throw new RangeError(`Expected at most ${slotLength} numbers to sum but found ${length}`);
  }
  const set = (Atomics.load(state, PASSED) & 1) * size * slotLength;
  let offset = set + rank * slotLength;
  for (const array of values) {
    slots.set(array, offset);
    offset += array.length;
  }
  waitForAll(state, size);
  offset = set;
  for (const array of values) {
    array.set(slots.subarray(offset, offset + array.length));
    for (let other = 1; other < size; other++) {
      const addend = slots.subarray(offset + other * slotLength);
      for (let i = 0; i < array.length; i++) array[i] += addend[i];
    }
    offset += array.length;
  }
}

function waitForAll(state: Int32Array, size: number): void {
  const passed = Atomics.load(state, PASSED);
  if (Atomics.load(state, CALLED_OFF) === 0) {
    if (Atomics.add(state, WAITING, 1) === size - 1) {
      Atomics.store(state, WAITING, 0);
      Atomics.add(state, PASSED, 1);
      Atomics.notify(state, PASSED);
    } else {
      while (Atomics.load(state, PASSED) === passed) Atomics.wait(state, PASSED, passed);
    }
  }
  if (Atomics.load(state, CALLED_OFF) === 1) {
    throw new Error("Expected all members to meet but the team was closed");
  }
}

/** Lets every member that waits, or comes to wait, throw. */
function callOff({ state }: Meeting): void {
  Atomics.store(state, CALLED_OFF, 1);
  Atomics.add(state, PASSED, 1); // so that a member on its way into waiting does not
  Atomics.notify(state, PASSED);
}

/**
 * Puts numbers into shared memory, which workers see without a copy.
 *
 * @returns `array` itself if it is shared already, else a shared copy.
 */
export function shareMemory<Numbers extends Uint8Array | Float32Array>(array: Numbers): Numbers {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  const shared = array instanceof Uint8Array ? new Uint8Array(buffer) : new Float32Array(buffer);
  shared.set(array);
  return shared as Numbers;
}
