/** Pieces of ink that hang together. */

import { type Box, boxAround } from "../image/box.ts";
import { strokeWidth } from "../image/strokes.ts";
import { type InkSheet, markInk } from "./ink.ts";

/** Where something is in a picture. */
export interface Edges {
  left: number;
  top: number;
  /** First column and row behind it. */
  right: number;
  bottom: number;
}

/** A connected piece of ink. */
export interface Piece extends Edges {
  /** Its number, from 1 on. */
  label: number;
}

/** Pieces of one digit, and the box around them, or around the part of them that is the digit's. */
export interface Group extends Edges {
  pieces: Piece[];
}

/** What hangs together on a sheet. */
export interface Pieces {
  pieces: Piece[];
  /** The ink of a group's pieces alone, in its box and so many pixels around, `[height, width]`. */
  inkOf: (group: Group, margin: number) => { width: number; values: Float32Array };
}

export function heightOf({ top, bottom }: Edges): number {
  return bottom - top;
}

export function groupOf(pieces: Piece[]): Group {
  return {
    pieces,
    left: Math.min(...pieces.map(({ left }) => left)),
    top: Math.min(...pieces.map(({ top }) => top)),
    right: Math.max(...pieces.map(({ right }) => right)),
    bottom: Math.max(...pieces.map(({ bottom }) => bottom)),
  };
}

/** Strokes whose distance is less than this share of their width hang together: they are this much wider. */
const REACH = 0.45;

/** Ink hangs together over at most twice this share of the picture's shorter side. */
const FARTHEST = 0.015;

/** Pixels of a piece, at least. */
const LEAST_AREA = 4;

/** Finds what hangs together: what is closer than a stroke is wide; the soft edge of a stroke belongs to it. */
export function findPieces(sheet: InkSheet): Pieces {
  const { left, top, width, height } = inkedPart(sheet);
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * sheet.width + left;
    mask.set(sheet.mask.subarray(start, start + width), y * width);
  }
  const reach = Math.min(
    REACH * strokeWidth(mask, width, 1),
    FARTHEST * Math.min(sheet.width, sheet.height),
  );
  const { labels, count } = findComponents(
    dilate(mask, width, Math.max(1, Math.round(reach))),
    width,
  );
  const isMember = new Uint8Array(count + 1);
  return {
    pieces: piecesOn(sheet, { left, top, width, labels, count }),
    inkOf(group, margin) {
      isMember.fill(0);
      for (const { label } of group.pieces) isMember[label] = 1;
      const [fromX, fromY] = [group.left - margin, group.top - margin];
      const across = group.right + margin - fromX;
      const values = new Float32Array(across * (group.bottom + margin - fromY));
      const endX = Math.min(left + width, group.right + margin);
      const endY = Math.min(top + height, group.bottom + margin);
      for (let y = Math.max(top, fromY); y < endY; y++) {
        for (let x = Math.max(left, fromX); x < endX; x++) {
          if (!isMember[labels[(y - top) * width + x - left]]) continue;
          values[(y - fromY) * across + x - fromX] = sheet.ink[y * sheet.width + x];
        }
      }
      return { width: across, values };
    },
  };
}

/** What hangs together over a line is cut over so many pixels where it reaches farther on both sides than this share of a place. */
const FAR = 0.3;
const CUT = 2;

/**
 * Cuts digits apart that touch over a printed line: what reaches far into the places on either side of it.
 *
 * @param lines The row of each at column 0, and rows down a column across; of a line down, with columns for rows.
 * @param place What is between two lines, in pixels.
 */
export function cutApart(
  sheet: InkSheet,
  lines: { start: number; slope: number; isDown?: boolean }[],
  place: number,
): InkSheet {
  const ink = sheet.ink.slice();
  for (const { left, top, right, bottom } of findPieces(sheet).pieces) {
    for (const { start, slope, isDown } of lines) {
      const [low, high, from, to] = isDown
        ? [left, right, top, bottom]
        : [top, bottom, left, right];
      const at = start + slope * (from + to) / 2;
      if (at - low < FAR * place || high - at < FAR * place) continue;
      for (let along = from; along < to; along++) {
        const middle = Math.round(start + slope * along);
        for (let beside = middle - CUT; beside <= middle + CUT; beside++) {
          ink[isDown ? along * sheet.width + beside : beside * sheet.width + along] = 0;
        }
      }
    }
  }
  return markInk({ ...sheet, ink }) ?? sheet;
}

/** Paper around the ink that is looked at, as a share of the ink's longer side. */
const MARGIN = 0.15;

/** The part of a sheet that there is ink on, and that its soft edges reach. */
function inkedPart({ width, height, mask }: InkSheet): Box {
  const ink = boxAround(mask, width, 1);
  const margin = Math.max(2, Math.ceil(MARGIN * Math.max(ink.width, ink.height)));
  const left = Math.max(0, ink.left - margin);
  const top = Math.max(0, ink.top - margin);
  return {
    left,
    top,
    width: Math.min(width, ink.left + ink.width + margin) - left,
    height: Math.min(height, ink.top + ink.height + margin) - top,
  };
}

/** Boxes around the ink of every component, without the margin; components without strong ink are no pieces. */
function piecesOn(
  { width, mask, ink, strong }: InkSheet,
  part: { left: number; top: number; width: number; labels: Int32Array; count: number },
): Piece[] {
  const pieces = Array.from({ length: part.count }, (_, k) => ({
    label: k + 1,
    left: width,
    top: -1,
    right: 0,
    bottom: 0,
    area: 0,
    peak: 0,
  }));
  for (let i = 0, y = part.top; i < part.labels.length; y++) {
    const row = y * width;
    for (let x = part.left; x < part.left + part.width; x++, i++) {
      if (mask[row + x] === 0) continue;
      const piece = pieces[part.labels[i] - 1];
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (piece.top < 0) piece.top = y;
      piece.bottom = y + 1;
      piece.area++;
      if (ink[row + x] > piece.peak) piece.peak = ink[row + x];
    }
  }
  return pieces.filter(({ peak, area }) => peak >= strong && area >= LEAST_AREA);
}

/**
 * Finds the connected components of a mask (8-connected), by two passes with
 * union-find (Rosenfeld and Pfaltz 1966).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 * @returns Number of the component of every pixel, from 1 on in the order of their first pixels; 0 where there is none.
 */
function findComponents(mask: Uint8Array, width: number): { labels: Int32Array; count: number } {
  const labels = new Int32Array(mask.length);
  const parents = [0];
  const find = (label: number) => {
    while (parents[label] !== label) label = parents[label] = parents[parents[label]];
    return label;
  };
  for (let y = 0, i = 0; i < mask.length; y++) {
    const above = (y - 1) * width;
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      let label = x > 0 ? labels[i - 1] : 0;
      const last = y > 0 ? Math.min(x + 1, width - 1) : -1;
      for (let column = Math.max(0, x - 1); column <= last; column++) {
        const neighbour = labels[above + column];
        if (neighbour === 0 || neighbour === label) continue;
        if (label === 0) label = neighbour;
        else {
          const [one, other] = [find(label), find(neighbour)];
          parents[Math.max(one, other)] = Math.min(one, other);
        }
      }
      if (label === 0) parents.push(label = parents.length);
      labels[i] = label;
    }
  }
  // The root of a component is the label of its first pixel, so that roots come in order.
  const numbers = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < numbers.length; label++) {
    const root = find(label);
    numbers[label] = root === label ? ++count : numbers[root];
  }
  for (let i = 0; i < labels.length; i++) if (labels[i] > 0) labels[i] = numbers[labels[i]];
  return { labels, count };
}

/**
 * Widens a mask by `radius` pixels in every direction (dilation by a square).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 * @param radius Whole pixels.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(dilate(Uint8Array.of(0, 0, 1, 0, 0), 5, 1), Uint8Array.of(0, 1, 1, 1, 0));
 * ```
 */
export function dilate(mask: Uint8Array, width: number, radius: number): Uint8Array {
  const height = mask.length / width;
  const across = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    let end = 0;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue;
      const last = Math.min(width, x + radius + 1);
      for (let k = Math.max(end, x - radius); k < last; k++) across[y * width + k] = 1;
      end = last;
    }
  }
  const wide = across.slice();
  for (let y = 0, i = 0; y < height; y++) {
    const first = Math.max(0, y - radius) * width;
    const last = Math.min(height - 1, y + radius) * width;
    for (let x = 0; x < width; x++, i++) {
      if (across[i] === 0) continue;
      // Below an inked pixel, only its last row is new.
      const above = y > 0 && across[i - width] === 1;
      for (let k = (above ? last : first) + x; k <= last + x; k += width) wide[k] = 1;
    }
  }
  return wide;
}
