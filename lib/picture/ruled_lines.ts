/** Ruled and squared paper: its lines, found and taken away. */

import { Grid } from "./grid.ts";
import type { InkSheet } from "./ink.ts";
import { findPieces, type symbolsOn } from "./pieces.ts";

/** Steepest line that counts as ruled, in pixels down a pixel across: 15°. */
const STEEPEST = 0.27;

/** Ink that is so many times as dark as the line that it is on is kept. */
const DARKER = 1.6;

/** A line is at least this share as dark as strong ink, and so many times as the paper's noise: that is seldom in line. */
const [FAINTEST, LEAST_TO_NOISE] = [0.25, 3];

/** Columns in which lines are looked for. */
const SAMPLED_COLUMNS = 128;

/** Share of the columns that a line has to be seen in; strokes hide some of it. */
const LEAST_COVERAGE = 0.6;

/**
 * The same for further lines that are parallel to the first and not much darker; they may leave the
 * picture through a corner.
 */
const PARALLEL_COVERAGE = 0.15;
const LEAST_INKED = 0.5;
const PARALLEL = 0.04;

/** The first line has to begin and end within this share of the width from the edges. */
const MARGIN = 0.06;

/**
 * What is written is at least this share of the lines' distance high. Rows are written between the lines where two
 * pieces stand beside each other between two lines, or are so narrow that they are digits below one another: shares of
 * a digit's height.
 */
const LEAST_WRITTEN = 0.5;
const LEAST_WIDTH = 0.4;
const USUAL_WIDTH = 0.42;

/** What is written is over a line where it reaches farther beyond than this share of the distance on both sides. */
const BEYOND = 0.3;

/** A ruled line: its row at column 0, and rows down a column across. */
interface Ruled {
  start: number;
  slope: number;
}

/** A stretch of ink in a column. */
interface Run {
  x: number;
  /** First row, and first row behind it. */
  top: number;
  bottom: number;
}

/**
 * Takes straight thin lines that cross the whole picture away, in whatever slight angle: thin
 * vertical runs of ink are collected and the lines on which most of them lie found by the Hough
 * transform (Duda and Hart 1972); runs on a line are erased, but not where a stroke crosses.
 * Then the same with columns for rows. A single line is the digit's own if what it leaves goes from edge to edge
 * the other way. Where rows are written between the lines, the lines are told.
 *
 * @returns What is left, or undefined if there are no such lines.
 *
 * @example A line goes, a stroke stays
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const side = 100;
 * const ink = Float32Array.from({ length: side ** 2 }, (_, i) => {
 *   const [x, y] = [i % side, Math.floor(i / side)];
 *   return y === 50 || (x > 40 && x < 46 && y > 20 && y < 80) ? 200 : 0;
 * });
 * const mask = Uint8Array.from(ink, (value) => value > 0 ? 1 : 0);
 * const sheet = { width: side, height: side, ink, noise: 0, least: 6, mask, strong: 100 };
 * const left = withoutRuledLines(sheet)!.sheet.mask;
 * assertEquals([left[50 * side + 10], left[50 * side + 43]], [0, 1]);
 * ```
 */
export function withoutRuledLines(sheet: InkSheet): Unruled | undefined {
  const [ink, mask] = [sheet.ink.slice(), sheet.mask.slice()];
  const least = Math.max(FAINTEST * sheet.strong, LEAST_TO_NOISE * sheet.noise);
  const faint = Uint8Array.from(ink, (value) => value >= least ? 1 : 0);
  const [across, down] = [new Grid("across", sheet), new Grid("down", sheet)];
  const [rules, columns] = [[across, down], [down, across]].map(([grid, other]) => {
    const [maskBefore, inkBefore] = [mask.slice(), ink.slice()];
    const lines = removeLines(faint, mask, ink, grid);
    if (lines.length !== 1 || !other.isSpanned(mask)) return lines;
    mask.set(maskBefore);
    ink.set(inkBefore);
    return [];
  });
  if (rules.length + columns.length === 0) return undefined;
  const left = { ...sheet, ink, mask };
  return columns.length > 0 ? { sheet: left } : betweenLines(left, rules);
}

/** What ruled lines leave, and the lines, where what is written stands between them. */
type Unruled = { sheet: InkSheet } & Parameters<typeof symbolsOn>[2];

type Piece = ReturnType<typeof findPieces>["pieces"][number];

/** Tells whether rows are written between lines. */
function betweenLines(sheet: InkSheet, rules: Ruled[]): Unruled {
  const lines = rules.toSorted((a, b) => a.start - b.start);
  const distances = lines.slice(1).map(({ start }, i) => start - lines[i].start);
  const distance = distances.toSorted((a, b) => a - b)[distances.length >> 1];
  if (!distance) return { sheet };
  const written = findPieces(sheet).pieces.filter((piece) =>
    (piece.bottom - piece.top) >= LEAST_WRITTEN * distance
  );
  const isOver = ({ left, top, right, bottom }: Piece) => ({ start, slope }: Ruled) => {
    const row = start + slope * (left + right) / 2;
    return Math.min(row - top, bottom - row) >= BEYOND * distance;
  };
  const rows = written.filter((piece) => {
    const share = (piece.right - piece.left) / (piece.bottom - piece.top);
    const count = lines.filter(isOver(piece)).length;
    return count === 0 || share <= USUAL_WIDTH && share * (count + 1) >= LEAST_WIDTH;
  });
  const areBeside = rows.some((one) => rows.some((other) => one.right <= other.left));
  return areBeside ? { sheet, lines, place: distance } : { sheet };
}

/** @returns The lines along the rows that were removed. */
function removeLines(
  faint: Uint8Array,
  mask: Uint8Array,
  ink: Float32Array,
  grid: Grid,
): Ruled[] {
  const { length: width, depth: height, starts, step: stepY } = grid;
  const thickest = Math.max(3, Math.round(Math.max(width, height) / 90));
  const runs = findRuns(faint, grid, thickest);
  const step = Math.max(1, Math.floor(width / SAMPLED_COLUMNS));
  let sampled = runs.filter(({ x }) => x % step === 0);
  const columns = Math.ceil(width / step);
  let first: { slope: number; ink: number } | undefined;
  const least = () => (first ? PARALLEL_COVERAGE : LEAST_COVERAGE) * columns;
  if (sampled.length < least()) return [];
  const lines: Ruled[] = [];
  const tolerance = Math.max(1.5, thickest / 2);
  const votes = new Votes(width, height, tolerance);
  votes.add(sampled, 1);
  while (sampled.length >= least()) {
    const line = votes.strongest(first?.slope);
    const near = ({ x, top, bottom }: Run) =>
      Math.abs((top + bottom - 1) / 2 - line.start - line.slope * x) <= tolerance;
    const members: Run[] = [];
    const others: Run[] = [];
    for (const run of sampled) (near(run) ? members : others).push(run);
    const seen = columnsOf(members);
    if (seen < least()) break;
    sampled = others;
    votes.add(members, -1, first?.slope);
    if (first && seen < LEAST_INKED * columnsWithin(line)) continue;
    const darkness = members.map(peak).sort((a, b) => a - b)[members.length >> 1];
    if (first ? darkness > DARKER * first.ink : !crosses(members, width)) continue;
    first ??= { slope: line.slope, ink: darkness };
    lines.push(line);
    const darkest = DARKER * darkness;
    for (const run of runs) {
      if (!near(run)) continue;
      const { x, top, bottom } = run;
      for (let y = Math.max(0, top - 1); y < Math.min(height, bottom + 1); y++) {
        const i = starts[x] + y * stepY;
        if (ink[i] <= darkest) mask[i] = faint[i] = ink[i] = 0;
      }
    }
  }
  return lines;

  /** In how many of the columns that are looked at a line is within the picture. */
  function columnsWithin({ start, slope }: Ruled): number {
    let count = 0;
    for (let x = 0; x < width; x += step) {
      const y = start + slope * x;
      if (y >= 0 && y <= height - 1) count++;
    }
    return count;
  }

  function peak({ x, top, bottom }: Run): number {
    let most = 0;
    for (let y = top; y < bottom; y++) most = Math.max(most, ink[starts[x] + y * stepY]);
    return most;
  }
}

/** In how many columns there are runs; they come column by column. */
function columnsOf(runs: Run[]): number {
  return runs.filter(({ x }, i) => i === 0 || x !== runs[i - 1].x).length;
}

/** Whether a line goes from edge to edge. */
function crosses(runs: Run[], width: number): boolean {
  const columns = runs.map(({ x }) => x);
  return Math.min(...columns) <= MARGIN * width && Math.max(...columns) >= (1 - MARGIN) * width;
}

/** Stretches of ink in the columns, none longer than `longest`; column by column. */
function findRuns(mask: Uint8Array, { length, depth, starts, step }: Grid, longest: number): Run[] {
  const runs: Run[] = [];
  for (let x = 0; x < length; x++) {
    let [top, before] = [0, 0];
    for (let y = 0, i = starts[x]; y <= depth; y++, i += step) {
      const now = y < depth ? mask[i] : 0;
      if (now === before) continue;
      before = now;
      if (now === 1) top = y;
      else if (y - top <= longest) runs.push({ x, top, bottom: y });
    }
  }
  return runs;
}

/** How many runs lie on which line: for slopes up to the steepest, and rows at column 0. */
class Votes {
  #tolerance: number;
  #slopeStep: number;
  #reach: number;
  #counts: { slope: number; rows: Uint16Array }[];

  constructor(width: number, height: number, tolerance: number) {
    this.#tolerance = tolerance;
    this.#slopeStep = tolerance / width;
    this.#reach = STEEPEST * width;
    const rows = Math.ceil((height + 2 * this.#reach) / tolerance) + 3;
    const slopes = Math.ceil(STEEPEST / this.#slopeStep);
    this.#counts = Array.from({ length: 2 * slopes + 1 }, (_, i) => ({
      slope: (i - slopes) * this.#slopeStep,
      rows: new Uint16Array(rows),
    }));
  }

  /** Counts runs `weight` times, for slopes near to `parallelTo` if it is given. */
  add(runs: Run[], weight: 1 | -1, parallelTo?: number): void {
    const columns = Float64Array.from(runs, ({ x }) => x);
    const middles = Float64Array.from(runs, ({ top, bottom }) => (top + bottom - 1) / 2);
    for (const { slope, rows } of this.#near(parallelTo)) {
      for (let i = 0; i < columns.length; i++) {
        const row = middles[i] - slope * columns[i] + this.#reach;
        rows[Math.floor(row / this.#tolerance) + 1] += weight;
      }
    }
  }

  /** The line with the most runs near it: its row at column 0, and its slope. */
  strongest(parallelTo?: number): Ruled {
    let best = { votes: 0, start: 0, slope: 0 };
    for (const { slope, rows } of this.#near(parallelTo)) {
      for (let bin = 0; bin + 1 < rows.length; bin++) {
        // Two neighbours together, so that no line falls between two.
        const votes = rows[bin] + rows[bin + 1];
        if (votes > best.votes) {
          best = { votes, start: bin * this.#tolerance - this.#reach, slope };
        }
      }
    }
    return best;
  }

  #near(parallelTo?: number) {
    return this.#counts.filter(({ slope }) => Math.abs(slope - (parallelTo ?? slope)) <= PARALLEL);
  }
}
