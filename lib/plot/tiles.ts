/** Pictures beside and below one another, for the charts that are made of them: layout, and PNG in data URLs. */

import { encode } from "fast-png";
import type { View } from "./theme.ts";

/** A picture, and what its text and its tooltip show. */
interface Tile {
  url: string;
  /** In pixels of the chart; `side` if not told. */
  width?: number;
  height?: number;
  /** Room for text below it; `below` if not told. */
  below?: number;
  [field: string]: unknown;
}

/** Where tiles stand, in pixels of the chart, and what is drawn of them. */
interface TileOptions {
  columns: number;
  /** Side of the square that each picture is fitted into. */
  side: number;
  /** Between two columns, and two rows. */
  gap: number;
  /** From one column to the next. @default {side + gap} */
  step?: number;
  /** @default {0} */
  below?: number;
  /** Where the first row begins. @default {0} */
  top?: number;
  /** Fields that are shown under the mouse. */
  tooltip?: { field: string; title?: string; type: "nominal" | "quantitative"; format?: string }[];
  /** What is drawn over the pictures; 0, 0 is the left top corner of each. */
  marks: View[];
}

/**
 * Lays pictures out in rows from the left top, each row as high as its highest picture with its text.
 *
 * @returns A layer of a chart, and the size that it takes.
 */
export function tiles(
  pictures: Tile[],
  { columns, side, gap, step = side + gap, below = 0, top = 0, tooltip, marks }: TileOptions,
) {
  let y = top;
  const values = pictures.map((picture) => ({
    width: side,
    height: side,
    below,
    x: 0,
    y,
    ...picture,
  }));
  for (let start = 0; start < values.length; start += columns) {
    const row = values.slice(start, start + columns);
    row.forEach((tile, column) => Object.assign(tile, { x: column * step, y }));
    y += gap + Math.max(...row.map((tile) => tile.height + tile.below));
  }
  const position = { type: "quantitative", scale: null, axis: null } as const;
  const layer: View[] = [
    {
      mark: {
        type: "image",
        width: { expr: "datum.width" },
        height: { expr: "datum.height" },
        align: "left",
        baseline: "top",
      },
      encoding: { url: { field: "url", type: "nominal" }, tooltip },
    },
    ...marks,
  ];
  return {
    width: (Math.min(columns, values.length) - 1) * step + side,
    height: y - top - gap,
    data: { values },
    encoding: { x: { field: "x", ...position }, y: { field: "y", ...position } },
    layer,
  };
}

/**
 * Makes a picture into a PNG in a data URL, enlarged or reduced without smoothing.
 *
 * @param picture Bytes row by row: one a pixel is grey, three are red, green and blue.
 * @param scale Pixels of the PNG along a pixel of the picture.
 */
export function pngUrl(
  { width, height, values }: { width: number; height: number; values: Uint8Array },
  scale: number,
): string {
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
