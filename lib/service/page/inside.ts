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
  const map = make("canvas", { role: "img" });
  draw(map, scaled(importance), answer.pixels, INK_BEHIND);
  const [before, between, after] = texts.whatSpeaks(texts.named(answer.label));
  const supporting = make("span", { className: "key-for" }, texts.speaksFor);
  const opposing = make("span", { className: "key-against" }, texts.speaksAgainst);
  place.replaceChildren(
    figure(map, [before, supporting, between, opposing, after], texts.covered),
    ...layers.map((layer, i) => layerFigure(answer.pixels, layer, i, layers.length)),
    scores(answer, classes, layers.at(-1)?.maps.length ?? 0),
  );
}

/** The maps of a layer; one of them is looked at. */
function layerFigure(
  pixels: Uint8Array,
  { side, ...layer }: Layer,
  index: number,
  depth: number,
): HTMLElement {
  const maps = squaresOf(layer.maps, side);
  const filters = layer.filters && squaresOf(layer.filters.values, layer.filters.side);
  const columns = columnsOf(maps);
  const [filter, where] = [1, 2].map(() => make("canvas", { ariaHidden: "true" }));
  const words = make("p");
  const all = make("canvas", {
    role: "slider",
    tabIndex: 0,
    ariaValueMin: "1",
    ariaValueMax: String(maps.length),
  });
  const look = (chosen: number) => {
    drawMaps(all, maps, side, chosen);
    if (filters) draw(filter, scaled(filters[chosen]));
    draw(where, placed(maps[chosen], side), pixels, INK_UNDER_MAP);
    words.textContent = texts.mapOf(chosen + 1, layer.filters?.count ?? 0);
    all.ariaValueNow = String(chosen + 1);
    all.ariaValueText = words.textContent;
  };
  const point = ({ offsetX, offsetY }: PointerEvent) => {
    const [x, y] = [offsetX, offsetY].map((offset) =>
      Math.floor(columns * offset / all.clientWidth)
    );
    const map = y * columns + x;
    if (x >= 0 && x < columns && map in maps) look(map);
  };
  all.addEventListener("pointermove", point);
  all.addEventListener("pointerdown", point);
  all.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const map = Number(all.ariaValueNow) - 1 + (step ?? NaN);
    if (!(map in maps)) return;
    event.preventDefault();
    look(map);
  });
  const caption = texts.layer(index + 1, maps.length, side);
  const shown = figure(all, [caption], texts.layerDoes(index, depth));
  shown.append(make("div", { className: "lens" }, ...(filters ? [filter] : []), where, words));
  const variances = maps.map(varianceOf);
  look(variances.indexOf(Math.max(...variances))); // it tells places apart most
  return shown;
}

/** Squares that lie one after the other. */
function squaresOf<Values extends Uint8Array | Int8Array>(values: Values, side: number) {
  return Array.from(
    { length: values.length / side ** 2 },
    (_, i) => values.subarray(i * side ** 2, (i + 1) * side ** 2) as Values,
  );
}

function varianceOf(values: Uint8Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
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
  const shown = figure(list, [texts.head], texts.headDoes(features));
  shown.className = "head";
  return shown;
}

/** What is shown with what it is, which is its name too, and a sentence on that. */
function figure(shown: HTMLElement, caption: (string | Node)[], sentence: string): HTMLElement {
  const name = make("b", {}, ...caption);
  shown.ariaLabel = name.textContent;
  return make("figure", {}, shown, make("figcaption", {}, name, ` ${sentence}`));
}

/** Numbers with a sign in shares of the greatest. */
function scaled(values: ArrayLike<number>): number[] {
  const most = Math.max(...Array.from(values, Math.abs), Number.MIN_VALUE);
  return Array.from(values, (value) => value / most);
}

/** Where in the picture a map answers, 0–1. */
function placed(map: Uint8Array, side: number): number[] {
  // Halved from layer to layer, what is left over is cut off.
  const scale = 2 ** Math.round(Math.log2(SIDE / side));
  return Array.from({ length: SIDE ** 2 }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)].map((place) => Math.floor(place / scale));
    return x < side && y < side ? map[y * side + x] / 255 : 0;
  });
}

/** Draws what the network sees: ink 0–255, `[28, 28]`; nothing without pixels. */
export function drawPixels(canvas: HTMLCanvasElement, pixels?: Uint8Array): void {
  draw(canvas, new Array(SIDE ** 2).fill(0), pixels, 1);
}

/**
 * Draws strengths from −1 to 1 in the colours of what speaks against and for an answer, over ink.
 *
 * @param strengths Of a square, row by row.
 * @param pixels Ink 0–255 of the same square.
 * @param opacity Of full ink where the strength is 0.
 */
function draw(
  canvas: HTMLCanvasElement,
  strengths: number[],
  pixels?: Uint8Array,
  opacity = 0,
): void {
  const side = Math.sqrt(strengths.length);
  const dot = brushOn(canvas, side);
  strengths.forEach((strength, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    if (pixels) dot(x, y, "--ink", opacity * pixels[i] / 255);
    dot(x, y, strength >= 0 ? "--accent" : "--against", Math.abs(strength));
  });
}

/**
 * Draws the maps of a layer in a square; the root of their values, so that weak ones show too.
 *
 * @param chosen Index of the map that has a frame.
 */
function drawMaps(
  canvas: HTMLCanvasElement,
  maps: Uint8Array[],
  side: number,
  chosen: number,
): void {
  const columns = columnsOf(maps);
  const pitch = side + 1;
  const dot = brushOn(canvas, columns * pitch + 1);
  const cornerOf = (map: number) => [(map % columns) * pitch, Math.floor(map / columns) * pitch];
  maps.forEach((map, index) => {
    const [left, top] = cornerOf(index);
    map.forEach((value, i) => {
      const opacity = FAINTEST + (1 - FAINTEST) * Math.sqrt(value / 255);
      dot(left + 1 + i % side, top + 1 + Math.floor(i / side), "--accent", opacity);
    });
  });
  const [left, top] = cornerOf(chosen);
  for (let i = 0; i <= pitch; i++) {
    for (const [x, y] of [[i, 0], [i, pitch], [0, i], [pitch, i]]) {
      dot(left + x, top + y, "--ink", 1);
    }
  }
}

/** Maps beside one another in the square of a layer's maps. */
function columnsOf(maps: Uint8Array[]): number {
  return Math.ceil(Math.sqrt(maps.length));
}

/** Empties a square canvas; what it returns paints a pixel of it in a colour of the page's style. */
function brushOn(canvas: HTMLCanvasElement, side: number) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d")!;
  const style = getComputedStyle(document.documentElement);
  return (x: number, y: number, colour: `--${string}`, opacity: number) => {
    if (opacity === 0) return;
    context.fillStyle = style.getPropertyValue(colour);
    context.globalAlpha = opacity;
    context.fillRect(x, y, 1, 1);
  };
}
