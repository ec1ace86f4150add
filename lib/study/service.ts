/** The study of predictions a second over HTTP, beside the same network in Python. */

import { join } from "@std/path";
import { writeFileAtomically } from "../data/file_system.ts";
import { loadMnist } from "../data/mnist.ts";
import { encodeKerasH5 } from "../formats/keras_h5.ts";
import { encodeOnnx } from "../formats/onnx.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import { loadModel } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import { networkToData } from "../model/network.ts";
import { today } from "../model/provenance.ts";
import { allContenders, type Contender, describeMemory, withService } from "./bench/contenders.ts";
import { load, type LoadResult } from "./bench/load.ts";
import { inTurns } from "./bench/turns.ts";
import { machine, median, table } from "./report.ts";
import { defineStudy } from "./study.ts";

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

export const service = defineStudy({
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
    model: {
      type: "text",
      help: "folder of the model, if not outputs/model or data/models/digits",
      value: "DIR",
    },
  },
  async run({ clients, seconds, rounds, only, python, model }, { folder, observer }) {
    await Deno.mkdir(folder, { recursive: true });
    const models = {
      folder: model ?? await findModel(),
      onnx: join(folder, "digits.onnx"),
      h5: join(folder, "digits.h5"),
    };
    await exportModel(models);
    const { cores } = machine();
    const contenders = allContenders(models, python, cores)
      .filter(({ key }) => !only || only.split(",").includes(key));
    const bodies = await makeBodies();
    const turns = await inTurns(
      contenders,
      rounds,
      (contender) => measure(contender, { bodies, clients, seconds }),
      ({ name }, round) => observer({ kind: "note", text: `round ${round}: ${name}` }),
    );
    const measurements = turns.map(({ contender: { name }, results, missing }): Measurement => ({
      name,
      rounds: results.map(({ round }) => round),
      memory: results.flatMap(({ memory }) => memory),
      missing,
    }));
    return {
      text: `${describe(measurements)}\n\n${clients} clients on the same machine; ` +
        `medians of ${rounds} alternating rounds of ${seconds} s.`,
      files: { service: { json: { date: today(), clients, seconds, cores, measurements } } },
    };
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

/** One round of a service that is started for it. */
async function measure(
  contender: Contender,
  { bodies, clients, seconds }: { bodies: string[]; clients: number; seconds: number },
): Promise<{ round: LoadResult; memory: number[] }> {
  const questions = { path: "/v1/models/digits:predict", bodies, clients };
  const { result, memory } = await withService(contender, seconds, async (url) => {
    await load(url, questions, WARM_UP);
    return await load(url, questions, seconds);
  });
  return { round: result, memory };
}

function describe(measurements: Measurement[]): string {
  const measured = measurements.filter(({ rounds }) => rounds.length > 0);
  const middle = ({ rounds }: Measurement, read: (round: LoadResult) => number) =>
    median(rounds.map(read));
  const perSecond = (measurement: Measurement) => middle(measurement, (round) => round.perSecond);
  const rows = measured.map((measurement, i) => {
    const rate = perSecond(measurement);
    const ratio = i === 0 ? "" : ` (${(perSecond(measured[0]) / rate).toFixed(2)})`;
    return [
      measurement.name,
      rate.toFixed(0) + ratio,
      middle(measurement, ({ milliseconds }) => milliseconds.p50).toFixed(0),
      middle(measurement, ({ milliseconds }) => milliseconds.p99).toFixed(0),
      `${measurement.rounds.reduce((sum, { failed }) => sum + failed, 0)}`,
    ];
  });
  const head = ["service", "predictions a second (ours ÷ theirs)", "p50 ms", "p99 ms", "failed"];
  return [
    table(head, rows),
    ...measured.filter(({ memory }) => memory.length > 1)
      .map(({ name, memory }) => describeMemory(name, memory)),
    ...measurements.filter(({ missing }) => missing)
      .map(({ name, missing }) => `Missing: ${name}: ${missing}`),
  ].join("\n\n");
}
