/** `deno task bench:service`: predictions a second over HTTP, beside the same network in Python. */

import os from "node:os";
import { join } from "@std/path";
import { IMAGE_SIDE } from "../image/size.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import { encodeKerasH5 } from "../formats/keras_h5.ts";
import { encodeOnnx } from "../formats/onnx.ts";
import { today } from "../model/provenance.ts";
import { loadModel } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import { networkToData } from "../model/network.ts";
import { allContenders, type Contender, start } from "../study/bench/contenders.ts";
import { load, type LoadResult } from "../study/bench/load.ts";
import { median } from "../study/statistics.ts";
import { describeError, runCommand } from "./command_line.ts";
import { writeReadmeSection } from "./readme.ts";

/** Test pictures that are asked for in turn. */
const PICTURES = 1000;

/** Seconds of load before the clock is read. */
const WARM_UP = 2;

/** What was measured of a service. */
interface Measurement {
  name: string;
  rounds: LoadResult[];
  /** Resident memory in bytes, every few seconds, of a service that says so. */
  memory: number[];
  /** Why nothing was measured. */
  missing?: string;
}

await runCommand({
  name: "bench:service",
  summary:
    "Measures single-image predictions a second over HTTP, of this project's service and of the same\n" +
    "network behind FastAPI, in turns, with the clients on the same machine.",
  example: "deno task bench:service --python .venv/bin/python",
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
    model: {
      type: "text",
      help: "folder of the model, if not outputs/model or data/models/digits",
      value: "DIR",
    },
    readme: { type: "switch", help: "write the table into README.md too" },
    out: { type: "text", help: "folder for the results", value: "DIR", default: "outputs/bench" },
  },
  async run({ clients, seconds, rounds, only, python, model, readme, out }) {
    await Deno.mkdir(out, { recursive: true });
    const folder = model ?? await findModel();
    const models = { folder, onnx: join(out, "digits.onnx"), h5: join(out, "digits.h5") };
    await exportModel(models);
    const cores = navigator.hardwareConcurrency;
    const contenders = allContenders(models, python, cores)
      .filter(({ key }) => !only || only.split(",").includes(key));
    const bodies = await makeBodies();
    const measurements = contenders.map(({ name }): Measurement => ({
      name,
      rounds: [],
      memory: [],
    }));
    for (let round = 1; round <= rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        if (measurements[i].missing) continue;
        console.error(`round ${round}: ${contender.name}`);
        await measure(contender, { bodies, clients, seconds }, measurements[i]);
      }
    }
    const about =
      `${today()}, ${os.cpus()[0].model.trim()}, ${cores} cores, ${clients} clients on ` +
      `the same machine; medians of ${rounds} alternating rounds of ${seconds} s`;
    const table = describe(about, measurements);
    console.log(table);
    const result = { date: today(), clients, seconds, cores, measurements };
    await writeFileAtomically(join(out, "service.json"), JSON.stringify(result, null, 2) + "\n");
    if (readme) await writeReadmeSection("service", table);
  },
});

async function exportModel({ folder, onnx, h5 }: { folder: string; onnx: string; h5: string }) {
  using model = await loadModel(folder);
  const data = await networkToData(model.network);
  await writeFileAtomically(onnx, await encodeOnnx(data, model.card));
  await writeFileAtomically(h5, await encodeKerasH5(data, model.card));
}

/** Requests in TensorFlow Serving's form, a picture each, its pixels from 0 to 255. */
async function makeBodies(): Promise<string[]> {
  const { test } = await loadMnist({ limit: PICTURES });
  return Array.from({ length: test.count }, (_, i) => {
    const row = (y: number) => {
      const first = (i * IMAGE_SIDE + y) * IMAGE_SIDE;
      return Array.from(test.images.subarray(first, first + IMAGE_SIDE));
    };
    return JSON.stringify({ instances: [Array.from({ length: IMAGE_SIDE }, (_, y) => row(y))] });
  });
}

async function measure(
  contender: Contender,
  { bodies, clients, seconds }: { bodies: string[]; clients: number; seconds: number },
  measurement: Measurement,
): Promise<void> {
  try {
    await using service = await start(contender);
    const asked = { url: service.url, path: "/v1/models/digits:predict", bodies, clients };
    await load({ ...asked, seconds: WARM_UP });
    const sampling = setInterval(
      async () => {
        const bytes = await residentBytes(service.url);
        if (bytes) measurement.memory.push(bytes);
      },
      Math.max(1000, 1000 * seconds / 60),
    );
    measurement.rounds.push(await load({ ...asked, seconds }));
    clearInterval(sampling);
  } catch (error) {
    measurement.missing = describeError(error);
  }
}

async function residentBytes(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/metrics`);
  const found = /^digits_resident_bytes (\d+)$/m.exec(await response.text());
  return found ? Number(found[1]) : undefined;
}

function describe(about: string, measurements: Measurement[]): string {
  const measured = measurements.filter(({ rounds }) => rounds.length > 0);
  const ours = measured[0] && middle(measured[0], ({ perSecond }) => perSecond);
  return [
    about,
    "",
    "| service | predictions a second (ours ÷ theirs) | p50 ms | p99 ms | failed |",
    "|---|--:|--:|--:|--:|",
    ...measured.map((measurement, i) => {
      const perSecond = middle(measurement, (round) => round.perSecond);
      const time = (which: "p50" | "p99") =>
        middle(measurement, ({ milliseconds }) => milliseconds[which]).toFixed(0);
      const ratio = i === 0 ? "" : ` (${(ours / perSecond).toFixed(2)})`;
      const failed = measurement.rounds.reduce((sum, round) => sum + round.failed, 0);
      return `| ${measurement.name} | ${perSecond.toFixed(0)}${ratio} | ${time("p50")} | ${
        time("p99")
      } | ${failed} |`;
    }),
    ...measured.filter(({ memory }) => memory.length > 1).map(({ name, memory }) =>
      `\nMemory of ${name}, MB: ${megabytes(memory[0])} at first, ${
        megabytes(memory.at(-1)!)
      } at last, at most ${megabytes(Math.max(...memory))}`
    ),
    ...measurements.filter(({ missing }) => missing).map(({ name, missing }) =>
      `\nMissing: ${name}: ${missing}`
    ),
  ].join("\n");
}

function middle({ rounds }: Measurement, read: (round: LoadResult) => number): number {
  return median(rounds.map(read));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
