/** Lines of a printed form, found and taken away: long runs of ink, across and down, slanted alike. */

import { Grid } from "./grid.ts";
import { type InkSheet, markInk } from "./ink.ts";

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

/** A straight line, across or down, from one position to another over some rows of its grid, at least in part. */
export class Line {
  /** Draws it. */
  constructor(
    readonly from: number,
    readonly to: number,
    readonly first: number,
    readonly last: number,
  ) {}

  /** Rows that it covers. */
  get thickness(): number {
    return this.last + 1 - this.first;
  }

  /** The row in its middle. */
  get middle(): number {
    return (this.first + this.last) / 2;
  }
}

/** Where there is ink. */
type Marked = Pick<InkSheet, "width" | "height" | "mask">;

/** The lines of a sheet, which may be of a form. */
type FormLines = ReturnType<typeof linesOf>;

/**
 * Finds the lines of a form, if `isLikely` says of those of a smaller picture that there may be one.
 *
 * @returns Undefined if it says that there is none.
 */
export function findFormLines(
  sheet: InkSheet,
  isLikely: (lines: FormLines) => boolean,
): FormLines | undefined {
  const lined = markLines(sheet);
  const side = Math.min(lined.width, lined.height);
  const rough = pool(lined, Math.max(1, Math.floor(side / ROUGH_SIDE)));
  const slope = slopeOf(rough, 0, STEEPEST);
  const lines = linesOf(rough, slope);
  if (!isLikely(lines)) return undefined;
  if (rough === lined) return lines;
  return linesOf(lined, slopeOf(lined, slope, 2 / Math.max(rough.width, rough.height)));
}

function linesOf(marked: Marked, slope: number) {
  const { width, height, mask } = marked;
  const side = Math.min(width, height);
  const slack = Math.max(2, Math.round(SLACK * side));
  const [rows, columns] = gridsOf(marked, slope);
  const [leastAcross, leastDown] = [LEAST_ACROSS, LEAST_DOWN]
    .map((share) => Math.max(LEAST_LENGTH, share * side));
  return {
    across: findLines(rows, mask, { least: leastAcross, slack, gap: 2 * slack }),
    down: findLines(columns, mask, { least: leastDown, slack, gap: Math.max(4, slack) }),
    /** Pixels down a pixel across. */
    slope,
    /** Ends that meet are no farther apart, in pixels. */
    slack,
    width,
    height,
    /** In how much of a stretch there is ink in a row across, or beside it. */
    inkedAcross: (row: number, from: number, to: number) => coverage(rows, mask, row, [from, to]),
    /** The same in a row down. */
    inkedDown: (row: number, from: number, to: number) => coverage(columns, mask, row, [from, to]),
    /** The first row of what is between two lines down on a sheet, and the first below it. */
    between([left, right]: [Line, Line], { mask }: InkSheet) {
      const { from, to } = columns.extent(mask, left.last + 2, right.first - 1);
      return { top: from, bottom: to };
    },
    /** Takes some of the lines away from their sheet, but for strokes that cross them, or are darker. */
    eraseFrom(sheet: InkSheet, { across, down }: { across: Line[]; down: Line[] }) {
      const ink = sheet.ink.slice();
      const around = Math.max(1, Math.round(BESIDE * Math.min(width, height)));
      for (const line of down) eraseLine(ink, columns, line, around);
      for (const line of across) eraseLine(ink, rows, line, around, UNEVEN);
      return markInk({ ...sheet, ink });
    },
  };
}

/** Marks fainter ink than usual: lines may be fainter than what is written. */
function markLines(sheet: InkSheet): Marked {
  const { width, height, ink, strong } = sheet;
  const least = Math.max(sheet.least, FAINTEST * strong);
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
        eachRun(grid, marked.mask, { gap: 3, every: 2 }, (_, from, to) => {
          longest = Math.max(longest, to - from);
        });
        length += longest / grid.length;
      }
      if (length > best.length) best = { slope, length };
    }
  }
  return best.slope;
}

/** Rows and columns that are slanted, at every position or at so many. */
function gridsOf(marked: Marked, slope: number, count?: number): Grid[] {
  return [
    new Grid("across", marked, { slope, count }),
    new Grid("down", marked, { slope: -slope, count }),
  ];
}

/** Calls `found` with every run of ink along the rows, which may gap a little, and be a row above or below. */
function eachRun(
  { length, depth, offsets, starts, step }: Grid,
  mask: Uint8Array,
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
function findLines(
  grid: Grid,
  mask: Uint8Array,
  { least, slack, gap }: { least: number; slack: number; gap: number },
): Line[] {
  const lines: { from: number; to: number; first: number; last: number }[] = [];
  let open: typeof lines = [];
  eachRun(grid, mask, { gap, every: 1 }, (row, from, to) => {
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
    .map(({ from, to, first, last }) => new Line(from, to, first + 1, last - 1))
    .filter(({ from, to, first, last, thickness, middle }) =>
      last >= first && to - from >= SLENDERNESS * thickness &&
      coverage(grid, mask, Math.round(middle), [from, to]) >= LEAST_INKED
    );
}

/** In how much of a stretch there is ink in a row of a grid, or beside it. */
function coverage(
  { length, depth, offsets, starts, step }: Grid,
  mask: Uint8Array,
  row: number,
  [from, to]: [from: number, to: number],
): number {
  let count = 0;
  const [first, last] = [Math.max(0, from), Math.min(length - 1, to)];
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
  let [centre, most] = [Math.round(line.middle), 0];
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
