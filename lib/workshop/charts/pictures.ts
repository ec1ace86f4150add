/** Many pictures beside and below one another, in a grid or on a sheet. */

import { pngUrl, tiles } from "../../plot/tiles.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

/** A picture of a grid. */
interface GridPicture {
  /** Grey 0–255, or numbers with a sign; a square, row by row. */
  pixels: Uint8Array | Float32Array;
  /** Shown below it. */
  caption?: string;
  /** Shown beside it under the mouse, by name. */
  details?: Record<string, string | number>;
}

/** How a grid looks. */
interface PictureGridOptions {
  title: string;
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

const CAPTION_HEIGHT = 16;

/** Side of the picture under the mouse, in pixels. */
const ENLARGED_SIDE = 224;

/**
 * Shows pictures in rows, with a large one under the mouse. Bytes are grey; numbers with a sign are
 * blue above and orange below 0.
 *
 * @param pictures The pictures, row by row from the top left.
 * @throws {RangeError} If a picture is not square.
 */
export function pictureGrid(
  pictures: GridPicture[],
  { title, columns = 10, side = 56, scale = "shared" }: PictureGridOptions,
): Spec {
  const hasCaptions = pictures.some(({ caption }) => caption !== undefined);
  const limit = largestMagnitude(pictures.map(({ pixels }) => pixels));
  const values = pictures.map(({ pixels, caption = "", details }) => ({
    url: squareUrl(
      pixels,
      Math.min(2 * side, ENLARGED_SIDE),
      scale === "own" ? largestMagnitude([pixels]) : limit,
    ),
    caption,
    ...details,
  }));
  const names = new Set(pictures.flatMap(({ details = {} }) => Object.keys(details)));
  const middle = { xOffset: side / 2, yOffset: side / 2 };
  const frame = { type: "rect", width: side, height: side, ...middle, filled: false } as const;
  return {
    ...THEME,
    title: { text: title, subtitle: legendOf(pictures) },
    ...tiles(values, {
      columns,
      side,
      gap: 8,
      below: hasCaptions ? CAPTION_HEIGHT : 0,
      tooltip: [
        { field: "url", title: "image", type: "nominal" },
        ...[...names].map((name) => ({ field: name, type: "nominal" as const })),
      ],
      marks: [
        { mark: { ...frame, stroke: COLORS.line } },
        {
          mark: { type: "text", ...middle, yOffset: side + CAPTION_HEIGHT / 2 + 3 },
          encoding: { text: { field: "caption", type: "nominal" } },
        },
      ],
    }),
  };
}

const NAME_HEIGHT = 18;

/**
 * Shows grey pictures in rows, each as large as fits into its square, with its name below.
 *
 * @param pictures The pictures with their names, row by row from the top left.
 * @param options Title, and side of the square that each picture is fitted into, in pixels.
 */
export function pictureSheet(
  pictures: (Parameters<typeof pngUrl>[0] & { name: string })[],
  { title, side = 144 }: { title: string; side?: number },
): Spec {
  const values = pictures.map(({ name, ...picture }) => ({
    url: pngUrl(picture, Math.max(1, Math.ceil(side / Math.max(picture.width, picture.height)))),
    name,
  }));
  return {
    ...THEME,
    title: { text: title },
    ...tiles(values, {
      columns: 5,
      side,
      gap: 16,
      below: NAME_HEIGHT,
      marks: [{
        mark: { type: "text", xOffset: side / 2, yOffset: side + NAME_HEIGHT / 2 + 3 },
        encoding: { text: { field: "name", type: "nominal" } },
      }],
    }),
  };
}

/** What the colours of numbers mean; nothing for bytes. */
function legendOf(pictures: GridPicture[]): string | undefined {
  const signed = pictures.filter(({ pixels }) => pixels instanceof Float32Array);
  if (signed.length === 0) return undefined;
  const hasNegative = signed.some(({ pixels }) => pixels.some((value) => value < 0));
  return `White: 0; blue: above it${hasNegative ? "; orange: below it" : ""}`;
}

/** The largest number with a sign, without it; 1 if there is none. */
function largestMagnitude(pictures: (Uint8Array | Float32Array)[]): number {
  let largest = 0;
  for (const pixels of pictures) {
    if (pixels instanceof Uint8Array) continue;
    for (const value of pixels) largest = Math.max(largest, Math.abs(value));
  }
  return largest || 1;
}

/**
 * Makes a square picture into a PNG in a data URL, enlarged so that no viewer smooths it. Bytes are
 * drawn grey, 255 in white; numbers with a sign on white, the positive blue and the negative orange.
 *
 * @param side Least side of the PNG in pixels.
 * @param limit The number, of either sign, that gets the full colour.
 */
function squareUrl(pixels: Uint8Array | Float32Array, side: number, limit: number): string {
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
  return [...Uint8Array.fromHex((value < 0 ? COLORS.wrong : COLORS.right).slice(1))]
    .map((channel) => Math.round(255 + Math.abs(value) * (channel - 255)));
}
