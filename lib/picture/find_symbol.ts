/** From a picture of one symbol, whatever it is, to 28 × 28 pixels: all of its ink, its dots too. */

import { cutOut } from "./cut_out.ts";
import type { GreyPicture } from "./decode.ts";
import { type InkSheet, markInk, separateInk } from "./ink.ts";
import { cropToInk } from "./inked_part.ts";
import { findPieces, type Piece, withoutSurroundings } from "./pieces.ts";
import { placeDigit } from "./place.ts";
import { reduce } from "./resolution.ts";
import { withoutRuledLines } from "./ruled_lines.ts";
import { drawSteps, type FoundDigit, type FoundDigits } from "./steps.ts";

/** Ink that is smaller than this share of the largest piece's longer side is dirt, and no dot. */
const SPECK = 0.05;

/**
 * Finds the one symbol in a picture and places it as {@linkcode findDigits} places a digit, all of its
 * parts together and its proportions kept: the dots of ÷ and i, the strokes of は.
 *
 * @param picture Of any size, dark ink on light or light on dark.
 * @param options Whether lines of the paper are looked for.
 * @returns The symbol alone, or nothing on an empty sheet; and a picture of every step.
 */
export function findSymbol(
  picture: GreyPicture,
  { ruled = true }: { ruled?: boolean } = {},
): FoundDigits {
  const { grey, enlarge } = reduce(picture);
  const layer = separateInk(grey);
  const sheet = markInk(layer);
  const cleaned = sheet && ruled ? withoutRuledLines(sheet) : undefined;
  const onCleaned = cleaned && symbolOn(cleaned);
  // Where nothing is left, the lines were the symbol: a bar, or =.
  const found = onCleaned ?? (sheet && symbolOn(sheet));
  const digits = found ? [found] : [];
  return {
    digits: digits.map(({ box, pixels }) => ({ box: enlarge(box), pixels })),
    get steps() {
      return drawSteps(grey, layer, sheet, onCleaned && cleaned, digits);
    },
  };
}

/** All the ink of a sheet, but for dirt; the box in its pixels. */
function symbolOn(sheet: InkSheet): FoundDigit | undefined {
  const part = cropToInk(sheet);
  const { pieces: all, components } = findPieces(part, sheet);
  const around = withoutSurroundings(all, part, sheet);
  const least = SPECK * Math.max(...around.map(sizeOf));
  const pieces = around.filter((piece) => sizeOf(piece) >= least);
  if (pieces.length === 0) return undefined;
  const left = Math.min(...pieces.map((piece) => piece.left));
  const top = Math.min(...pieces.map((piece) => piece.top));
  const right = Math.max(...pieces.map((piece) => piece.right));
  const bottom = Math.max(...pieces.map((piece) => piece.bottom));
  return {
    box: { left: part.left + left, top: part.top + top, width: right - left, height: bottom - top },
    pixels: placeDigit(cutOut({ pieces, left, top, right, bottom }, components, part)),
  };
}

function sizeOf({ left, top, right, bottom }: Piece): number {
  return Math.max(right - left, bottom - top);
}
