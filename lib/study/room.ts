/** The study of a room in which all draw at once, some ask for explanations, and one means ill. */

import { encode } from "fast-png";
import { loadMnist } from "../data/mnist.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { findModel } from "../model/model_folders.ts";
import { allContenders, describeMemory, withService } from "./bench/contenders.ts";
import { load, type LoadResult, type Questions } from "./bench/load.ts";
import { machine, table } from "./report.ts";
import { defineStudy } from "./study.ts";

/** Test pictures that are asked for in turn. */
const PICTURES = 1000;

/** Statuses of a refusal, or of a picture that was read after all. */
const HARMLESS = [200, 400, 413, 415, 422, 503];

/** Who is in the room; what each asks, how many there are, and every how many milliseconds. */
interface Guests extends Questions {
  who: string;
}

export const room = defineStudy({
  name: "room",
  summary:
    "Asks the service as sixty who draw, eight who want explanations, and one who means ill.",
  minutes: 11,
  flags: {
    seconds: { type: "integer", help: "how long", default: 600, least: 1, most: 86_400 },
    model: {
      type: "text",
      help: "folder of the model, if not outputs/model or data/models/digits",
      value: "DIR",
    },
  },
  async run({ seconds, model }, { observer }) {
    const { cores } = machine();
    const folder = model ?? await findModel();
    const [ours] = allContenders({ folder, onnx: "", h5: "" }, "", cores);
    const guests = await invite();
    observer({ kind: "note", text: `The room is full for ${seconds} s` });
    const { result, memory } = await withService(
      ours,
      seconds,
      (url) => Promise.all(guests.map((questions) => load(url, questions, seconds))),
    );
    const rows = guests.map((one, i) => rowOf(one, result[i]));
    const head = ["who", "ask every s", "answers", "p50 ms", "p99 ms", "longest ms", "failed"];
    return {
      text: [
        table(head, rows),
        ...(memory.length > 1 ? [describeMemory("the service", memory)] : []),
        `All at once for ${seconds} s, on the same machine as the service. Who draws sends a picture as the ` +
        "page does while the pen moves; who means ill sends large pictures in small files, halves of files, " +
        "and noise: refusals are answers, a failure is status 500 or none.",
      ].join("\n\n"),
      files: { room: { json: { seconds, cores, results: result, memory } } },
    };
  },
});

async function invite(): Promise<Guests[]> {
  const { test } = await loadMnist({ limit: PICTURES });
  const pictures = Array.from(
    { length: test.count },
    (_, i) => test.images.slice(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS).toBase64(),
  );
  return [
    {
      who: "60 who draw",
      path: "/v1/models/digits:predict",
      bodies: pictures.map((b64) => JSON.stringify({ instances: [{ b64 }] })),
      clients: 60,
      every: 50,
    },
    {
      who: "8 who look inside",
      path: "/explain",
      bodies: pictures.map((pixels, i) =>
        JSON.stringify({ model: "digits", pixels, digit: test.labels[i] })
      ),
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

function rowOf({ who, every }: Guests, { answered, milliseconds, failed }: LoadResult): string[] {
  const { p50, p99, most } = milliseconds;
  const figures = [p50, p99, most].map((value) => value.toFixed(0));
  return [who, `${every! / 1000}`, `${answered}`, ...figures, `${failed}`];
}
