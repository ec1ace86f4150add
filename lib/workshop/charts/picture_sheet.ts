/** Pictures of any size on one sheet. */

import { type Picture, pngUrl } from "../../plot/picture_url.ts";
import { type Spec, THEME } from "../../plot/theme.ts";
import { tiles } from "../../plot/tiles.ts";

/** A picture of a sheet. */
interface SheetPicture extends Picture {
  /** Shown below it. */
  name: string;
}

/** How a sheet looks. */
interface PictureSheetOptions {
  title: string;
  /**
   * Side of the square that each picture is fitted into, in pixels.
   * @default {144}
   */
  side?: number;
}

const NAME_HEIGHT = 18;

/**
 * Shows grey pictures in rows, each as large as fits into its square, with its name below.
 *
 * @param pictures The pictures, row by row from the top left.
 * @param options Title and sizes.
 * @returns A Vega-Lite v5 chart.
 */
export function pictureSheet(
  pictures: SheetPicture[],
  { title, side = 144 }: PictureSheetOptions,
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
