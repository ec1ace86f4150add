/** All the ink of a sheet as one symbol, its dots too. */

import { cutOut } from "./cut_out.ts";
import type { InkSheet } from "./ink.ts";
import { cropToInk } from "./inked_part.ts";
import { findPieces, type Piece, withoutSurroundings } from "./pieces.ts";
import { placeDigit } from "./place.ts";
import type { FoundDigit } from "./steps.ts";

/** Ink that is smaller than this share of the largest piece's longer side is dirt, and no dot. */
const SPECK = 0.05;

/**
 * Finds the symbol of a sheet, if there is one; its box is in the sheet's pixels.
 *
 * @param isDigit What is around a digit is none of it: a frame. Around another symbol it is: ⊙.
 */
export function symbolOn(sheet: InkSheet, isDigit: boolean): FoundDigit[] {
  const part = cropToInk(sheet);
  const { pieces: all, components } = findPieces(part, sheet);
  const inside = isDigit ? withoutSurroundings(all, part, sheet) : all;
  const least = SPECK * Math.max(...inside.map(sizeOf));
  const pieces = inside.filter((piece) => sizeOf(piece) >= least);
  if (pieces.length === 0) return [];
  const left = Math.min(...pieces.map((piece) => piece.left));
  const top = Math.min(...pieces.map((piece) => piece.top));
  const right = Math.max(...pieces.map((piece) => piece.right));
  const bottom = Math.max(...pieces.map((piece) => piece.bottom));
  return [{
    box: { left: part.left + left, top: part.top + top, width: right - left, height: bottom - top },
    pixels: placeDigit(cutOut({ pieces, left, top, right, bottom }, components, part)),
  }];
}

function sizeOf({ left, top, right, bottom }: Piece): number {
  return Math.max(right - left, bottom - top);
}
