/** The studies of the service: beside the same network in Python, and in a room in which all draw at once. */

import { setTimeout as wait } from "node:timers/promises";
import { fromFileUrl, join } from "@std/path";
import { encode } from "fast-png";
import { slice } from "../data/dataset.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import { FLAGS } from "../flags.ts";
import { encodeKerasH5 } from "../formats/keras.ts";
import { encodeOnnx } from "../formats/onnx.ts";
import { loadModel } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import { networkToData } from "../model/network.ts";
import { dateAndVersions } from "../model/saved_network.ts";
import { load } from "./bench/load.ts";
import { combine, median, table } from "./report.ts";
import { defineStudy } from "./study.ts";

/** A service that can be started. */
interface Contender {
  key: string;
  name: string;
  /** @returns The command that serves at `port`. */
  command: (port: number) => string[];
}

/** Test pictures that are asked for in turn. */
const PICTURES = 1000;

/** Seconds of load before the clock is read. */
const WARM_UP = 2;

/** Milliseconds in which a service has to start. */
const START_TIME = 60_000;

/** Statuses of a refusal, or of a picture that was read after all. */
const HARMLESS = [200, 400, 413, 415, 422, 503];

const service = defineStudy({
  name: "service",
  summary:
    "Measures predictions a second over HTTP beside FastAPI with the same network, in turns.",
  minutes: 3,
  flags: {
    clients: { type: "integer", help: "clients at a time", default: 64, least: 1, most: 1000 },
    seconds: { type: "integer", help: "seconds a round", default: 5, least: 1, most: 86_400 },
    rounds: { type: "integer", help: "rounds in turn", default: 3, least: 1, most: 100 },
    only: { type: "text", help: "services, of ours,onnxruntime,keras", value: "NAMES" },
    python: {
      type: "text",
      help: "Python that has fastapi, uvicorn[standard], onnxruntime and keras",
      value: "PATH",
      default: "python3",
    },
    model: FLAGS.model,
  },
  async run({ clients, seconds, rounds, only, python, model }, runs) {
    const { folder } = runs;
    await Deno.mkdir(folder, { recursive: true });
    const original = model ?? await findModel();
    const copies = await exportModel(original, folder);
    const cores = navigator.hardwareConcurrency;
    const peer = pathOf("bench/fastapi_peer.py");
    const fastApi = (key: "onnxruntime" | "keras", name: string): Contender => ({
      key,
      name: `FastAPI with ${name}, ${cores} processes`,
      command: (port) => [python, peer, copies[key], `${port}`, `${cores}`],
    });
    const contenders = [
      ours(original),
      fastApi("onnxruntime", "ONNX Runtime"),
      fastApi("keras", "Keras"),
    ].filter(({ key }) => !only || only.split(",").includes(key));
    const questions = {
      path: "/v1/models/digits:predict", // as TensorFlow Serving has it
      bodies: (await somePictures()).map(({ images }) =>
        JSON.stringify({ instances: [[...images]] })
      ),
      clients,
    };
    const ask = (contender: Contender) =>
      withService(contender, seconds, async (url) => {
        await load(url, questions, WARM_UP);
        return await load(url, questions, seconds);
      });
    const turns = await runs.inTurns(contenders, rounds, ask);
    const measured = turns.filter(({ results }) => results.length > 0)
      .map(({ contender: { name }, results }) => ({
        name,
        ...combine(results.map(({ result }) => result), median),
        failed: results.reduce((sum, { result }) => sum + result.failed, 0),
        memory: results.flatMap(({ memory }) => memory),
      }));
    const rows = measured.map(({ name, perSecond, milliseconds: { p50, p99 }, failed }, i) => {
      const ratio = i === 0 ? "" : ` (${(measured[0].perSecond / perSecond).toFixed(2)})`;
      return [name, perSecond.toFixed(0) + ratio, p50.toFixed(0), p99.toFixed(0), `${failed}`];
    });
    const head = ["service", "predictions a second (ours ÷ theirs)", "p50 ms", "p99 ms", "failed"];
    return {
      text: [
        table(head, rows),
        ...measured.filter(({ memory }) => memory.length > 1)
          .map(({ name, memory }) => describeMemory(name, memory)),
        ...turns.filter(({ missing }) => missing)
          .map(({ contender: { name }, missing }) => `Missing: ${name}: ${missing}`),
        `${clients} clients on the same machine; ` +
        `medians of ${rounds} alternating rounds of ${seconds} s.`,
      ].join("\n\n"),
      files: {
        service: { json: { date: dateAndVersions().date, clients, seconds, cores, measured } },
      },
    };
  },
});

const room = defineStudy({
  name: "room",
  summary:
    "Asks the service as sixty who draw, eight who want explanations, and one who means ill.",
  minutes: 11,
  flags: {
    seconds: { type: "integer", help: "how long", default: 600, least: 1, most: 86_400 },
    model: FLAGS.model,
  },
  async run({ seconds, model }, { observer }) {
    const contender = ours(model ?? await findModel());
    const guests = await invite();
    observer({ kind: "note", text: `The room is full for ${seconds} s` });
    const { result: results, memory } = await withService(
      contender,
      seconds,
      (url) => Promise.all(guests.map((questions) => load(url, questions, seconds))),
    );
    const rows = guests.map(({ who, every }, i) => {
      const { answered, milliseconds: { p50, p99, most }, failed } = results[i];
      const figures = [p50, p99, most].map((value) => value.toFixed(0));
      return [who, `${every / 1000}`, `${answered}`, ...figures, `${failed}`];
    });
    const head = ["who", "ask every s", "answers", "p50 ms", "p99 ms", "longest ms", "failed"];
    return {
      text: [
        table(head, rows),
        ...(memory.length > 1 ? [describeMemory("the service", memory)] : []),
        `All at once for ${seconds} s, on the same machine as the service. Who draws sends a picture as the ` +
        "page does while the pen moves; who means ill sends large pictures in small files, halves of files, " +
        "and noise: refusals are answers, a failure is status 500 or none.",
      ].join("\n\n"),
      files: {
        room: { json: { seconds, cores: navigator.hardwareConcurrency, results, memory } },
      },
    };
  },
});

/** In the order in which they are listed. */
export const SERVICE = [service, room];

/** Path of a file beside this one. */
function pathOf(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
}

function ours(model: string): Contender {
  return {
    key: "ours",
    name: "this project",
    command: (port) => [
      Deno.execPath(),
      "run",
      "--allow-read",
      "--allow-net=127.0.0.1",
      pathOf("../cli/serve.ts"),
      `--model=${model}`,
      `--port=${port}`,
      `--workers=${navigator.hardwareConcurrency}`,
    ],
  };
}

/** @returns Files with the same network for the peers. */
async function exportModel(original: string, folder: string) {
  const files = { onnxruntime: join(folder, "digits.onnx"), keras: join(folder, "digits.h5") };
  using model = await loadModel(original);
  const data = await networkToData(model.network);
  await writeFileAtomically(files.onnxruntime, await encodeOnnx(data, model.card));
  await writeFileAtomically(files.keras, await encodeKerasH5(data, model.card));
  return files;
}

async function somePictures() {
  const { test } = await loadMnist({ limit: PICTURES });
  return Array.from({ length: test.count }, (_, i) => slice(test, i, 1));
}

/** Who is in the room; what each asks, how many there are, and every how many milliseconds. */
async function invite() {
  const pictures = (await somePictures()).map(({ images, labels: [digit] }) => ({
    pixels: images.toBase64(),
    digit,
  }));
  return [
    {
      who: "60 who draw",
      path: "/v1/models/digits:predict",
      bodies: pictures.map(({ pixels: b64 }) => JSON.stringify({ instances: [{ b64 }] })),
      clients: 60,
      every: 50,
    },
    {
      who: "8 who look inside",
      path: "/explain",
      bodies: pictures.map((picture) => JSON.stringify({ model: "digits", ...picture })),
      clients: 8,
      every: 1000,
    },
    {
      who: "1 who means ill",
      path: "/predict",
      bodies: hostileFiles(),
      type: "image/png",
      clients: 1,
      every: 6000,
      right: HARMLESS,
    },
  ];
}

/** Pictures that take long to decode for the length of their files, a broken one, and none. */
function hostileFiles(): Uint8Array[] {
  const blank = (side: number, channels: 1 | 4, depth: 8 | 16) => {
    const count = side * side * channels;
    const data = depth === 8 ? new Uint8Array(count).fill(255) : new Uint16Array(count).fill(65535);
    return encode({ width: side, height: side, channels, depth, data });
  };
  const transparent = blank(5000, 4, 8);
  return [
    transparent,
    transparent.subarray(0, transparent.length / 2),
    blank(5000, 1, 16),
    crypto.getRandomValues(new Uint8Array(60_000)),
  ];
}

/**
 * Runs `act` on a service that is started for it on a free port, and looks sixty times at its memory.
 *
 * @returns What `act` returned, and resident bytes, of a service that says so.
 * @throws {Error} If the service does not start.
 */
async function withService<Result>(
  { name, command }: Contender,
  seconds: number,
  act: (url: string) => Promise<Result>,
): Promise<{ result: Result; memory: number[] }> {
  const port = freePort();
  const [program, ...args] = command(port);
  const process = new Deno.Command(program, { args, stdout: "null", stderr: "piped" }).spawn();
  const errors = new Response(process.stderr).text();
  let ended = false;
  let sampling: ReturnType<typeof setInterval> | undefined;
  process.status.then(() => ended = true);
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_TIME;
  const memory: number[] = [];
  try {
    while (!await isUp(url)) {
      if (ended || performance.now() > deadline) {
        if (!ended) process.kill();
        await process.status;
        const last = (await errors).trim().split("\n").at(-1);
        throw new Error(`Expected ${name} to start but it did not: ${last}`);
      }
      await wait(100);
    }
    sampling = setInterval(async () => {
      const bytes = await residentBytes(url);
      if (bytes) memory.push(bytes);
    }, Math.max(1000, 1000 * seconds / 60));
    return { result: await act(url), memory };
  } finally {
    clearInterval(sampling);
    if (!ended) process.kill("SIGINT");
    await process.status;
    await errors;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v2/health/ready`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function residentBytes(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/metrics`);
  const found = /^digits_resident_bytes (\d+)$/m.exec(await response.text());
  return found ? Number(found[1]) : undefined;
}

function describeMemory(name: string, memory: number[]): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const [first, last, most] = [memory[0], memory.at(-1)!, Math.max(...memory)].map(megabytes);
  return `Memory of ${name}, MB: ${first} at first, ${last} at last, at most ${most}`;
}
