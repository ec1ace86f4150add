/**
 * Workers that answer independent tasks. Tasks that come in while all are busy wait in one line, in
 * which clients take turns, and from which the next free worker takes a batch; a worker that dies is
 * replaced.
 */

interface WorkerPoolOptions {
  /** Module that calls {@linkcode serveTasks}, as an absolute URL. */
  module: URL;
  /** What each worker is given to start with; copied. */
  setup?: unknown;
  /** Number of workers. */
  size: number;
  /** Most tasks that a worker takes at a time. */
  batch: number;
  /** Most tasks that may wait. */
  waiting: number;
  /** Milliseconds after which a worker that has not answered is taken for dead. */
  deadline: number;
  /** Told of every worker that was replaced, and why. */
  onReplace?: (reason: string) => void;
  /** Told of every batch that a worker takes. */
  onBatch?: (tasks: number) => void;
}

/** No worker can answer now; later one may. */
class Unavailable extends Error {
  override name = "Unavailable";
}

/** What a worker is told: first what to start with, then what to answer. */
type ToWorker<Task> = { setup: unknown } | { tasks: Task[] };

/** What it says: how it started, then what came of each task. */
type FromWorker<Result> = PromiseSettledResult<Result>[];

/** Milliseconds between attempts to start a worker that does not start. */
const RESTART_DELAY = 1000;

/** What `setTimeout` returns. */
type Timer = ReturnType<typeof setTimeout>;

interface Waiting<Task, Result> extends PromiseWithResolvers<Result> {
  task: Task;
  /** Whether a worker died over it: when the next one does, it is not tried again. */
  isSuspect: boolean;
}

/** What a worker does; if it is busy, with what, and when it is taken for dead. */
type State<Task, Result> = "starting" | "free" | { batch: Waiting<Task, Result>[]; timer: Timer };

/** A running pool. Close it with `using`: no worker outlives it. */
export class WorkerPool<Task, Result> implements Disposable {
  /** Resolves once all workers have started; rejects if the first one to fail does. */
  readonly ready: Promise<void>;
  #options: WorkerPoolOptions;
  #workers: Map<Worker, State<Task, Result>> = new Map();
  #line: FairLine<Waiting<Task, Result>> = new FairLine();
  /** Tasks over which a worker died, each to be tried again alone, so that it takes no other with it. */
  #suspects: Waiting<Task, Result>[] = [];
  #restarts: Set<Timer> = new Set();
  #closed = false;

  /** Starts the workers. */
  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const starts = Array.from({ length: options.size }, () => this.#start());
    this.ready = Promise.all(starts).then(() => {});
    this.ready.catch(() => {}); // whoever waits for it is told
  }

  /** Tasks that wait for a worker. */
  get waiting(): number {
    return this.#line.length + this.#suspects.length;
  }

  /** Whether a worker is up, busy or not. */
  get isUp(): boolean {
    return this.#workers.values().some((state) => state !== "starting");
  }

  /**
   * Has a worker answer.
   *
   * @param task Copied to the worker.
   * @param client Who asks.
   * @throws {Unavailable} If too many tasks wait, of which no client has more than this one; if the worker
   * died twice over the task, or did not answer in time when it had nothing else to do; if the pool is closed.
   * @throws {Error} What the worker threw, by name and message.
   */
  run(task: Task, client = ""): Promise<Result> {
    if (this.#closed) {
      return Promise.reject(new Unavailable("Expected running workers but they were closed"));
    }
    if (this.waiting >= this.#options.waiting) {
      const full = new Unavailable(
        `Expected at most ${this.#options.waiting} waiting tasks but no place is left`,
      );
      const other = this.#line.makeRoom(client);
      if (!other) return Promise.reject(full);
      other.reject(full);
    }
    const waiting = { task, isSuspect: false, ...Promise.withResolvers<Result>() };
    this.#line.push(client, waiting);
    this.#dispatch();
    return waiting.promise;
  }

  /** Ends all workers at once; tasks without an answer are rejected. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    for (const worker of this.#workers.keys()) this.#suspects.push(...this.#end(worker));
    this.#refuseAll("Expected an answer but the workers were closed");
  }

  #start(): Promise<void> {
    const worker = new Worker(this.#options.module, { type: "module" });
    this.#workers.set(worker, "starting");
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        reject(new Error(reason));
        this.#replace(worker, reason);
      };
      worker.onmessage = ({ data: outcomes }: MessageEvent<FromWorker<Result>>) => {
        if (this.#workers.get(worker) !== "starting") this.#settle(worker, outcomes);
        else if (outcomes[0].status === "rejected") fail(outcomes[0].reason.message);
        else {
          resolve();
          this.#release(worker);
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message);
      };
      worker.postMessage({ setup: this.#options.setup } satisfies ToWorker<Task>);
    });
  }

  #release(worker: Worker): void {
    if (!this.#workers.has(worker)) return; // it was ended meanwhile
    this.#workers.set(worker, "free");
    this.#dispatch();
  }

  #dispatch(): void {
    for (const [worker, state] of this.#workers) {
      if (this.waiting === 0) return;
      if (state !== "free") continue;
      const batch = this.#nextBatch();
      const timer = setTimeout(() => {
        if (batch.length === 1) batch[0].isSuspect = true; // it would take as long again
        this.#replace(worker, `no answer within ${this.#options.deadline} ms`);
      }, this.#options.deadline);
      this.#workers.set(worker, { batch, timer });
      this.#options.onBatch?.(batch.length);
      worker.postMessage({ tasks: batch.map(({ task }) => task) } satisfies ToWorker<Task>);
    }
  }

  #nextBatch(): Waiting<Task, Result>[] {
    const suspect = this.#suspects.shift();
    if (suspect) return [suspect];
    const length = Math.min(this.#line.length, this.#options.batch);
    return Array.from({ length }, () => this.#line.shift()!);
  }

  #settle(worker: Worker, outcomes: FromWorker<Result>): void {
    const batch = this.#unload(worker);
    this.#release(worker);
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i];
      if (outcome.status === "fulfilled") resolve(outcome.value);
      else reject(outcome.reason);
    });
  }

  /** @returns What a worker was busy with, which is waited for no more. */
  #unload(worker: Worker): Waiting<Task, Result>[] {
    const state = this.#workers.get(worker);
    if (typeof state !== "object") return [];
    clearTimeout(state.timer);
    return state.batch;
  }

  /** @returns What a worker was busy with. */
  #end(worker: Worker): Waiting<Task, Result>[] {
    const batch = this.#unload(worker);
    this.#workers.delete(worker);
    worker.terminate();
    return batch;
  }

  /** Puts a new worker in the place of one that died, and its tasks back in line. */
  #replace(worker: Worker, reason: string): void {
    const state = this.#workers.get(worker);
    if (!state) return;
    for (const waiting of this.#end(worker)) {
      if (waiting.isSuspect) {
        waiting.reject(new Unavailable(`Expected a worker to answer but it died: ${reason}`));
      } else {
        waiting.isSuspect = true;
        this.#suspects.push(waiting);
      }
    }
    const wasUp = state !== "starting";
    if (!wasUp && !this.isUp) this.#refuseAll(`Expected a worker to start but: ${reason}`);
    this.#options.onReplace?.(reason);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#start().catch(() => {}); // tried again after the delay
    }, wasUp ? 0 : RESTART_DELAY);
    this.#restarts.add(timer);
    this.#dispatch();
  }

  #refuseAll(reason: string): void {
    while (this.waiting > 0) {
      (this.#suspects.shift() ?? this.#line.shift())!.reject(new Unavailable(reason));
    }
  }
}

/** A line in which clients take turns, so that one who brings much does not keep others waiting. */
class FairLine<Item> {
  /** What each client waits with; the next in turn first. */
  #turns: Map<string, Item[]> = new Map();
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Lets one wait, behind those of the same client. */
  push(client: string, item: Item): void {
    this.#length++;
    const items = this.#turns.get(client);
    if (items) items.push(item);
    else this.#turns.set(client, [item]);
  }

  /** Takes the one whose turn it is, and puts its client behind all others. */
  shift(): Item | undefined {
    for (const [client, items] of this.#turns) {
      this.#length--;
      this.#turns.delete(client);
      const item = items.shift();
      if (items.length > 0) this.#turns.set(client, items);
      return item;
    }
  }

  /**
   * Makes room for a client where another has more waiting than it would have.
   *
   * @returns The last of the client who has most, which waits no more.
   */
  makeRoom(client: string): Item | undefined {
    const [items] = this.#turns.values().toArray().sort((a, b) => b.length - a.length);
    const own = this.#turns.get(client)?.length ?? 0;
    if (!items || items.length <= own + 1) return undefined;
    this.#length--;
    return items.pop();
  }
}

type Answer<Task, Result> = (tasks: Task[]) => Promise<Result>[];

/**
 * Called once by a worker's module: starts, then answers tasks.
 *
 * @param start Gets what the pool was set up with and returns what answers a batch of tasks, each
 * with its result or an error of its own.
 */
export function serveTasks<Setup, Task, Result>(
  start: (setup: Setup) => Answer<Task, Result> | Promise<Answer<Task, Result>>,
): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<ToWorker<Task>>) => void;
    postMessage(message: FromWorker<Result | void>): void;
  };
  let answer: Answer<Task, Result>;
  const startWith = async (setup: Setup) => {
    answer = await start(setup);
  };
  scope.onmessage = async ({ data }) => {
    const done = "tasks" in data ? answer(data.tasks) : [startWith(data.setup as Setup)];
    scope.postMessage(await Promise.allSettled(done));
  };
}
