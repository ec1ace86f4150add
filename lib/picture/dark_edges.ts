/** What is seen beside the sheet: a table, a book's edge, a shadow along a side of the picture. */

import { type InkSheet, markInk } from "./ink.ts";

/** A dark edge goes along at least this share of its side of the picture, */
const LEAST_LENGTH = 0.75;

/** and over at most this share of the picture. */
const THICKEST = 0.3;

/** What juts out of it over less than this share of its length is ink that touches it. */
const LONGEST_TOUCH = 0.3;

/** Its soft border, in pixels. */
const BORDER = 2;

/**
 * What is left reaches over at most this share of the picture, away from the edge: in a picture that is cut to a
 * digit's ink, the bar of a 7 goes along a side as well, and the rest to the other side.
 */
const LONGEST_REST = 0.85;

/** A side of a picture: the index of its first pixel, and the steps along it and away from it. */
interface Side {
  start: number;
  along: number;
  length: number;
  inwards: number;
  depth: number;
}

/**
 * Takes dark edges away, straight or slanted, and marks the ink anew: how far ink reaches inwards from every
 * pixel of a side, opened by a long line (Serra 1982), so that a digit that touches the edge is kept. Where there
 * is such an edge, nothing within its soft border of the other sides is ink: what else is seen there is mostly a
 * sliver of it.
 *
 * @returns What is left, or undefined if there is no such edge.
 */
export function withoutDarkEdges(sheet: InkSheet): InkSheet | undefined {
  const { width, height, mask } = sheet;
  const across = { along: width, length: height, depth: width };
  const down = { along: 1, length: width, depth: height };
  const sides: Side[] = [
    { ...across, start: 0, inwards: 1 },
    { ...across, start: width - 1, inwards: -1 },
    { ...down, start: 0, inwards: width },
    { ...down, start: (height - 1) * width, inwards: -width },
  ];
  const ink = sheet.ink.slice();
  const dark = sides.filter((side) => {
    const reach = reachOf(mask, side);
    if (!reach) return false;
    reach.forEach((count, k) => {
      for (let i = 0; i < count; i++) ink[side.start + k * side.along + i * side.inwards] = 0;
    });
    return true;
  });
  if (dark.length === 0) return undefined;
  for (const { start, along, length, inwards } of sides) {
    for (let k = 0; k < length; k++) {
      for (let i = 0; i < BORDER; i++) ink[start + k * along + i * inwards] = 0;
    }
  }
  const left = markInk({ ...sheet, ink });
  if (!left) return { ...sheet, ink, mask: new Uint8Array(mask.length) };
  return dark.every((side) => restOf(left.mask, side) <= LONGEST_REST) ? left : undefined;
}

/** How far an edge reaches from every pixel of its side, or undefined if there is none. */
function reachOf(mask: Uint8Array, side: Side): number[] | undefined {
  const { start, along, length, inwards, depth } = side;
  const inked = Array.from({ length }, (_, k) => {
    let count = 0;
    while (count < depth && mask[start + k * along + count * inwards] === 1) count++;
    return count;
  });
  const isLong = (counts: number[]) => counts.filter(Boolean).length >= LEAST_LENGTH * length;
  if (!isLong(inked)) return undefined;
  const radius = Math.round(LONGEST_TOUCH * length / 2);
  const eroded = inked.map((_, k) => Math.min(...near(inked, k, radius)));
  const opened = eroded.map((_, k) => Math.max(...near(eroded, k, radius)));
  if (!isLong(opened) || Math.max(...opened) > THICKEST * depth) return undefined;
  return opened.map((count) => count > 0 ? Math.min(depth, count + BORDER) : 0);
}

function near(values: number[], k: number, radius: number): number[] {
  return values.slice(Math.max(0, k - radius), k + radius + 1);
}

/** The share of the picture, away from a side, from the first to the last ink. */
function restOf(mask: Uint8Array, { start, along, length, inwards, depth }: Side): number {
  const inked = Array.from({ length: depth }, (_, i) => i).filter((i) => {
    for (let k = 0; k < length; k++) if (mask[start + k * along + i * inwards] === 1) return true;
    return false;
  });
  return (inked.at(-1)! + 1 - inked[0]) / depth;
}
