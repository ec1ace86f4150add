/** Lines of a printed form, found and taken away: long runs of ink, across and down, slanted alike. */

import { type InkSheet, leastInk, markInk } from "./ink.ts";

/** Steepest line of a form, in pixels down a pixel across: 3°. */
const STEEPEST = 0.05;

/** Ink of a line is at least this share of strong ink. */
const FAINTEST = 0.15;

/** Whether there may be a form is looked for in a picture whose shorter side has about so many pixels. */
const ROUGH_SIDE = 80;

/** Positions at which the slope is looked for. */
const SAMPLED = 256;

/** Lines across and down, such as ticks, are at least so long, as a share of the picture's shorter side, */
const LEAST_ACROSS = 0.6;
const LEAST_DOWN = 0.07;

/** and both are at least so many pixels long, and so many times as long as thick. */
const LEAST_LENGTH = 6;
const SLENDERNESS = 3;

/** Ends that meet do so within this share of the shorter side, or two pixels; dots of a line are no farther apart. */
const SLACK = 0.05;

/** A line has ink along at least this share of it: dots do, digits below one another do not. */
const LEAST_INKED = 0.5;

/** A straight line. */
export interface Line {
  /** First and last position along it. */
  from: number;
  to: number;
  /** First and last row of its grid that it covers, at least in part. */
  first: number;
  last: number;
}

/** Where there is ink. */
type Marked = Pick<InkSheet, "width" | "height" | "mask">;

/** A picture in rows, or in columns, that are as slanted as its form. */
interface Grid {
  length: number;
  depth: number;
  /** Row of the picture, and index, at every position of row 0. */
  offsets: Int32Array;
  starts: Int32Array;
  /** From the index of a pixel to the next row's. */
  step: number;
  mask: Uint8Array;
}

/** The lines of a sheet. */
export interface Lines {
  across: Line[];
  down: Line[];
  /** Pixels down a pixel across. */
  slope: number;
  /** Ends that meet are no farther apart, in pixels. */
  slack: number;
  width: number;
  height: number;
  rows: Grid;
  columns: Grid;
}

/**
 * Finds the lines of a form, if `isLikely` says of those of a smaller picture that there may be one.
 *
 * @returns Undefined if it says that there is none.
 */
export function findFormLines(
  sheet: InkSheet,
  isLikely: (lines: Lines) => boolean,
): Lines | undefined {
  const lined = markLines(sheet);
  const side = Math.min(lined.width, lined.height);
  const rough = pool(lined, Math.max(1, Math.floor(side / ROUGH_SIDE)));
  const slope = slopeOf(rough, 0, STEEPEST);
  const lines = linesOf(rough, slope);
  if (!isLikely(lines)) return undefined;
  if (rough === lined) return lines;
  return linesOf(lined, slopeOf(lined, slope, 2 / Math.max(rough.width, rough.height)));
}

/** Marks fainter ink than usual: lines may be fainter than what is written. */
function markLines(sheet: InkSheet): Marked {
  const { width, height, ink, strong } = sheet;
  const least = Math.max(leastInk(sheet), FAINTEST * strong);
  const mask = new Uint8Array(ink.length);
  for (let i = 0; i < mask.length; i++) mask[i] = ink[i] >= least ? 1 : 0;
  return { width, height, mask };
}

/** A mask of squares, with ink where there is some in the square. */
function pool(marked: Marked, factor: number): Marked {
  if (factor === 1) return marked;
  const [width, height] = [marked.width, marked.height].map((size) => Math.ceil(size / factor));
  const mask = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < marked.height; y++) {
    const start = Math.floor(y / factor) * width;
    for (let x = 0; x < marked.width; x++, i++) {
      if (marked.mask[i] === 1) mask[start + Math.trunc(x / factor)] = 1;
    }
  }
  return { width, height, mask };
}

function linesOf(marked: Marked, slope: number): Lines {
  const side = Math.min(marked.width, marked.height);
  const slack = Math.max(2, Math.round(SLACK * side));
  const [rows, columns] = gridsOf(marked, slope);
  return {
    across: findLines(rows, Math.max(LEAST_LENGTH, LEAST_ACROSS * side), slack, 2 * slack),
    down: findLines(columns, Math.max(LEAST_LENGTH, LEAST_DOWN * side), slack, Math.max(4, slack)),
    slope,
    slack,
    ...marked,
    rows,
    columns,
  };
}

/** The slope at which lines are longest, in both directions together; it differs so much from another at most. */
function slopeOf(marked: Marked, around: number, reach: number): number {
  const step = 2 / Math.max(marked.width, marked.height);
  let best = { slope: around, length: 0 };
  for (let k = 0; k * step <= reach; k++) {
    for (const slope of k === 0 ? [around] : [around + k * step, around - k * step]) {
      let length = 0;
      for (const grid of gridsOf(marked, slope, SAMPLED)) {
        let longest = 0;
        // Every run is seen in three rows.
        eachRun(
          grid,
          { gap: 3, every: 2 },
          (_, from, to) => longest = Math.max(longest, to - from),
        );
        length += longest / grid.length;
      }
      if (length > best.length) best = { slope, length };
    }
  }
  return best.slope;
}

/** Rows and columns that are slanted, at every position or at so many. */
function gridsOf({ width, height, mask }: Marked, slope: number, count = Infinity): Grid[] {
  const grid = (size: number, depth: number, along: number, step: number, slope: number) => {
    const every = Math.ceil(size / Math.min(size, count));
    const length = Math.ceil(size / every);
    const offsets = Int32Array.from({ length }, (_, i) => Math.round(slope * i * every));
    const starts = offsets.map((row, i) => i * every * along + row * step);
    return { length, depth, offsets, starts, step, mask };
  };
  return [grid(width, height, 1, width, slope), grid(height, width, width, 1, -slope)];
}

/** Calls `found` with every run of ink along the rows, which may gap a little, and be a row above or below. */
function eachRun(
  { length, depth, offsets, starts, step, mask }: Grid,
  { gap, every }: { gap: number; every: number },
  found: (row: number, from: number, to: number) => void,
): void {
  const ends = [0, offsets[length - 1]];
  for (let row = -Math.max(...ends) - 1; row <= depth - Math.min(...ends); row += every) {
    let [from, to] = [-1, -1];
    for (let i = 0; i < length; i++) {
      const at = row + offsets[i];
      const index = starts[i] + row * step;
      const isNear = at >= 0 && at < depth && mask[index] === 1 ||
        at > 0 && at <= depth && mask[index - step] === 1 ||
        at >= -1 && at < depth - 1 && mask[index + step] === 1;
      if (!isNear) continue;
      if (from >= 0 && i - to > gap) {
        found(row, from, to);
        from = i;
      } else if (from < 0) from = i;
      to = i;
    }
    if (from >= 0) found(row, from, to);
  }
}

/** Runs of at least some length that begin and end alike in rows that follow one another, and are no blot. */
function findLines(grid: Grid, least: number, slack: number, gap = slack): Line[] {
  const lines: Line[] = [];
  let open: Line[] = [];
  eachRun(grid, { gap, every: 1 }, (row, from, to) => {
    if (to - from < least) return;
    open = open.filter(({ last }) => last >= row - 1);
    const line = open.find((line) =>
      line.last === row - 1 && Math.abs(line.from - from) <= slack &&
      Math.abs(line.to - to) <= slack
    );
    if (line) {
      line.last = row;
      line.from = Math.min(line.from, from);
      line.to = Math.max(line.to, to);
    } else {
      const begun = { from, to, first: row, last: row };
      lines.push(begun);
      open.push(begun);
    }
  });
  // Every run is seen in the rows above and below as well.
  return lines
    .map((line) => ({ ...line, first: line.first + 1, last: line.last - 1 }))
    .filter((line) =>
      line.last >= line.first && line.to - line.from >= SLENDERNESS * thickness(line) &&
      coverage(grid, Math.round(middle(line)), line.from, line.to) >= LEAST_INKED
    );
}

export function thickness({ first, last }: Line): number {
  return last + 1 - first;
}

export function middle({ first, last }: Line): number {
  return (first + last) / 2;
}

/** In how much of a stretch there is ink in a row of a grid, or beside it. */
export function coverage(grid: Grid, row: number, from: number, to: number): number {
  const { offsets, starts, depth, step, mask } = grid;
  let count = 0;
  const [first, last] = [Math.max(0, from), Math.min(grid.length - 1, to)];
  for (let i = first; i <= last; i++) {
    for (let beside = row - 1; beside <= row + 1; beside++) {
      const at = beside + offsets[i];
      if (at < 0 || at >= depth || mask[starts[i] + beside * step] === 0) continue;
      count++;
      break;
    }
  }
  return count / Math.max(1, last + 1 - first);
}

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

/** Takes some of a sheet's lines away, but for strokes that cross them, or are darker. */
export function eraseLines(
  sheet: InkSheet,
  { across, down }: Pick<Lines, "across" | "down">,
  { rows, columns }: Lines,
): InkSheet | undefined {
  const ink = sheet.ink.slice();
  const around = Math.max(1, Math.round(BESIDE * Math.min(sheet.width, sheet.height)));
  for (const line of down) eraseLine(ink, columns, line, around);
  for (const line of across) eraseLine(ink, rows, line, around, UNEVEN);
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
