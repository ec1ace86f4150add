/// <reference lib="dom" />
/** Pixels: as the finder of digits and symbols takes them off a canvas, and as text. */

import type { GreyPicture } from "../../picture/decode.ts";

/** Takes a picture off a canvas: brightness 0–255 as luma (ITU-R BT.709), as the service's decoder has it. */
export function greyOf(canvas: HTMLCanvasElement): GreyPicture {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    values[i] = Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  }
  return { width, height, values };
}

/** Bytes in base64, for browsers that have no `toBase64` of their own. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** @throws {DOMException} If the text is none of base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
