/** Pictures of any size on one sheet. */

import { encode } from "fast-png";
import type { GreyPicture } from "../../picture/decode.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

/** A picture of a sheet. */
export interface SheetPicture extends GreyPicture {
  /** Shown below it. */
  name: string;
}

/** How a sheet looks. */
export interface PictureSheetOptions {
  title: string;
  /** @default {5} */
  columns?: number;
  /**
   * Side of the square that each picture is fitted into, in pixels.
   * @default {144}
   */
  side?: number;
}

const GAP = 16;
const NAME_HEIGHT = 18;

/**
 * Shows grey pictures in rows, each as large as fits into its square, with its name below.
 *
 * @param pictures The pictures, row by row from the top left.
 * @param options Title and sizes.
 * @returns A Vega-Lite v5 chart.
 *
 * @example A picture that is wider than high
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * const picture = { name: "a step", width: 2, height: 1, values: Uint8Array.of(0, 255) };
 * assertStringIncludes(JSON.stringify(pictureSheet([picture], { title: "Steps" })), "a step");
 * ```
 */
export function pictureSheet(
  pictures: SheetPicture[],
  { title, columns = 5, side = 144 }: PictureSheetOptions,
): Spec {
  const [cellWidth, cellHeight] = [side + GAP, side + NAME_HEIGHT + GAP];
  const values = pictures.map(({ name, ...picture }, index) => ({
    x: (index % columns) * cellWidth + side / 2,
    y: Math.floor(index / columns) * cellHeight + side / 2,
    url: urlOf(picture, side),
    name,
    size: `${picture.width} × ${picture.height}`,
  }));
  const position = { type: "quantitative", scale: null, axis: null } as const;
  return {
    ...THEME,
    title: { text: title },
    width: Math.min(columns, pictures.length) * cellWidth - GAP,
    height: Math.ceil(pictures.length / columns) * cellHeight - GAP,
    data: { values },
    encoding: { x: { field: "x", ...position }, y: { field: "y", ...position } },
    layer: [
      {
        mark: { type: "image", width: side, height: side },
        encoding: {
          url: { field: "url", type: "nominal" },
          tooltip: [
            { field: "name", type: "nominal" },
            { field: "size", title: "pixels", type: "nominal" },
          ],
        },
      },
      {
        mark: { type: "text", yOffset: side / 2 + NAME_HEIGHT / 2 + 3, color: COLORS.text },
        encoding: { text: { field: "name", type: "nominal" } },
      },
    ],
  };
}

/** A PNG in a data URL; small pictures enlarged, so that no viewer smooths them. */
function urlOf({ width, height, values }: GreyPicture, side: number): string {
  const zoom = Math.max(1, Math.ceil(side / Math.max(width, height)));
  const data = new Uint8Array(width * zoom * height * zoom);
  for (let row = 0, i = 0; row < height * zoom; row++) {
    for (let column = 0; column < width * zoom; column++, i++) {
      data[i] = values[Math.floor(row / zoom) * width + Math.floor(column / zoom)];
    }
  }
  const png = encode({ width: width * zoom, height: height * zoom, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${png.toBase64()}`;
}
