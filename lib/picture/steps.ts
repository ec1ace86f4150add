/** The steps of finding digits, drawn for people to see. */

import type { Box } from "../image/box.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import type { GreyPicture } from "./decode.ts";
import type { InkLayer, InkSheet } from "./ink.ts";

/** A digit, found and placed. */
export interface FoundDigit {
  /** Where it is in the picture. */
  box: Box;
  /** As a classifier takes it: white ink (255) on black (0), `[28, 28]`. */
  pixels: Uint8Array;
}

/** What was found in a picture. */
export interface FoundDigits {
  /** In reading order. */
  digits: FoundDigit[];
  /** The picture after every step, drawn when asked for. */
  readonly steps: Step[];
}

/** What a picture looks like after a step. */
interface Step extends GreyPicture {
  name: string;
}

/**
 * Draws every step.
 *
 * @param sheet Undefined where there is no ink.
 * @param cleaned Undefined where there are no ruled lines.
 */
export function drawSteps(
  grey: GreyPicture,
  { width, height, ink }: InkLayer,
  sheet: InkSheet | undefined,
  cleaned: InkSheet | undefined,
  digits: { pixels: Uint8Array }[],
): Step[] {
  const step = (name: string, values: Uint8Array) => ({ name, width, height, values });
  const inked = (name: string, { mask }: InkSheet) => step(name, mask.map((value) => 255 * value));
  return [
    step("grey", grey.values),
    step("light evened out", Uint8Array.from(ink)),
    ...(sheet ? [inked("ink", sheet)] : []),
    ...(cleaned ? [inked("ruled lines removed", cleaned)] : []),
    ...(digits.length > 0 ? [{ name: "digits", ...strip(digits) }] : []),
  ];
}

/** The placed digits side by side. */
function strip(digits: { pixels: Uint8Array }[]): GreyPicture {
  const width = digits.length * IMAGE_SIDE;
  const values = new Uint8Array(width * IMAGE_SIDE);
  digits.forEach(({ pixels }, k) => {
    for (let y = 0; y < IMAGE_SIDE; y++) {
      const line = pixels.subarray(y * IMAGE_SIDE, (y + 1) * IMAGE_SIDE);
      values.set(line, y * width + k * IMAGE_SIDE);
    }
  });
  return { width, height: IMAGE_SIDE, values };
}
