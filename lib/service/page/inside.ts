/// <reference lib="dom" />
/** What is inside: what speaks for an answer, what each layer makes of the picture, and the head of that. */

import type { Explanation } from "../explain.ts";
import { make, makeRow } from "./elements.ts";
import type { ReadDigit } from "./reader.ts";
import { texts } from "./texts.ts";

type Layer = Explanation["layers"][number];

/** Side of a digit in pixels. */
const SIDE = 28;

/** Opacity of ink behind what speaks for and against a digit, and behind where a map answers. */
const INK_BEHIND = 0.22;
const INK_UNDER_MAP = 0.5;

/** Opacity of a map where it is zero. */
const FAINTEST = 0.08;

const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

/** Classes whose scores are shown. */
const BEST = 5;

/** Scores in nats behind the best one, at which a bar is empty. */
const EMPTY = 20;

/** Shows why a picture was read so, in place of what an element holds. */
export function showInside(
  place: HTMLElement,
  answer: ReadDigit,
  { importance, layers }: Explanation,
  classes: string[],
): void {
  const map = make("canvas");
  const most = Math.max(...Array.from(importance, Math.abs), Number.MIN_VALUE);
  drawOverInk(map, answer.pixels, INK_BEHIND, (i) => importance[i] / most);
  const [before, between, after] = texts.whatSpeaks(texts.named(answer.label));
  const supporting = make("span", { className: "key-for" }, texts.speaksFor);
  const opposing = make("span", { className: "key-against" }, texts.speaksAgainst);
  const features = layers.length > 0 ? layers.at(-1)!.maps.length : 0;
  place.replaceChildren(
    figure(map, [before, supporting, between, opposing, after], texts.covered),
    ...layers.map((layer, i) => layerFigure(answer.pixels, layer, i, layers.length)),
    scores(answer, classes, features),
  );
}

/** The maps of a layer; one of them is looked at. */
function layerFigure(
  pixels: Uint8Array,
  layer: Layer,
  index: number,
  depth: number,
): HTMLElement {
  const count = countMaps(layer);
  const [all, filter, where] = [make("canvas"), make("canvas"), make("canvas")];
  const caption = texts.layer(index + 1, count, layer.side);
  const shown = figure(all, [caption], texts.layerDoes(index, depth));
  const words = make("p");
  const look = (map: number) => {
    drawMaps(all, layer, map);
    if (layer.filters) drawFilter(filter, layer.filters, map);
    drawWhere(where, pixels, layer, map);
    words.textContent = texts.mapOf(map + 1, layer.filters?.count ?? 0);
    all.ariaValueNow = String(map + 1);
    all.ariaValueText = words.textContent;
  };
  all.role = "slider";
  all.tabIndex = 0;
  [all.ariaValueMin, all.ariaValueMax] = ["1", String(count)];
  const columns = columnsOf(layer);
  const point = ({ offsetX, offsetY }: PointerEvent) => {
    const [x, y] = [offsetX, offsetY].map((offset) =>
      Math.floor(columns * offset / all.clientWidth)
    );
    const map = y * columns + x;
    if (x >= 0 && x < columns && map >= 0 && map < count) look(map);
  };
  all.addEventListener("pointermove", point);
  all.addEventListener("pointerdown", point);
  all.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const map = Number(all.ariaValueNow) - 1 + (step ?? NaN);
    if (!(map >= 0 && map < count)) return;
    event.preventDefault();
    look(map);
  });
  const looked = layer.filters ? [filter, where] : [where];
  for (const canvas of looked) canvas.ariaHidden = "true";
  shown.append(make("div", { className: "lens" }, ...looked, words));
  look(mostTelling(layer));
  return shown;
}

/** Index of the map that tells places apart most: by the variance of its values. */
function mostTelling({ side, maps }: Layer): number {
  const size = side ** 2;
  const variances = Array.from({ length: maps.length / size }, (_, map) => {
    const values = maps.subarray(map * size, (map + 1) * size);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return variances.indexOf(Math.max(...variances));
}

/** What the head makes of the last maps: scores, of which the softmax makes probabilities. */
function scores({ probabilities }: ReadDigit, classes: string[], features: number): HTMLElement {
  const all = classes
    .map((character, i) => ({ character, score: Math.log(probabilities[i]) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, BEST);
  const rows = all.map(({ character, score }, i) => {
    const behind = score - all[0].score;
    const { row, label, show } = makeRow();
    label.textContent = character;
    const words = behind.toLocaleString(texts.language, TENTHS).replace("-", "−");
    show(Math.max(-101, 100 * behind / EMPTY), i === 0 ? "0" : words, i === 0);
    return row;
  });
  const list = make("ol", { className: "bars" }, ...rows);
  const shown = captioned(list, [texts.head], texts.headDoes(features));
  shown.className = "head";
  return shown;
}

/** A picture with what it is, which is its name too, and a sentence on that. */
function figure(
  canvas: HTMLCanvasElement,
  caption: (string | Node)[],
  sentence: string,
): HTMLElement {
  const figure = captioned(canvas, caption, sentence);
  canvas.role = "img";
  canvas.ariaLabel = figure.querySelector("b")!.textContent;
  return figure;
}

function captioned(shown: HTMLElement, caption: (string | Node)[], sentence: string): HTMLElement {
  const words = make("figcaption", {}, make("b", {}, ...caption), ` ${sentence}`);
  return make("figure", {}, shown, words);
}

/** Draws what the network sees: ink 0–255, `[28, 28]`; nothing without pixels. */
export function drawPixels(canvas: HTMLCanvasElement, pixels?: Uint8Array): void {
  const image = blank(canvas, SIDE, SIDE);
  const ink = channels("--ink");
  pixels?.forEach((value, i) => image.data.set([...ink, value], 4 * i));
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** Maps of a layer. */
function countMaps({ side, maps }: Layer): number {
  return maps.length / (side * side);
}

/** Maps beside one another in the square of a layer's maps. */
function columnsOf(layer: Layer): number {
  return Math.ceil(Math.sqrt(countMaps(layer)));
}

/**
 * Draws the maps of a layer in a square; the root of their values, so that weak ones show too.
 *
 * @param chosen Index of the map that has a frame.
 */
function drawMaps(canvas: HTMLCanvasElement, layer: Layer, chosen: number): void {
  const { side, maps } = layer;
  const columns = columnsOf(layer);
  const pitch = side + 1;
  const image = blank(canvas, columns * pitch + 1, columns * pitch + 1);
  const [accent, ink] = ["--accent", "--ink"].map(channels);
  const corner = (map: number) => [(map % columns) * pitch, Math.floor(map / columns) * pitch];
  maps.forEach((value, i) => {
    const [left, top] = corner(Math.floor(i / (side * side)));
    const x = left + 1 + i % side;
    const y = top + 1 + Math.floor(i % (side * side) / side);
    image.data.set([...accent, opacityOf(value)], 4 * (y * image.width + x));
  });
  const [left, top] = corner(chosen);
  for (let i = 0; i <= pitch; i++) {
    for (const [x, y] of [[i, 0], [i, pitch], [0, i], [pitch, i]]) {
      image.data.set([...ink, 255], 4 * ((top + y) * image.width + left + x));
    }
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

function opacityOf(value: number): number {
  return 255 * (FAINTEST + (1 - FAINTEST) * Math.sqrt(value / 255));
}

/** Draws the filter of a map: what it wants there, and what it does not. */
function drawFilter(
  canvas: HTMLCanvasElement,
  { side, values }: NonNullable<Layer["filters"]>,
  map: number,
): void {
  const image = blank(canvas, side, side);
  const filter = values.subarray(map * side * side, (map + 1) * side * side);
  const most = Math.max(...Array.from(filter, Math.abs), 1);
  const [wanted, unwanted] = ["--accent", "--against"].map(channels);
  filter.forEach((weight, i) => {
    const colour = weight >= 0 ? wanted : unwanted;
    image.data.set([...colour, 255 * Math.abs(weight) / most], 4 * i);
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** Draws where in the picture a map answers. */
function drawWhere(
  canvas: HTMLCanvasElement,
  pixels: Uint8Array,
  { side, maps }: Layer,
  map: number,
): void {
  // Halved from layer to layer, what is left over is cut off.
  const scale = 2 ** Math.round(Math.log2(SIDE / side));
  const values = maps.subarray(map * side * side, (map + 1) * side * side);
  drawOverInk(canvas, pixels, INK_UNDER_MAP, (i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)].map((place) => Math.floor(place / scale));
    return x < side && y < side ? values[y * side + x] / 255 : 0;
  });
}

/**
 * Draws strengths from −1 to 1 in the colours of what speaks against and for an answer, over the ink.
 *
 * @param ink Opacity of full ink where the strength is 0.
 */
function drawOverInk(
  canvas: HTMLCanvasElement,
  pixels: Uint8Array,
  ink: number,
  strengthOf: (i: number) => number,
): void {
  const image = blank(canvas, SIDE, SIDE);
  const [inked, supporting, against] = ["--ink", "--accent", "--against"].map(channels);
  pixels.forEach((value, i) => {
    const strength = Math.abs(strengthOf(i));
    const behind = ink * value / 255 * (1 - strength);
    const alpha = strength + behind;
    const colour = strengthOf(i) >= 0 ? supporting : against;
    image.data.set(
      [0, 1, 2].map((k) => alpha > 0 ? (colour[k] * strength + inked[k] * behind) / alpha : 0),
      4 * i,
    );
    image.data[4 * i + 3] = 255 * alpha;
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

function blank(canvas: HTMLCanvasElement, width: number, height: number): ImageData {
  canvas.width = width;
  canvas.height = height;
  return new ImageData(width, height);
}

/** Red, green and blue of a colour of the page's style. */
function channels(property: string): number[] {
  const probe = make("i");
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color.match(/\d+/g)!.slice(0, 3).map(Number);
}
