/** Pictures of charts in few colours, so that a notebook stays small. */

import { decode, encode } from "fast-png";

/** Shades of red, of green and of blue that are kept apart. */
const SHADES = 32;

/** A PNG has no more colours in its palette. */
const MOST_COLORS = 256;

/**
 * Redraws a PNG in at most 256 colours, so that it takes a quarter of the bytes. A chart has a few
 * colours and their mixtures with white and black: nobody sees the difference.
 *
 * @param png A PNG of three or four channels of 8 bits; how far its pixels are opaque is left out.
 */
export function withFewColors(png: Uint8Array): Uint8Array {
  const { width, height, data, channels } = decode(png);
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
