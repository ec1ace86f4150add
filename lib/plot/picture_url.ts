/** Pictures inside charts. */

import { encode } from "fast-png";
import { COLORS } from "./theme.ts";

/** Grey pixels 0–255, or numbers with a sign; a square, row by row. */
export type Pixels = Uint8Array | Float32Array;

/**
 * Makes a picture into a PNG in a data URL, enlarged so that no viewer smooths it. Bytes are drawn
 * grey, 255 in white; numbers with a sign on white, the positive blue and the negative orange.
 *
 * @param pixels The picture.
 * @param side Least side of the PNG in pixels.
 * @param limit The number, of either sign, that gets the full colour; larger ones get it as well.
 * @throws {RangeError} If the picture is not square.
 *
 * @example Four pixels, enlarged to 8 × 8
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decode } from "fast-png";
 * const url = pictureUrl(Uint8Array.of(0, 255, 255, 0), 8);
 * const { width, data } = decode(Uint8Array.fromBase64(url.split(",")[1]));
 * assertEquals([width, data[0], data[7]], [8, 0, 255]);
 * ```
 */
export function pictureUrl(pixels: Pixels, side: number, limit = 1): string {
  const ownSide = Math.sqrt(pixels.length);
  if (!Number.isInteger(ownSide) || ownSide === 0) {
    throw new RangeError(`Expected pixels to fill a square but found ${pixels.length}`);
  }
  const zoom = Math.ceil(side / ownSide);
  const width = zoom * ownSide;
  const channels = pixels instanceof Uint8Array ? 1 : 3;
  const data = new Uint8Array(width * width * channels);
  for (let row = 0, i = 0; row < width; row++) {
    for (let column = 0; column < width; column++, i += channels) {
      const value = pixels[Math.floor(row / zoom) * ownSide + Math.floor(column / zoom)];
      if (channels === 1) data[i] = value;
      else data.set(signedColor(value / limit), i);
    }
  }
  const png = encode({ width, height: width, data, channels, depth: 8 });
  return `data:image/png;base64,${png.toBase64()}`;
}

/** A colour from orange at -1 over white to blue at 1. */
function signedColor(value: number): number[] {
  const share = Math.min(Math.abs(value), 1);
  return parseColor(value < 0 ? COLORS.wrong : COLORS.right)
    .map((channel) => Math.round(255 + share * (channel - 255)));
}

function parseColor(hex: string): number[] {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}
