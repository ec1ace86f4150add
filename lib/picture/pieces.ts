/** Pieces of ink that hang together. */

import { strokeWidth } from "../image/strokes.ts";
import { type Components, dilate, findComponents } from "./components.ts";
import type { InkSheet } from "./ink.ts";
import type { InkedPart } from "./inked_part.ts";

/** Where something is in a part of a picture. */
export interface Edges {
  left: number;
  top: number;
  /** First column and row behind it. */
  right: number;
  bottom: number;
}

/** A connected piece of ink. */
export interface Piece extends Edges {
  /** Its number in {@linkcode Components.labels}. */
  label: number;
}

export function heightOf({ top, bottom }: Edges): number {
  return bottom - top;
}

/** Strokes whose distance is less than this share of their width hang together: they are this much wider. */
const REACH = 0.45;

/** Ink hangs together over at most twice this share of the picture's shorter side. */
const FARTHEST = 0.015;

/** Pixels of a piece, at least. */
const LEAST_AREA = 4;

/**
 * Finds what hangs together: what is closer than a stroke is wide; the soft edge of a stroke belongs
 * to it.
 *
 * @param part Of the `sheet`.
 */
export function findPieces(part: InkedPart, sheet: InkSheet) {
  const { mask, width } = part;
  const reach = Math.min(
    REACH * strokeWidth(mask, width, 1),
    FARTHEST * Math.min(sheet.width, sheet.height),
  );
  const near = dilate(mask, width, Math.max(1, Math.round(reach)));
  const components = findComponents(near, width);
  return { components, pieces: piecesOf(components, part) };
}

/** Boxes around the ink of every component, without the margin; components without strong ink are no pieces. */
function piecesOf(
  { labels, count }: Components,
  { mask, ink, width, strong }: InkedPart,
): Piece[] {
  const pieces = Array.from({ length: count }, (_, k) => ({
    label: k + 1,
    left: width,
    top: -1,
    right: 0,
    bottom: 0,
    area: 0,
    peak: 0,
  }));
  for (let y = 0, i = 0; i < mask.length; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const piece = pieces[labels[i] - 1];
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (piece.top < 0) piece.top = y;
      piece.bottom = y + 1;
      piece.area++;
      if (ink[i] > piece.peak) piece.peak = ink[i];
    }
  }
  return pieces.filter(({ peak, area }) => peak >= strong && area >= LEAST_AREA);
}

/** A frame stands off what is in it by at least this share of its height. */
const FRAME_MARGIN = 0.05;

/** What is in a frame has at least this share of its height. */
const LEAST_FRAMED = 0.35;

/** A table is seen along at least this share of a side of the picture. */
const TABLE_SIDE = 0.75;

/** Beside a table there are digits of at least this share of the picture's height. */
const LEAST_BESIDE = 0.1;

/**
 * Leaves out what lies around digits and is none: a frame, which has another piece well inside, and
 * the table beside the sheet, which reaches the picture's border and goes along most of it.
 *
 * @param part That the pieces are in, of the `sheet`.
 */
export function withoutSurroundings(pieces: Piece[], part: InkedPart, sheet: InkSheet): Piece[] {
  const frames = (one: Piece, other: Piece) => {
    const margin = FRAME_MARGIN * heightOf(one);
    return heightOf(other) >= LEAST_FRAMED * heightOf(one) &&
      other.left - one.left >= margin && one.right - other.right >= margin &&
      other.top - one.top >= margin && one.bottom - other.bottom >= margin;
  };
  const atBorder = ({ left, top, right, bottom }: Piece) =>
    left + part.left <= 0 || top + part.top <= 0 ||
    right + part.left >= sheet.width || bottom + part.top >= sheet.height;
  const unframed = pieces.filter((piece) => !pieces.some((other) => frames(piece, other)));
  const highest = Math.max(...unframed.filter((piece) => !atBorder(piece)).map(heightOf));
  return unframed.filter((piece) => {
    const along = piece.right - piece.left >= TABLE_SIDE * sheet.width ||
      heightOf(piece) >= TABLE_SIDE * sheet.height;
    return !(along && atBorder(piece) && highest >= LEAST_BESIDE * sheet.height);
  });
}
