/** The lines of a form taken away, and what is written kept. */

import { type Form, type Grid, type Line, type Lines, middle } from "./form_lines.ts";
import { type InkSheet, markInk } from "./ink.ts";
import { type Edges, findPieces } from "./pieces.ts";

/** A line is as dark as its pixel of this rank, a dotted one of that; its soft edge ends at this share of it, */
const SOLID_RANK = 0.3;
const DOTTED_RANK = 0.7;
const SOFT = 0.25;

/** and at most so many pixels beside where it was found. */
const FARTHEST = 2;

/** Ink beside the middle of a line across varies by this share of its middle's; of one down, by all of it. */
const UNEVEN = 0.4;

/** A stroke so many times as dark as a line is seen on it; another where it goes on beyond, slanted so much. */
const DARKER = 1.5;
const SLANTS = [0, 0.5, -0.5, 1, -1];

/**
 * A line is erased over this share of the shorter side beside it, or a pixel: its soft edges, and where it is not
 * quite straight.
 */
const BESIDE = 0.01;

/** Digits that touch over a line reach farther than this share of a place into both, and are cut over so many pixels. */
const FAR = 0.3;
const CUT = 2;

/** Takes a form's lines away, but for strokes that cross them, or are darker. */
export function erase(sheet: InkSheet, form: Form, { rows, columns }: Lines): InkSheet | undefined {
  const ink = sheet.ink.slice();
  const around = Math.max(1, Math.round(BESIDE * Math.min(sheet.width, sheet.height)));
  for (const line of form.down) eraseLine(ink, columns, line, around);
  for (const line of form.across) eraseLine(ink, rows, line, around, UNEVEN);
  return markInk({ ...sheet, ink });
}

/**
 * Fills a line with the ink that is on both of its sides, straight across or slanted.
 *
 * @param around Pixels beside its soft edge.
 * @param uneven Share of the ink in its middle by which its own ink varies.
 */
function eraseLine(
  ink: Float32Array,
  { length, depth, offsets, starts, step }: Grid,
  line: Line,
  around: number,
  uneven = 1,
): void {
  const at = (i: number, row: number) => {
    if (i < 0 || i >= length || row + offsets[i] < 0 || row + offsets[i] >= depth) return 0;
    return ink[starts[i] + row * step];
  };
  const [from, to] = [Math.max(0, line.from - around), Math.min(length - 1, line.to + around)];
  const inkOf = (row: number, rank: number) => {
    const along = Float32Array.from({ length: to + 1 - from }, (_, i) => at(from + i, row)).sort();
    return along[Math.floor(rank * along.length)];
  };
  let [centre, most] = [Math.round(middle(line)), 0];
  for (let row = line.first - 1; row <= line.last + 1; row++) {
    const ink = inkOf(row, DOTTED_RANK);
    if (ink > most) [centre, most] = [row, ink];
  }
  const rank = inkOf(centre, SOLID_RANK) >= most / 2 ? SOLID_RANK : DOTTED_RANK;
  const isLine = (row: number) => inkOf(row, rank) >= SOFT * most && most > 0;
  let [first, last] = [centre, centre];
  while (first > line.first - FARTHEST && isLine(first - 1)) first--;
  while (last < line.last + FARTHEST && isLine(last + 1)) last++;
  first -= around;
  last += around;
  const darkest = Float32Array.from(
    { length: last + 1 - first },
    (_, k) => Math.min(DARKER * most, DARKER * inkOf(first + k, rank) + uneven * most),
  );
  const filled: [index: number, value: number][] = [];
  for (let i = from; i <= to; i++) {
    for (let row = first; row <= last; row++) {
      if (row + offsets[i] < 0 || row + offsets[i] >= depth) continue;
      const index = starts[i] + row * step;
      let value = ink[index] > darkest[row - first] ? ink[index] : 0;
      for (const slant of SLANTS) {
        const above = at(Math.round(i - slant * (row - first + 1)), first - 1);
        const below = at(Math.round(i + slant * (last + 1 - row)), last + 1);
        value = Math.max(value, Math.min(above, below));
      }
      filled.push([index, value]);
    }
  }
  for (const [index, value] of filled) ink[index] = value;
}

/** Cuts digits apart that touch over a form's line: what reaches far into the places on either side of it. */
export function cutApart(sheet: InkSheet, { across, down, places }: Form, slope: number): InkSheet {
  const { pieces } = findPieces(sheet);
  const reach = FAR * Math.min(...places.map(([left, right]) => right.first - left.last));
  const ink = sheet.ink.slice();
  const cut = (line: Line, piece: Edges, isDown: boolean) => {
    const [low, high, from, to] = isDown
      ? [piece.left, piece.right, piece.top, piece.bottom]
      : [piece.top, piece.bottom, piece.left, piece.right];
    const middleOf = middle(line) + (isDown ? -slope : slope) * (from + to) / 2;
    if (middleOf - low < reach || high - middleOf < reach) return;
    for (let along = from; along < to; along++) {
      const at = Math.round(middle(line) + (isDown ? -slope : slope) * along);
      for (let beside = at - CUT; beside <= at + CUT; beside++) {
        ink[isDown ? along * sheet.width + beside : beside * sheet.width + along] = 0;
      }
    }
  };
  for (const piece of pieces) {
    for (const line of down) cut(line, piece, true);
    for (const line of across) cut(line, piece, false);
  }
  return markInk({ ...sheet, ink }) ?? sheet;
}
