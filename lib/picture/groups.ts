/** Pieces of ink put together into digits. */

import type { Components } from "./components.ts";
import type { InkSheet } from "./ink.ts";
import { type Edges, heightOf, type Piece } from "./pieces.ts";

/** A digit's pieces, and the box around them. */
export interface Group extends Edges {
  pieces: Piece[];
}

/** Puts pieces of one digit together, such as a 5 and its bar. */
export function joinPieces(pieces: Piece[]): Group[] {
  const groups: Group[] = pieces
    .toSorted((a, b) => heightOf(b) - heightOf(a))
    .map((piece) => ({ ...piece, pieces: [piece] }));
  for (let i = 0; i < groups.length; i++) {
    for (let j = groups.length - 1; j > i; j--) {
      if (!belong(groups[i], groups[j])) continue;
      const [one, other] = [groups[i], groups[j]];
      groups[i] = {
        pieces: [...one.pieces, ...other.pieces],
        left: Math.min(one.left, other.left),
        top: Math.min(one.top, other.top),
        right: Math.max(one.right, other.right),
        bottom: Math.max(one.bottom, other.bottom),
      };
      groups.splice(j, 1);
    }
  }
  return groups;
}

/** Whether a smaller piece stands so close above, below or beside a larger one that it is part of it. */
function belong(large: Group, small: Group): boolean {
  const size = heightOf(large);
  const smaller = Math.max(heightOf(small), small.right - small.left);
  if (smaller < 0.08 * size) return false;
  const gapX = Math.max(large.left, small.left) - Math.min(large.right, small.right);
  const gapY = Math.max(large.top, small.top) - Math.min(large.bottom, small.bottom);
  const narrower = Math.min(large.right - large.left, small.right - small.left);
  if (-gapX >= 0.5 * narrower && gapY <= 0.15 * heightOf(small)) return true;
  return heightOf(small) <= 0.6 * size && Math.max(gapX, 0) + Math.max(gapY, 0) <= 0.2 * size;
}

/** Least height of a digit in pixels, and as a share of the picture's shorter side. */
const LEAST_HEIGHT = 4;
const LEAST_RELATIVE_HEIGHT = 0.02;

/** Ink of less than this share of the highest digit's height is a speck. */
const SPECK_HEIGHT = 0.35;

/** Leaves out what is too small for a digit, by itself or beside the others. */
export function withoutSpecks(groups: Group[], { width, height }: InkSheet): Group[] {
  const least = Math.max(LEAST_HEIGHT, LEAST_RELATIVE_HEIGHT * Math.min(width, height));
  const large = groups.filter((group) => heightOf(group) >= least);
  const highest = Math.max(...large.map(heightOf));
  return large.filter((group) => heightOf(group) >= SPECK_HEIGHT * highest);
}

/** 1 for every label of the group's pieces. */
export function membersOf({ pieces }: Group, { count }: Components): Uint8Array {
  const isMember = new Uint8Array(count + 1);
  for (const { label } of pieces) isMember[label] = 1;
  return isMember;
}
