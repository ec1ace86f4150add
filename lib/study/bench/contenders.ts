/** Services that answer the same requests: this project's, and its peers in Python. */

import { script } from "./processes.ts";

/** A service that can be started. */
export interface Contender {
  key: string;
  name: string;
  /** @returns The command that serves at `port`. */
  command: (port: number) => string[];
  /** Answers with 200 once the service is up. */
  readyPath: string;
}

/** A service that runs, in a process of its own. */
interface RunningService extends AsyncDisposable {
  url: string;
}

/** Milliseconds in which a service has to start. */
const START_TIME = 60_000;

/**
 * All contenders, if what they need is installed.
 *
 * @param models Files and folder that hold the same network.
 * @param python Python that has FastAPI with Uvicorn, ONNX Runtime and Keras.
 */
export function allContenders(
  models: { folder: string; onnx: string; h5: string },
  python: string,
  cores: number,
): Contender[] {
  const service = script("../../cli/serve.ts");
  const peer = script("fastapi_peer.py");
  const fastApi = (model: string) => (port: number) => [
    python,
    peer,
    model,
    String(port),
    String(cores),
  ];
  return [
    {
      key: "ours",
      name: "this project",
      command: (port) => [
        Deno.execPath(),
        "run",
        "--allow-read",
        "--allow-net=127.0.0.1",
        service,
        `--model=${models.folder}`,
        `--port=${port}`,
        `--workers=${cores}`,
      ],
      readyPath: "/v2/health/ready",
    },
    {
      key: "onnxruntime",
      name: `FastAPI with ONNX Runtime, ${cores} processes`,
      command: fastApi(models.onnx),
      readyPath: "/ready",
    },
    {
      key: "keras",
      name: `FastAPI with Keras, ${cores} processes`,
      command: fastApi(models.h5),
      readyPath: "/ready",
    },
  ];
}

/**
 * Runs `act` on a service that is started for it, and looks sixty times at its memory.
 *
 * @returns What `act` returned, and resident bytes, of a service that says so.
 * @throws {Error} If the service does not start.
 */
export async function withService<Result>(
  contender: Contender,
  seconds: number,
  act: (url: string) => Promise<Result>,
): Promise<{ result: Result; memory: number[] }> {
  await using service = await start(contender);
  const memory: number[] = [];
  const sampling = setInterval(async () => {
    const bytes = await residentBytes(service.url);
    if (bytes) memory.push(bytes);
  }, Math.max(1000, 1000 * seconds / 60));
  try {
    return { result: await act(service.url), memory };
  } finally {
    clearInterval(sampling);
  }
}

async function residentBytes(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/metrics`);
  const found = /^digits_resident_bytes (\d+)$/m.exec(await response.text());
  return found ? Number(found[1]) : undefined;
}

/** Memory in words. */
export function describeMemory(name: string, memory: number[]): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return `Memory of ${name}, MB: ${megabytes(memory[0])} at first, ${
    megabytes(memory.at(-1)!)
  } at last, at most ${megabytes(Math.max(...memory))}`;
}

/** Starts a contender on a free port. */
async function start({ name, command, readyPath }: Contender): Promise<RunningService> {
  const port = freePort();
  const [program, ...args] = command(port);
  const process = new Deno.Command(program, { args, stdout: "null", stderr: "piped" }).spawn();
  const errors = new Response(process.stderr).text();
  let ended = false;
  process.status.then(() => ended = true);
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_TIME;
  while (!await isUp(url + readyPath)) {
    if (ended || performance.now() > deadline) {
      if (!ended) process.kill();
      const last = (await errors).trim().split("\n").at(-1);
      throw new Error(`Expected ${name} to start but it did not: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      process.kill("SIGINT");
      await process.status;
      await errors;
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
