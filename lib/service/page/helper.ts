/// <reference lib="dom" />
/** A worker of the page, which does what would hold up the pen. */

/** What comes back from the worker. */
interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** A worker that does one task after the other. */
export class Helper<Task, Result> {
  #program: string;
  #worker: Worker | undefined;
  #asked = new Map<number, PromiseWithResolvers<Result>>();
  #next = 0;

  /** Makes a helper, which starts with its first task. */
  constructor(program: string) {
    this.#program = program;
  }

  /**
   * Has a task done.
   *
   * @param moved What the page has no more use for, and need not be copied.
   * @throws {Error} If it fails, or the worker cannot be started; the next task starts it anew.
   */
  run(task: Task, moved: Transferable[] = []): Promise<Result> {
    this.#worker ??= this.#start();
    const id = this.#next++;
    const asked = Promise.withResolvers<Result>();
    this.#asked.set(id, asked);
    this.#worker.postMessage({ id, task }, moved);
    return asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { type: "module" });
    worker.onmessage = ({ data: { id, result, error } }: MessageEvent<Answer>) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(result as Result);
      else asked?.reject(new Error(error));
    };
    worker.onerror = () => {
      worker.terminate();
      this.#worker = undefined;
      for (const { reject } of this.#asked.values()) {
        reject(new Error(`Expected to start ${this.#program} but it failed`));
      }
      this.#asked.clear();
    };
    return worker;
  }
}

/** Does the tasks of the page; to be called in the worker. */
export function help<Task>(act: (task: Task) => unknown): void {
  addEventListener("message", async ({ data: { id, task } }: MessageEvent) => {
    const answer: Answer = { id };
    try {
      answer.result = await act(task);
    } catch (error) {
      answer.error = (error as Error).message;
    }
    postMessage(answer);
  });
}
