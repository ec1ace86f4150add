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

/** Draws the maps of a layer in a square; the root of their values, so that weak ones show too. */
export function drawMaps(
  canvas: HTMLCanvasElement,
  { side, maps }: Explanation["layers"][number],
): void {
  const count = maps.length / (side * side);
  const columns = Math.ceil(Math.sqrt(count));
  const pitch = side + 1;
  const image = blank(canvas, columns * pitch + 1, columns * pitch + 1);
  const accent = channels("--accent");
  maps.forEach((value, i) => {
    const map = Math.floor(i / (side * side));
    const x = 1 + (map % columns) * pitch + i % side;
    const y = 1 + Math.floor(map / columns) * pitch + Math.floor(i % (side * side) / side);
    image.data.set(
      [...accent, 255 * (FAINTEST + (1 - FAINTEST) * Math.sqrt(value / 255))],
      4 * (y * image.width + x),
    );
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
