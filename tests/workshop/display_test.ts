import { assert, assertEquals, assertRejects } from "@std/assert";
import { EnoughTraining, type EpochRecord, type Observer } from "../../lib/observer.ts";
import type { Spec } from "../../lib/plot/theme.ts";
import { decode, encode } from "fast-png";
import { renderPng } from "../../lib/plot/render.ts";
import { SEVEN, SEVEN_PNG } from "../picture/picture_files.ts";
import {
  showChart,
  showFigure,
  showPad,
  showTable,
  showText,
  showTraining,
} from "../../lib/workshop/display.ts";

interface Message {
  kind: string;
  content: {
    data: Record<string, string>;
    metadata: Record<string, unknown>;
    transient: { display_id: string };
  };
}

/** Runs `act` with a kernel that keeps its messages, which leave, as Deno's do, a moment later. */
async function messagesOf(act: () => Promise<unknown>): Promise<Message[]> {
  const messages: Message[] = [];
  const broadcast = (kind: string, content: Message["content"]) => {
    const message = { kind, content: structuredClone(content) };
    setTimeout(() => messages.push(message));
    return Promise.resolve();
  };
  Object.assign(Deno, { jupyter: { broadcast } });
  await act();
  return messages;
}

function record(epoch: number): EpochRecord {
  return {
    stage: "head",
    epoch,
    trainLoss: 1 / epoch,
    validationLoss: 1 / epoch,
    trainAccuracy: 0.9,
    validationAccuracy: 1 - 0.1 / epoch,
    learningRate: 1e-3,
    seconds: 1,
  };
}

const PNG_SIGNATURE = btoa("\x89PNG\r\n\x1a\n").slice(0, 10);

const RECTANGLE = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  width: 30,
  height: 20,
  padding: 0,
  data: { values: [{ side: 3 }] },
  mark: "rect",
  config: { view: { stroke: null } },
} as const;

Deno.test("showChart() shows Vega-Lite v5, a PNG and a sentence in one bundle", async () => {
  const spec: Spec = {
    ...RECTANGLE,
    encoding: { tooltip: { field: "side", type: "quantitative" } },
  };
  const [{ kind, content: { data, metadata } }, ...more] = await messagesOf(() =>
    showChart(spec, "A rectangle")
  );
  assertEquals(more, []);
  assertEquals(kind, "display_data");
  assertEquals(
    JSON.stringify(data["application/vnd.vegalite.v5+json"]),
    JSON.stringify({ ...spec, description: "A rectangle" }),
  );
  assert(data["image/png"].startsWith(PNG_SIGNATURE));
  assertEquals(data["text/plain"], "A rectangle");
  assertEquals(metadata, { "image/png": { width: 30, height: 20, alt: "A rectangle" } });
});

Deno.test("showChart() shows only the picture of a chart that does not answer to the mouse", async () => {
  const [{ content: { data } }] = await messagesOf(() => showChart(RECTANGLE, "A rectangle"));
  assertEquals(Object.keys(data).sort(), ["image/png", "text/plain"]);
});

Deno.test("showFigure() puts the figure into the output's metadata", async () => {
  const figure = { name: "Mistakes", value: 3, tolerance: 0 };
  const [{ content }] = await messagesOf(() => showFigure(figure));
  assertEquals(content.data, { "text/plain": "Mistakes: 3" });
  assertEquals(content.metadata, { figure });
});

Deno.test("showFigure() shows one digit more than the tolerance has", async () => {
  const shown = async (value: number, tolerance: number, unit?: string) => {
    const [{ content }] = await messagesOf(() =>
      showFigure({ name: "Figure", value, tolerance, unit })
    );
    return content.data["text/plain"];
  };
  assertEquals(await shown(60_000, 0), "Figure: 60,000");
  assertEquals(await shown(123.4, 15), "Figure: 123 (another computer may be 15 off)");
  assertEquals(
    await shown(99.3781, 0.2, "%"),
    "Figure: 99.38 % (another computer may be 0.2 % off)",
  );
});

Deno.test("showText() is done when the text has left", async () => {
  const [{ content }] = await messagesOf(() => showText("Ten digits"));
  assertEquals(content.data, { "text/plain": "Ten digits" });
});

Deno.test("showTable() shows rows as HTML and as text", async () => {
  const [{ content: { data } }] = await messagesOf(() =>
    showTable([{ digit: "<3", count: 7 }, { digit: "4", count: 12345 }])
  );
  assertEquals(data["text/plain"], "digit  count\n   <3      7\n    4  12345");
  assertEquals(
    data["text/html"],
    "<table><tr><th>digit</th><th>count</th></tr>" +
      "<tr><td>&lt;3</td><td>7</td></tr><tr><td>4</td><td>12345</td></tr></table>",
  );
});

Deno.test("showTraining() redraws one bar and one chart, and ends with a PNG", async () => {
  let result = 0;
  const messages = await messagesOf(async () => {
    result = await showTraining((observer) => {
      observer({ kind: "progress", what: "head", done: 1, total: 2, figures: { loss: 0.5 } });
      observer({ kind: "progress", what: "head", done: 2, total: 2 }); // too soon to be drawn
      observer({ kind: "note", text: "Best so far" });
      observer({ kind: "epoch", record: record(1) });
      observer({ kind: "epoch", record: record(2) });
      return Promise.resolve(42);
    });
  });
  assertEquals(result, 42);
  const ids = messages.map(({ content }) => content.transient.display_id);
  const [bar, chart] = [...new Set(ids)];
  const texts = (id: string) =>
    messages.filter((_, i) => ids[i] === id).map((
      { kind, content },
    ) => [kind, content.data["text/plain"]]);
  assertEquals(texts(bar), [
    ["display_data", "███████████████░░░░░░░░░░░░░░░ head  loss 0.5000"],
    ["update_display_data", "Best so far"],
    ["update_display_data", ""],
  ]);
  const best = "Training curves of 2 epochs; best on validation: head, epoch 2, 5.00 % wrong";
  assertEquals(texts(chart), [
    [
      "display_data",
      "Training curves of 1 epoch; best on validation: head, epoch 1, 10.00 % wrong",
    ],
    ["update_display_data", best],
    ["update_display_data", best],
  ]);
  assertEquals(
    messages.filter((_, i) => ids[i] === chart).map(({ content }) => "image/png" in content.data),
    [false, false, true],
  );
});

Deno.test("showTraining() keeps the curves of work that fails, and passes the error on", async () => {
  const messages = await messagesOf(() =>
    assertRejects(
      () =>
        showTraining((observer) => {
          observer({ kind: "epoch", record: record(1) });
          return Promise.reject(new Error("Out of paper"));
        }),
      Error,
      "Out of paper",
    )
  );
  assert("image/png" in messages.at(-1)!.content.data);
});

Deno.test("showTraining() says from which epoch on the loss is no number", async () => {
  const work = (observer: Observer) => {
    observer({ kind: "epoch", record: record(1) });
    observer({ kind: "epoch", record: { ...record(2), trainLoss: NaN, validationLoss: NaN } });
    return Promise.reject(new RangeError("Expected a finite loss"));
  };
  const messages = await messagesOf(() => assertRejects(() => showTraining(work), RangeError));
  assertEquals(
    messages.at(-1)!.content.data["text/plain"],
    "Training curves of 2 epochs; the loss is no number from head, epoch 2 on",
  );
  assert("image/png" in messages.at(-1)!.content.data);
});

Deno.test("showTraining() has enough after the epoch in which time runs out", async () => {
  await messagesOf(() =>
    assertRejects(
      () =>
        showTraining(async (observer) => {
          observer({ kind: "epoch", record: record(1) });
          await new Promise((resolve) => setTimeout(resolve, 20));
          observer({ kind: "epoch", record: record(2) });
        }, { seconds: 0.01 }),
      EnoughTraining,
    )
  );
  await assertRejects(
    () => showTraining(() => Promise.resolve(), { seconds: 0 }),
    RangeError,
    "Expected seconds to be above 0 but found 0",
  );
});

Deno.test("showChart() draws in at most 256 colours, each of 300 near its own", async () => {
  // 30 × 10 colours, of which each takes 16 × 16 pixels of the chart.
  const data = Uint8Array.from(
    Array.from({ length: 300 }, (_, i) => [8 * (i % 30), 25 * Math.floor(i / 30), 128]).flat(),
  );
  const png = encode({ width: 30, height: 10, channels: 3, data });
  const spec: Spec = {
    ...RECTANGLE,
    width: 480,
    height: 160,
    mark: {
      type: "image",
      url: `data:image/png;base64,${png.toBase64()}`,
      width: 480,
      height: 160,
      x: 240,
      y: 80,
    },
  };
  const [{ content: { data: shown } }] = await messagesOf(() => showChart(spec, "Colours"));
  const drawn = decode(Uint8Array.fromBase64(shown["image/png"]));
  const full = decode(await renderPng(spec, 1.5));
  assertEquals([drawn.width, drawn.height, drawn.channels], [full.width, full.height, 1]);
  assert(drawn.palette!.length <= 256);
  drawn.data.forEach((color, i) => {
    for (let channel = 0; channel < 3; channel++) {
      const error = Math.abs(
        drawn.palette![color][channel] - full.data[full.channels * i + channel],
      );
      assert(error <= 33, `Pixel ${i} is ${error} off`);
    }
  });
});

Deno.test({
  name: "showPad() has what its own page drew, and takes nothing from others",
  sanitizeResources: false, // the pad listens as long as the kernel runs
  sanitizeOps: false,
  async fn() {
    let html = "";
    const broadcast = (_: string, { data }: { data: Record<string, string> }) => {
      html = data["text/html"];
      return Promise.resolve();
    };
    Object.assign(Deno, { jupyter: { broadcast } });
    const pad = await showPad();
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(html)!;
    const post = async (address: string, body: string) =>
      (await fetch(address, { method: "POST", body })).status;
    const drawing = `data:image/png;base64,${SEVEN_PNG.toBase64()}`;
    assertEquals(await post(new URL("/", address).href, drawing), 404);
    assertEquals(await post(address, "a text"), 404);
    assertEquals(await pad.picture(), undefined);
    assertEquals(await post(address, drawing), 204);
    assertEquals((await pad.picture())?.values, SEVEN.values);
  },
});
