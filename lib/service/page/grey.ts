/// <reference lib="dom" />
/** What is on a canvas, as the finder of digits and symbols takes it. */

import type { GreyPicture } from "../../picture/decode.ts";

/** Takes the pixels off a canvas. */
export function pixelsOf(canvas: HTMLCanvasElement): ImageData {
  const { width, height } = canvas;
  return canvas.getContext("2d")!.getImageData(0, 0, width, height);
}

/** Brightness 0–255 as luma (ITU-R BT.709), as the service's decoder has it. */
export function toGrey({ width, height, data }: ImageData): GreyPicture {
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    values[i] = Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  }
  return { width, height, values };
}
