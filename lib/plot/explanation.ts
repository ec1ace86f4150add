/** How a picture was read: every step, and what the network looked at. */
import { encode } from "fast-png";
import { IMAGE_SIDE } from "../image/size.ts";
import { COLORS, type Spec, THEME } from "./theme.ts";

/** A grey picture with a name. */
export interface NamedPicture {
  name: string;
  width: number;
  height: number;
  /** Brightness 0–255, `[height, width]`. */
  values: Uint8Array;
}

/** A digit as the network saw it. */
export interface ReadDigit {
  /** Ink 0–255, `[28, 28]`. */
  pixels: Uint8Array;
  /** How much every pixel counted for the answer, 0–1, `[28, 28]`. */
  importance: Float32Array;
  /** The answer in words. */
  answer: string;
}

const COLUMNS = 4;
const TILE_SIDE = 224;
const GAP = 16;

/** Height of a line of a label. */
const LINE_HEIGHT = 18;

/** Of more digits than this, the first are shown. */
const MOST_DIGITS = 12;

/** Orange that lies over what counts most (vermillion of {@linkcode COLORS}), as red, green, blue. */
const HIGHLIGHT = [0xd5, 0x5e, 0x00];

/**
 * Shows the steps from a picture to its digits, and each digit with the ink that its answer hangs
 * on in orange.
 *
 * @param steps The picture after every step.
 * @param digits What was read; the first twelve are shown.
 * @returns A Vega-Lite v5 chart.
 *
 * @example A chart with the answer in it
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * const pixels = new Uint8Array(784);
 * const importance = new Float32Array(784);
 * const chart = explanation([], [{ pixels, importance, answer: "7 (99 % sure)" }]);
 * assertStringIncludes(JSON.stringify(chart), "7 (99 % sure)");
 * ```
 */
export function explanation(steps: NamedPicture[], digits: ReadDigit[]): Spec {
  const { tiles, width, height } = inRows([
    ...steps.map(greyTile),
    ...digits.slice(0, MOST_DIGITS).map(digitTile),
  ]);
  return {
    ...THEME,
    title: {
      text: "How the picture was read",
      subtitle: "Orange: ink that the answer hangs on",
    },
    width,
    height,
    data: { values: tiles },
    encoding: {
      x: { field: "x", type: "quantitative", scale: null, axis: null },
      y: { field: "y", type: "quantitative", scale: null, axis: null },
    },
    layer: [
      {
        mark: {
          type: "image",
          width: { expr: "datum.width" },
          height: { expr: "datum.height" },
          align: "left",
          baseline: "top",
        },
        encoding: { url: { field: "url", type: "nominal" } },
      },
      {
        mark: {
          type: "text",
          align: "left",
          dy: { expr: "datum.height + 18" },
          fontSize: 14,
          lineHeight: LINE_HEIGHT,
          color: COLORS.ink,
        },
        encoding: { text: { field: "label", type: "nominal" } },
      },
    ],
  };
}

/** A picture with its label below. */
interface Tile {
  url: string;
  /** Line by line. */
  label: string[];
  width: number;
  height: number;
}

/** Places tiles from left to right in rows, each as high as its highest tile. */
function inRows(tiles: Tile[]) {
  const placed: (Tile & { x: number; y: number })[] = [];
  let y = 0;
  for (let start = 0; start < tiles.length; start += COLUMNS) {
    const row = tiles.slice(start, start + COLUMNS);
    row.forEach((tile, i) => placed.push({ ...tile, x: i * (TILE_SIDE + GAP), y }));
    y += GAP + Math.max(
      ...row.map(({ height, label }) => height + LINE_HEIGHT * (label.length + 0.5)),
    );
  }
  const width = Math.min(COLUMNS, tiles.length) * (TILE_SIDE + GAP);
  return { tiles: placed, width, height: y - GAP };
}

/** A grey picture, reduced or enlarged to the width of a tile without smoothing. */
function greyTile({ name, width, height, values }: NamedPicture): Tile {
  const scale = TILE_SIDE / Math.max(width, height);
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const data = new Uint8Array(columns * rows);
  for (let y = 0, i = 0; y < rows; y++) {
    const row = Math.min(height - 1, Math.floor((y + 0.5) / scale));
    for (let x = 0; x < columns; x++, i++) {
      data[i] = values[row * width + Math.min(width - 1, Math.floor((x + 0.5) / scale))];
    }
  }
  return { url: pngUrl(columns, rows, 1, data), label: [name], width: columns, height: rows };
}

/** A digit, with its important ink in orange. */
function digitTile({ pixels, importance, answer }: ReadDigit): Tile {
  const enlargement = TILE_SIDE / IMAGE_SIDE;
  const data = new Uint8Array(3 * TILE_SIDE ** 2);
  for (let y = 0, i = 0; y < TILE_SIDE; y++) {
    for (let x = 0; x < TILE_SIDE; x++) {
      const source = Math.floor(y / enlargement) * IMAGE_SIDE + Math.floor(x / enlargement);
      const share = importance[source];
      for (const highlight of HIGHLIGHT) {
        const value = pixels[source] * (1 - share) +
          highlight * share * (0.25 + pixels[source] / 340);
        data[i++] = Math.min(255, value);
      }
    }
  }
  const url = pngUrl(TILE_SIDE, TILE_SIDE, 3, data);
  // A new line after every comma, so that answers side by side stay apart.
  const label = answer.split(/(?<=,) /);
  return { url, label, width: TILE_SIDE, height: TILE_SIDE };
}

function pngUrl(width: number, height: number, channels: 1 | 3, data: Uint8Array): string {
  const png = encode({ width, height, data, channels, depth: 8 });
  return `data:image/png;base64,${png.toBase64()}`;
}
