/** What notebooks show: charts, text, tables, training, a pad, a page; the one place that knows Deno's Jupyter kernel. */

import { decode, type DecodedPng, encode } from "fast-png";
import { Hono } from "hono";
import { serveStatic } from "hono/deno";
import {
  EnoughTraining,
  type EpochRecord,
  keptEpoch,
  type News,
  type Observer,
} from "../observer.ts";
import { decodePicture, type GreyPicture } from "../picture/decode.ts";
import { renderPng } from "../plot/render.ts";
import type { Spec } from "../plot/theme.ts";
import { trainingCurves } from "../plot/training_curves.ts";
import { addressesFor, QrCode } from "../service/neighbours.ts";
import { pictureSheet } from "./charts/pictures.ts";

/**
 * Shows a chart under the cell, for every kind of reader at once: Vega-Lite for JupyterLab, if the
 * chart answers to the mouse; a picture for viewers without JavaScript, such as GitHub; a sentence
 * for those who cannot see it.
 *
 * @param spec A Vega-Lite v5 chart.
 * @param summary What the chart shows, in one sentence.
 */
export async function showChart(spec: Spec, summary: string): Promise<void> {
  await new Display().show(...await fullBundle(spec, summary));
}

/**
 * Shows a line of text under the cell. A cell that ends in an expression shows its value as well, but
 * Deno's kernel may send that too late.
 */
export async function showText(text: string): Promise<void> {
  await new Display().show({ "text/plain": text });
}

/**
 * Shows a table under the cell.
 *
 * @param rows One object a row, all with the same properties, which head the columns.
 */
export async function showTable(rows: Record<string, string | number>[]): Promise<void> {
  await new Display().show({ "text/html": tableHtml(rows), "text/plain": tableText(rows) });
}

/** A number that a run on another computer should come to as well. */
interface Figure {
  /** What it measures; names it among the figures of a notebook. */
  name: string;
  value: number;
  /** How far another run may be away; 0 if not at all. */
  tolerance: number;
  /**
   * Unit that is shown behind the number.
   * @default {""}
   */
  unit?: string;
}

/**
 * Shows a key figure under the cell. `deno task notebooks --check` fails if it comes out further
 * from the committed one than `tolerance`.
 */
export async function showFigure(figure: Figure): Promise<void> {
  await new Display().show({ "text/plain": describeFigure(figure) }, { figure });
}

/**
 * Shows how work goes on while it does: a bar, and the training curves after every epoch, redrawn
 * in place.
 *
 * @param work The work, which tells its news to the observer that it is given.
 * @param options.seconds Time after which no new epoch is begun; what learns is left with the best so far.
 * @returns What `work` returns.
 */
export async function showTraining<Result>(
  work: (observer: Observer) => Promise<Result>,
  { seconds = Infinity }: { seconds?: number } = {},
): Promise<Result> {
  if (!(seconds > 0)) throw new RangeError(`Expected seconds to be above 0 but found ${seconds}`);
  const started = performance.now();
  const [bar, curves] = [new Display(), new Display()];
  const history: EpochRecord[] = [];
  let lastDrawn = -Infinity;
  const observer: Observer = (news) => {
    if (news.kind === "epoch") {
      history.push(news.record);
      curves.replace(liveBundle(trainingCurves(history), describeHistory(history)));
      if (performance.now() - started > 1000 * seconds) throw new EnoughTraining();
    } else if (news.kind === "note" || performance.now() - lastDrawn > REDRAW_INTERVAL) {
      lastDrawn = performance.now();
      bar.replace({ "text/plain": describeNews(news) });
    }
  };
  try {
    return await work(observer);
  } finally {
    // Nothing that depends on time is left, so that a notebook run twice has the same outputs.
    await bar.show({ "text/plain": "" });
    if (history.length > 0) {
      await curves.show(...await fullBundle(trainingCurves(history), describeHistory(history)));
    }
  }
}

/** Side of the pad and width of its ink, in pixels. */
const PAD_SIDE = 280, INK = 18;

/** A pad that is shown. */
interface DrawingPad {
  /** @returns What is drawn on it by now; nothing, if nothing is. */
  picture(): Promise<GreyPicture | undefined>;
}

/**
 * Shows a pad under the cell. What is drawn on it reaches the kernel, as long as that runs, if the browser is
 * on the same machine.
 */
export async function showPad(): Promise<DrawingPad> {
  let drawn: Uint8Array | undefined;
  const secret = `/${crypto.randomUUID()}`; // so that no page but this one draws on it
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = new URL(request.url).pathname === secret ? await request.text() : "";
      const [, base64] = /^data:image\/png;base64,(.*)$/.exec(text) ?? [];
      if (base64) drawn = Uint8Array.fromBase64(base64);
      return new Response(undefined, { status: base64 ? 204 : 404 });
    },
  );
  server.unref(); // nothing waits for the pad
  const html = padHtml(`http://127.0.0.1:${server.addr.port}${secret}`);
  await new Display().show({ "text/html": html, "text/plain": "A pad to draw on" });
  return { picture: async () => drawn && await decodePicture(drawn, "the drawing") };
}

/** A canvas that sends itself to an address after every stroke, as text, which needs no leave of the receiver. */
function padHtml(address: string): string {
  return `<canvas width="${PAD_SIDE}" height="${PAD_SIDE}" role="img" aria-label="A pad to draw on"
  style="background: #fff; border: 1px solid #7b8794; touch-action: none; cursor: crosshair"></canvas>
<script>
{
  const canvas = document.currentScript.previousElementSibling;
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, ${PAD_SIDE}, ${PAD_SIDE});
  Object.assign(ink, { lineWidth: ${INK}, lineCap: "round", lineJoin: "round" });
  const to = ({ offsetX, offsetY }) => (ink.lineTo(offsetX, offsetY), ink.stroke());
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    ink.beginPath();
    to(event);
  };
  canvas.onpointermove = (event) => event.buttons && to(event);
  canvas.onpointerup = () => {
    fetch("${address}", { method: "POST", mode: "no-cors", body: canvas.toDataURL() });
  };
}
</script>`;
}

/** Side of the code to photograph, in pixels. */
const CODE_SIDE = 240;

let server: Deno.HttpServer<Deno.NetAddr> | undefined;

/**
 * Hands a page out to every machine of the network for as long as the kernel runs, or until another is
 * handed out, and shows under the cell where it is: for other machines if there is a network, and for
 * this one.
 *
 * @param folder Files of the page, `index.html` among them.
 */
export async function showPage(folder: string): Promise<void> {
  await server?.shutdown();
  const app = new Hono().use(serveStatic({ root: folder }));
  server = Deno.serve({ hostname: "0.0.0.0", port: 0, onListen: () => {} }, app.fetch);
  const { port } = server.addr;
  const addresses = [...addressesFor("0.0.0.0"), "localhost"]
    .map((host) => `http://${host}:${port}/`);
  await showText(addresses.join(" or "));
  await showChart(
    pictureSheet([{ name: addresses[0], ...new QrCode(addresses[0]).toPixels() }], {
      title: "For the camera of a phone in the same network",
      side: CODE_SIDE,
    }),
    `QR code of ${addresses[0]}`,
  );
}

// How it reaches the front end

/** Pixels of a PNG along a pixel of its chart: sharp enough, and half the bytes of twice as many. */
const PNG_SCALE = 1.5;

/** Milliseconds between two drawings of the bar. */
const REDRAW_INTERVAL = 200;

const BAR_LENGTH = 30;

/**
 * Milliseconds in which a message leaves. In Deno 2.9's kernel what a cell shows and the report of its
 * end take different ways between threads, and Jupyter drops what arrives after the end.
 */
const SENDING_TIME = 100;

/** Data by media type; a front end shows the richest that it knows. */
type Bundle = Record<string, string | object>;

/** A place under the cell whose content can be replaced. */
class Display {
  #id = crypto.randomUUID();
  #shown = false;
  #sent: Promise<void> = Promise.resolve();

  /** Shows something in place of what was there. */
  replace(data: Bundle, metadata: Record<string, unknown> = {}): Promise<void> {
    const kind = this.#shown ? "update_display_data" : "display_data";
    this.#shown = true;
    this.#sent = this.#sent.then(() =>
      Deno.jupyter.broadcast(kind, { data, metadata, transient: { display_id: this.#id } })
    );
    return this.#sent;
  }

  /** As {@linkcode replace}; resolves when the front end has it, so that the cell may end. */
  async show(data: Bundle, metadata?: Record<string, unknown>): Promise<void> {
    await this.replace(data, metadata);
    await new Promise((resolve) => setTimeout(resolve, SENDING_TIME));
  }
}

function liveBundle(spec: Spec, summary: string): Bundle {
  return {
    "application/vnd.vegalite.v5+json": { ...spec, description: summary },
    "text/plain": summary,
  };
}

/**
 * The bundle and its metadata, which say how large the picture is to be shown, and what it shows. A
 * chart that does not answer to the mouse is its picture alone: Vega-Lite would show no more.
 */
async function fullBundle(spec: Spec, summary: string): Promise<[Bundle, Record<string, unknown>]> {
  const picture = decode(await renderPng(spec, PNG_SCALE));
  const [width, height] = [picture.width, picture.height].map((side) => side / PNG_SCALE);
  const isInteractive = /"(tooltip|params)":/.test(JSON.stringify(spec));
  return [
    {
      ...(isInteractive ? liveBundle(spec, summary) : { "text/plain": summary }),
      "image/png": withFewColors(picture).toBase64(),
    },
    { "image/png": { width, height, alt: summary } },
  ];
}

function tableHtml(rows: Record<string, string | number>[]): string {
  const line = (cells: (string | number)[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(String(cell))}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line(Object.values(row), "td"));
  return `<table>${line(Object.keys(rows[0]), "th")}${body.join("")}</table>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function tableText(rows: Record<string, string | number>[]): string {
  const lines = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row).map(String))];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((cell, column) => cell.padStart(widths[column])).join("  "))
    .join("\n");
}

/** Puts a figure into words, with one digit more than its tolerance has. */
function describeFigure({ name, value, tolerance, unit }: Figure): string {
  const withUnit = (text: string) => unit ? `${text} ${unit}` : text;
  if (tolerance === 0) return `${name}: ${withUnit(value.toLocaleString("en-US"))}`;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(tolerance)));
  const number = value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `${name}: ${withUnit(number)} (another computer may be ${withUnit(`${tolerance}`)} off)`;
}

function describeNews(news: Exclude<News, { kind: "epoch" }>): string {
  if (news.kind === "note") return news.text;
  const { what, done, total, figures = {} } = news;
  const filled = Math.round(BAR_LENGTH * done / total);
  const beside = Object.entries(figures).map(([name, value]) => `  ${name} ${value.toFixed(4)}`);
  return `${"█".repeat(filled)}${"░".repeat(BAR_LENGTH - filled)} ${what}${beside.join("")}`;
}

function describeHistory(history: EpochRecord[]): string {
  const epochs = `Training curves of ${history.length} epoch${history.length === 1 ? "" : "s"}`;
  const lost = history.find(({ trainLoss }) => !Number.isFinite(trainLoss));
  if (lost) return `${epochs}; the loss is no number from ${lost.stage}, epoch ${lost.epoch} on`;
  const best = keptEpoch(history);
  if (!best) return epochs;
  const error = 100 * (1 - best.validationAccuracy);
  return `${epochs}; best on validation: ${best.stage}, epoch ${best.epoch}, ${
    error.toFixed(2)
  } % wrong`;
}

/** Shades of red, of green and of blue that are kept apart. */
const SHADES = 32;

/** A PNG has no more colours in its palette. */
const MOST_COLORS = 256;

/**
 * Encodes a picture as PNG in at most 256 colours, so that it takes a quarter of the bytes. A chart has a few
 * colours and their mixtures with white and black: nobody sees the difference.
 *
 * @param picture Three or four channels of 8 bits; how far its pixels are opaque is left out.
 */
function withFewColors({ width, height, data, channels }: DecodedPng): Uint8Array {
  const cells = new Uint16Array(width * height);
  /** Count of pixels in each cell of the cube of colours, and their red, green and blue added up. */
  const sums = new Float64Array(4 * SHADES ** 3);
  for (let i = 0, pixel = 0; i < cells.length; i++, pixel += channels) {
    let cell = 0;
    for (let channel = 0; channel < 3; channel++) {
      cell = SHADES * cell + Math.round(data[pixel + channel] * (SHADES - 1) / 255);
    }
    cells[i] = cell;
    sums[4 * cell]++;
    for (let channel = 0; channel < 3; channel++) {
      sums[4 * cell + 1 + channel] += data[pixel + channel];
    }
  }
  const used = [...Array(SHADES ** 3).keys()].filter((cell) => sums[4 * cell] > 0)
    .sort((one, other) => sums[4 * other] - sums[4 * one]);
  const colors = used.map((cell) =>
    [1, 2, 3].map((channel) => Math.round(sums[4 * cell + channel] / sums[4 * cell]))
  );
  const palette = colors.slice(0, MOST_COLORS) as [number, number, number][];
  const indices = new Uint8Array(SHADES ** 3);
  used.forEach((cell, i) => indices[cell] = nearest(palette, colors[i]));
  return encode(
    { width, height, data: Uint8Array.from(cells, (cell) => indices[cell]), channels: 1, palette },
    { zlib: { level: 9 } },
  );
}

/** Index of the colour that is most like another. */
function nearest(palette: number[][], color: number[]): number {
  const distances = palette.map((other) =>
    other.reduce((sum, channel, i) => sum + (channel - color[i]) ** 2, 0)
  );
  return distances.indexOf(Math.min(...distances));
}
