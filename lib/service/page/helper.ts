/// <reference lib="dom" />
/** A worker of the page, which does what would hold up the pen. */

/** What comes back from the worker. */
interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** What a worker can do, by name. */
type Skills = Record<string, (...values: never[]) => unknown>;

/** A worker that does one task after the other. */
export class Helper<Able extends Skills> {
  #program: string;
  #worker: Worker | undefined;
  #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  /** Makes a helper, which starts with its first task. */
  constructor(program: string) {
    this.#program = program;
  }

  /**
   * Has a task done.
   *
   * @throws {Error} If it fails, or the worker cannot be started; the next task starts it anew.
   */
  run<Name extends keyof Able & string>(
    name: Name,
    ...values: Parameters<Able[Name]>
  ): Promise<Awaited<ReturnType<Able[Name]>>> {
    this.#worker ??= this.#start();
    const id = this.#next++;
    const asked = Promise.withResolvers<Awaited<ReturnType<Able[Name]>>>();
    this.#asked.set(id, asked as PromiseWithResolvers<unknown>);
    this.#worker.postMessage({ id, name, values });
    return asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { type: "module" });
    worker.onmessage = ({ data: { id, result, error } }: MessageEvent<Answer>) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(result);
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
export function help(skills: Skills): void {
  addEventListener("message", async ({ data: { id, name, values } }: MessageEvent) => {
    const answer: Answer = { id };
    try {
      answer.result = await skills[name](...values as never[]);
    } catch (error) {
      answer.error = (error as Error).message;
    }
    postMessage(answer);
  });
}
