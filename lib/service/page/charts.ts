/// <reference lib="dom" />
/** What the network sees and does, as pictures in the page's colours. */

import { colour } from "./pad.ts";
import type { Explanation } from "../explain.ts";

/** Side of a digit in pixels. */
const SIDE = 28;

/** Share of the strongest that ink has on a picture of what speaks for and against a digit. */
const INK_BEHIND = 0.22;

/** Opacity of a map where it is zero. */
const FAINTEST = 0.08;

/** Draws what the network sees: ink 0–255, `[28, 28]`; nothing without pixels. */
export function drawPixels(canvas: HTMLCanvasElement, pixels?: Uint8Array): void {
  const image = blank(canvas, SIDE, SIDE);
  const ink = channels("--ink");
  pixels?.forEach((value, i) => image.data.set([...ink, value], 4 * i));
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** Draws which pixels speak for and against the digit, over the ink. */
export function drawImportance(
  canvas: HTMLCanvasElement,
  pixels: Uint8Array,
  importance: ArrayLike<number>,
): void {
  const image = blank(canvas, SIDE, SIDE);
  const most = Math.max(...Array.from(importance, Math.abs), Number.MIN_VALUE);
  const [ink, supporting, against] = ["--ink", "--accent", "--against"].map(channels);
  pixels.forEach((value, i) => {
    const share = importance[i] / most;
    const strength = Math.abs(share);
    const behind = INK_BEHIND * value / 255 * (1 - strength);
    const alpha = strength + behind;
    const colour = share >= 0 ? supporting : against;
    image.data.set(
      [0, 1, 2].map((k) => alpha > 0 ? (colour[k] * strength + ink[k] * behind) / alpha : 0),
      4 * i,
    );
    image.data[4 * i + 3] = 255 * alpha;
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

type Layer = Explanation["layers"][number];

/** Maps of a layer. */
export function countMaps({ side, maps }: Layer): number {
  return maps.length / (side * side);
}

/** Maps beside one another in the square of a layer's maps. */
export function columnsOf(layer: Layer): number {
  return Math.ceil(Math.sqrt(countMaps(layer)));
}

/**
 * Draws the maps of a layer in a square; the root of their values, so that weak ones show too.
 *
 * @param chosen Index of the map that has a frame.
 */
export function drawMaps(canvas: HTMLCanvasElement, layer: Layer, chosen: number): void {
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
export function drawFilter(
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
export function drawWhere(
  canvas: HTMLCanvasElement,
  pixels: Uint8Array,
  { side, maps }: Layer,
  map: number,
): void {
  const image = blank(canvas, SIDE, SIDE);
  const [accent, ink] = ["--accent", "--ink"].map(channels);
  // Halved from layer to layer, what is left over is cut off.
  const scale = 2 ** Math.round(Math.log2(SIDE / side));
  const values = maps.subarray(map * side * side, (map + 1) * side * side);
  pixels.forEach((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)].map((place) => Math.floor(place / scale));
    const strength = x < side && y < side ? values[y * side + x] / 255 : 0;
    const behind = 0.5 * value / 255 * (1 - strength);
    const alpha = strength + behind;
    image.data.set(
      [0, 1, 2].map((k) => alpha > 0 ? (accent[k] * strength + ink[k] * behind) / alpha : 0),
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
  const probe = document.createElement("i");
  probe.style.color = colour(property);
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color.match(/\d+/g)!.slice(0, 3).map(Number);
}
