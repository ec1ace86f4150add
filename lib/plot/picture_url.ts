/** Pictures inside charts, as PNG in data URLs. */

import { encode } from "fast-png";
import { COLORS } from "./theme.ts";

/** Bytes row by row: one a pixel is grey, three are red, green and blue. */
export interface Picture {
  width: number;
  height: number;
  values: Uint8Array;
}

/**
 * Makes a picture into a PNG in a data URL, enlarged or reduced without smoothing.
 *
 * @param scale Pixels of the PNG along a pixel of the picture.
 */
export function pngUrl({ width, height, values }: Picture, scale: number): string {
  const channels = values.length / (width * height) as 1 | 3;
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const nearest = (place: number, side: number) =>
    Math.min(side - 1, Math.floor((place + 0.5) / scale));
  const data = new Uint8Array(columns * rows * channels);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const source = channels * (width * nearest(y, height) + nearest(x, width));
      for (let channel = 0; channel < channels; channel++) data[i++] = values[source + channel];
    }
  }
  const png = encode({ width: columns, height: rows, data, channels, depth: 8 }, {
    zlib: { level: 9 },
  });
  return `data:image/png;base64,${png.toBase64()}`;
}

/**
 * Makes a square picture into a PNG in a data URL, enlarged so that no viewer smooths it. Bytes are
 * drawn grey, 255 in white; numbers with a sign on white, the positive blue and the negative orange.
 *
 * @param pixels The picture, row by row.
 * @param side Least side of the PNG in pixels.
 * @param limit The number, of either sign, that gets the full colour; larger ones get it as well.
 * @throws {RangeError} If the picture is not square.
 */
export function squareUrl(pixels: Uint8Array | Float32Array, side: number, limit = 1): string {
  const width = Math.sqrt(pixels.length);
  if (!Number.isInteger(width) || width === 0) {
    throw new RangeError(`Expected pixels to fill a square but found ${pixels.length}`);
  }
  const values = pixels instanceof Uint8Array
    ? pixels
    : Uint8Array.from([...pixels].flatMap((value) => signedColor(value / limit)));
  return pngUrl({ width, height: width, values }, Math.ceil(side / width));
}

/** A colour from orange at -1 over white to blue at 1. */
function signedColor(value: number): number[] {
  const share = Math.min(Math.abs(value), 1);
  return [...Uint8Array.fromHex((value < 0 ? COLORS.wrong : COLORS.right).slice(1))]
    .map((channel) => Math.round(255 + share * (channel - 255)));
}
