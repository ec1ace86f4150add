/// <reference lib="dom" />
/** What is inside: what speaks for an answer, what each layer makes of the picture, and the head of that. */

import { columnsOf, countMaps, drawFilter, drawImportance, drawMaps, drawWhere } from "./charts.ts";
import type { Explained, ReadDigit } from "./reader.ts";
import { language, texts } from "./texts.ts";

const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

/** Classes whose scores are shown. */
const BEST = 5;

/** Scores in nats behind the best one, at which a bar is empty. */
const EMPTY = 20;

/** Shows why a picture was read so, in place of what an element holds. */
export function showInside(
  place: HTMLElement,
  answer: ReadDigit,
  { importance, layers }: Explained,
  classes: string[],
): void {
  const map = document.createElement("canvas");
  drawImportance(map, answer.pixels, importance);
  const [before, between, after] = texts.whatSpeaks(texts.named(answer.character));
  const [supporting, opposing] = [key("for", texts.speaksFor), key("against", texts.speaksAgainst)];
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
  layer: Explained["layers"][number],
  index: number,
  depth: number,
): HTMLElement {
  const count = countMaps(layer);
  const [all, filter, where] = Array.from({ length: 3 }, () => document.createElement("canvas"));
  const caption = texts.layer(index + 1, count, layer.side);
  const shown = figure(all, [caption], texts.layerDoes(index, depth));
  const words = document.createElement("p");
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
  const lens = document.createElement("div");
  lens.className = "lens";
  for (const canvas of layer.filters ? [filter, where] : [where]) canvas.ariaHidden = "true";
  lens.append(...(layer.filters ? [filter, where] : [where]), words);
  shown.append(lens);
  look(mostTelling(layer));
  return shown;
}

/** Index of the map that tells places apart most: by the variance of its values. */
function mostTelling({ side, maps }: Explained["layers"][number]): number {
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
  const list = document.createElement("ol");
  list.className = "bars";
  list.append(...all.map(({ character, score }, i) => {
    const behind = score - all[0].score;
    const row = document.createElement("li");
    row.classList.toggle("first", i === 0);
    const [label, track, bar, value] = ["class", "track", "bar", "share"].map((kind) => {
      const span = document.createElement("span");
      span.className = kind;
      return span;
    });
    label.textContent = character;
    bar.style.transform = `translateX(${Math.max(-101, 100 * behind / EMPTY)}%)`;
    value.textContent = i === 0 ? "0" : behind.toLocaleString(language, TENTHS).replace("-", "−");
    track.append(bar);
    row.append(label, track, value);
    return row;
  }));
  const shown = captioned(list, [texts.head], texts.headDoes(features));
  shown.className = "head";
  return shown;
}

/** A word in the colour of what it stands for. */
function key(kind: "for" | "against", word: string): HTMLElement {
  const span = document.createElement("span");
  span.className = `key-${kind}`;
  span.textContent = word;
  return span;
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
  const figure = document.createElement("figure");
  const words = document.createElement("figcaption");
  const name = document.createElement("b");
  name.append(...caption);
  words.append(name, ` ${sentence}`);
  figure.append(shown, words);
  return figure;
}
