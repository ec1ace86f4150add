/** The part of a sheet that there is ink on. */

import { boxAround } from "../image/box.ts";
import type { InkSheet } from "./ink.ts";

/** A part of a sheet, and where it is on it. */
export interface InkedPart extends InkSheet {
  left: number;
  top: number;
}

/** Paper around the ink that is looked at, as a share of the ink's longer side. */
const MARGIN = 0.15;

/** Cuts off what is farther from all ink than its soft edges reach. */
export function cropToInk(sheet: InkSheet): InkedPart {
  const ink = boxAround(sheet.mask, sheet.width, 1);
  const margin = Math.max(2, Math.ceil(MARGIN * Math.max(ink.width, ink.height)));
  const left = Math.max(0, ink.left - margin);
  const top = Math.max(0, ink.top - margin);
  const width = Math.min(sheet.width, ink.left + ink.width + margin) - left;
  const height = Math.min(sheet.height, ink.top + ink.height + margin) - top;
  const crop = <Values extends Uint8Array | Float32Array>(values: Values, part: Values) => {
    for (let y = 0; y < height; y++) {
      const start = (top + y) * sheet.width + left;
      part.set(values.subarray(start, start + width), y * width);
    }
    return part;
  };
  return {
    ...sheet,
    left,
    top,
    width,
    height,
    ink: crop(sheet.ink, new Float32Array(width * height)),
    mask: crop(sheet.mask, new Uint8Array(width * height)),
  };
}
