/** Many pictures beside and below one another. */

import { pictureUrl, type Pixels } from "../../plot/picture_url.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

/** A picture of a grid. */
export interface GridPicture {
  pixels: Pixels;
  /** Shown below it. */
  caption?: string;
  /** Shown beside it under the mouse, by name. */
  details?: Record<string, string | number>;
}

/** How a grid looks. */
export interface PictureGridOptions {
  title: string;
  /** @default {""} */
  subtitle?: string;
  /** @default {10} */
  columns?: number;
  /**
   * Side of a picture in pixels.
   * @default {56}
   */
  side?: number;
  /**
   * Whether numbers with a sign have one scale of colours for all pictures, or each picture its own.
   * @default {"shared"}
   */
  scale?: "shared" | "own";
}

const GAP = 8;
const CAPTION_HEIGHT = 16;

/** Side of the picture under the mouse, in pixels. */
const ENLARGED_SIDE = 224;

/**
 * Shows pictures in rows, with a large one under the mouse. Bytes are grey; numbers with a sign are
 * blue above and orange below 0.
 *
 * @param pictures The pictures, row by row from the top left.
 * @param options Title and sizes.
 * @returns A Vega-Lite v5 chart.
 *
 * @example Two pictures with captions
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * const pixels = new Uint8Array(28 * 28);
 * const pictures = [{ pixels, caption: "a 4" }, { pixels, caption: "a 9" }];
 * assertStringIncludes(JSON.stringify(pictureGrid(pictures, { title: "Digits" })), "a 9");
 * ```
 */
export function pictureGrid(
  pictures: GridPicture[],
  { title, subtitle = "", columns = 10, side = 56, scale = "shared" }: PictureGridOptions,
): Spec {
  const hasCaptions = pictures.some(({ caption }) => caption !== undefined);
  const [cellWidth, cellHeight] = [side + GAP, side + GAP + (hasCaptions ? CAPTION_HEIGHT : 0)];
  const limit = largestMagnitude(pictures.map(({ pixels }) => pixels));
  const values = pictures.map(({ pixels, caption = "", details }, index) => ({
    x: (index % columns) * cellWidth,
    y: Math.floor(index / columns) * cellHeight,
    url: pictureUrl(
      pixels,
      Math.min(2 * side, ENLARGED_SIDE),
      scale === "own" ? largestMagnitude([pixels]) : limit,
    ),
    caption,
    ...details,
  }));
  const names = new Set(pictures.flatMap(({ details = {} }) => Object.keys(details)));
  const position = { type: "quantitative", scale: null, axis: null } as const;
  return {
    ...THEME,
    title: { text: title, subtitle },
    width: Math.min(columns, pictures.length) * cellWidth - GAP,
    height: Math.ceil(pictures.length / columns) * cellHeight - GAP,
    data: { values },
    encoding: { x: { field: "x", ...position }, y: { field: "y", ...position } },
    layer: [
      {
        mark: { type: "image", width: side, height: side, align: "left", baseline: "top" },
        encoding: {
          url: { field: "url", type: "nominal" },
          tooltip: [
            { field: "url", title: "image", type: "nominal" },
            ...[...names].map((name) => ({ field: name, type: "nominal" as const })),
          ],
        },
      },
      {
        mark: {
          type: "rect",
          width: side,
          height: side,
          xOffset: side / 2,
          yOffset: side / 2,
          filled: false,
          stroke: COLORS.line,
        },
      },
      {
        mark: {
          type: "text",
          xOffset: side / 2,
          yOffset: side + CAPTION_HEIGHT / 2 + 3,
          baseline: "middle",
          color: COLORS.text,
        },
        encoding: { text: { field: "caption", type: "nominal" } },
      },
    ],
  };
}

/** The largest number with a sign, without it; 1 if there is none. */
function largestMagnitude(pictures: Pixels[]): number {
  let largest = 0;
  for (const pixels of pictures) {
    if (pixels instanceof Uint8Array) continue;
    for (const value of pixels) largest = Math.max(largest, Math.abs(value));
  }
  return largest || 1;
}
