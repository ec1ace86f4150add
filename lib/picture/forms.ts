/** Printed forms: boxes and combs with a place for each digit, found and taken away. */

import { dilate } from "./components.ts";
import { type InkSheet, markInk } from "./ink.ts";
import { type Edges, findPieces } from "./pieces.ts";

/** Steepest line of a form, in pixels down a pixel across: 3°. */
const STEEPEST = 0.05;

/** Positions at which the slope is looked for. */
const SAMPLED = 256;

/** Lines across and down, such as ticks, are at least so long, as a share of the picture's shorter side, */
const LEAST_ACROSS = 0.6;
const LEAST_DOWN = 0.15;

/** and both are at least so many pixels long, and so many times as long as thick. */
const LEAST_LENGTH = 6;
const SLENDERNESS = 3;

/** Ends that meet do so within this share of the shorter side, or two pixels; dots of a line are no farther apart. */
const SLACK = 0.05;

/** Lines between boxes have at least this share of the shorter side; ticks alone are alike to within this share of it. */
const LEAST_DIVIDER = 0.35;
const ALIKE = 0.02;

/** Where a line is so many times as thick, a stroke crosses it; a line down as thick is a stroke from line to line. */
const THICKER = 1.6;

/** Ticks, and dividers that are cut off, are evenly spaced to within this share of their distance. */
const EVENNESS = 0.15;

/**
 * A line is erased over this share of the shorter side beside it, or a pixel: its soft edges, and where it is not
 * quite straight.
 */
const BESIDE = 0.01;

/** Digits that touch over a line reach farther than this share of a place into both, and are cut over so many pixels. */
const FAR = 0.3;
const CUT = 2;

/** Between two lines down something is written if it is at least this share of their length high, */
const LEAST_CONTENT = 0.2;

/** or this share, if they are ticks without a base line. */
const LEAST_BESIDE_TICKS = 1.5;

/** A straight line. */
interface Line {
  /** First and last position along it. */
  from: number;
  to: number;
  /** First and last row of its grid that it covers, at least in part. */
  first: number;
  last: number;
}

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

/** What a form leaves. */
export interface FilledForm {
  sheet: InkSheet;
  /** A name of the place that something in a part of the sheet is in. */
  placeOf: (edges: Edges, part: { left: number; top: number }) => string;
}

/** Lines of a form. */
interface Form {
  across: Line[];
  down: Line[];
  /** The lines down on either side of every place for a digit. */
  places: [Line, Line][];
  /** What is written is at least this share of the lines' length high. */
  leastContent: number;
}

/** The lines of a sheet. */
interface Lines {
  across: Line[];
  down: Line[];
  /** Pixels down a pixel across. */
  slope: number;
  /** Ends that meet are no farther apart, in pixels. */
  slack: number;
  width: number;
  height: number;
}

/**
 * Takes the lines of a form away: boxes, whose lines down end on lines across; a base line with ticks; ticks alone;
 * dividers that are cut off above and below. They may be slanted a little, thick, faint or dotted. The picture's edge
 * stands for a line that is cut off, and strokes that cross a line are kept. Ink is marked anew, as what is written
 * may be fainter than the lines.
 *
 * @returns Undefined if there is no form in which something is written.
 *
 * @example Two boxes, with a stroke in one of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [width, height] = [100, 60];
 * const ink = Float32Array.from({ length: width * height }, (_, i) => {
 *   const [x, y] = [i % width, Math.floor(i / width)];
 *   const isLine = y === 5 || y === 55 || x === 5 || x === 50 || x === 95;
 *   return isLine && x >= 5 && x <= 95 && y >= 5 && y <= 55 || x > 25 && x < 30 && y > 15 && y < 45 ? 200 : 0;
 * });
 * const mask = Uint8Array.from(ink, (value) => value > 0 ? 1 : 0);
 * const left = withoutForm({ width, height, ink, noise: 0, mask, strong: 100 })!.sheet.mask;
 * assertEquals(left.filter(Boolean).length, 4 * 29);
 * ```
 */
export function withoutForm(sheet: InkSheet): FilledForm | undefined {
  const { width, height } = sheet;
  const side = Math.min(width, height);
  const slack = Math.max(2, Math.round(SLACK * side));
  const slope = slopeOf(sheet);
  const [rows, columns] = gridsOf(sheet, slope);
  const lines: Lines = {
    across: findLines(rows, Math.max(LEAST_LENGTH, LEAST_ACROSS * side), slack, 2 * slack),
    down: findLines(columns, Math.max(LEAST_LENGTH, LEAST_DOWN * side), slack),
    slope,
    slack,
    width,
    height,
  };
  for (const find of [boxes, comb, ticks]) {
    const form = find(lines);
    const left = form && erase(sheet, form, rows, columns);
    const isUsed = left &&
      form.places.some((place) =>
        contentBetween(place, left.mask, columns) >=
          form.leastContent * (place[0].to - place[0].from)
      );
    if (!isUsed) continue;
    return {
      sheet: cutApart(left, form, slope),
      placeOf: ({ left, top, right, bottom }, part) => {
        const [x, y] = [part.left + (left + right) / 2, part.top + (top + bottom) / 2];
        const before = form.down.filter((line) => middle(line) - slope * y < x).length;
        const above = form.across.filter((line) => middle(line) + slope * x < y).length;
        return `${before}, ${above}`;
      },
    };
  }
  return undefined;
}

/** The slope at which lines are longest, in both directions together. */
function slopeOf(sheet: InkSheet): number {
  const step = 2 / Math.max(sheet.width, sheet.height);
  let best = { slope: 0, length: 0 };
  for (let k = 0; k * step <= STEEPEST; k++) {
    for (const slope of k === 0 ? [0] : [k * step, -k * step]) {
      let length = 0;
      for (const grid of gridsOf(sheet, slope, SAMPLED)) {
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
function gridsOf({ width, height, mask }: InkSheet, slope: number, count = Infinity): Grid[] {
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
      line.last >= line.first && line.to - line.from >= SLENDERNESS * thickness(line)
    );
}

function thickness({ first, last }: Line): number {
  return last + 1 - first;
}

function middle({ first, last }: Line): number {
  return (first + last) / 2;
}

/** Three lines down or more that end on a line across or at the picture's edge, and the lines across that they bound. */
function boxes({ across, down, slope, slack, width, height }: Lines): Form | undefined {
  const crossing = (line: Line, post: Line) => middle(line) + slope * middle(post);
  const meets = (line: Line, post: Line) => {
    const at = middle(post) - slope * middle(line);
    return at >= line.from - slack && at <= line.to + slack;
  };
  const isNear = (one: number, other: number, line: Line) =>
    Math.abs(one - other) <= slack + thickness(line);
  const endsOn = (post: Line, lines: Line[]) => {
    const on = lines.filter((line) => meets(line, post));
    const top = on.some((line) => isNear(post.from, crossing(line, post), line));
    const bottom = on.some((line) => isNear(post.to, crossing(line, post), line));
    return (top || bottom) && (top || post.from <= slack) &&
      (bottom || post.to >= height - 1 - slack);
  };
  const least = LEAST_DIVIDER * Math.min(width, height);
  let posts = down.filter((post) => post.to - post.from >= least && endsOn(post, across));
  const usual = posts.map(thickness).sort((a, b) => a - b)[posts.length >> 1];
  const onLine = (line: Line) =>
    posts.filter((post) =>
      meets(line, post) && crossing(line, post) >= post.from - slack - thickness(line) &&
      crossing(line, post) <= post.to + slack + thickness(line)
    ).sort((a, b) => a.first - b.first);
  posts = posts.filter((post) => thickness(post) <= THICKER * usual + 1);
  const bars = across.filter((line) => {
    const on = onLine(line);
    if (on.length < 2) return false;
    const [left, right] = [on[0], on[on.length - 1]].map((post) =>
      middle(post) - slope * middle(line)
    );
    return (line.from <= slack || left - line.from <= 2 * slack) &&
      (line.to >= width - 1 - slack || line.to - right <= 2 * slack);
  });
  posts = posts.filter((post) =>
    endsOn(post, bars) && posts.some((other) => other !== post && isAlike(post, other, slack))
  );
  if (posts.length < 3) return undefined;
  const places = bars.flatMap((bar) => {
    const on = onLine(bar);
    return on.slice(1).map((post, i): [Line, Line] => [on[i], post]);
  });
  return places.length > 0
    ? { across: bars, down: posts, places, leastContent: LEAST_CONTENT }
    : undefined;
}

/** A base line, at the feet or heads of ticks of one length that are evenly spaced from its one end to the other. */
function comb({ across, down, slope, slack }: Lines): Form | undefined {
  for (const line of across) {
    for (const end of ["to", "from"] as const) {
      const standing = down.filter((post) => {
        const at = middle(post) - slope * middle(line);
        const crossing = middle(line) + slope * middle(post);
        return at >= line.from - slack && at <= line.to + slack &&
          Math.abs(post[end] - crossing) <= slack + thickness(line);
      });
      for (const one of standing) {
        const alike = standing.filter((post) => isAlike(post, one, slack));
        const even = evenly(alike);
        if (
          even.length < 3 || even[0].first - line.from > 2 * slack ||
          line.to - even.at(-1)!.last > 2 * slack
        ) continue;
        return { across: [line], down: even, places: pairs(even), leastContent: LEAST_CONTENT };
      }
    }
  }
  return undefined;
}

/** Ticks of one length that are evenly spaced, or dividers of a form that is cut off on all sides. */
function ticks({ across, down, slack, width, height }: Lines): Form | undefined {
  const isCut = ({ from, to }: Line) => from <= slack && to >= height - 1 - slack;
  const edges = [0, width - slack].map((first) => ({
    from: 0,
    to: height - 1,
    first,
    last: first + slack - 1,
  }));
  const dividers = evenly([...edges, ...down.filter(isCut)]);
  if (dividers.length > 3) {
    const whole = across.filter(({ from, to }) => from <= slack && to >= width - 1 - slack);
    return { across: whole, down: dividers, places: pairs(dividers), leastContent: LEAST_CONTENT };
  }
  const exactly = Math.max(1, ALIKE * Math.min(width, height));
  for (const one of down) {
    const even = evenly(down.filter((post) => isAlike(post, one, exactly)));
    if (even.length < 4) continue;
    return { across: [], down: even, places: pairs(even), leastContent: LEAST_BESIDE_TICKS };
  }
  return undefined;
}

function isAlike(post: Line, other: Line, slack: number): boolean {
  return Math.abs(post.from - other.from) <= slack && Math.abs(post.to - other.to) <= slack;
}

function pairs(posts: Line[]): [Line, Line][] {
  return posts.slice(1).map((post, i) => [posts[i], post]);
}

/** The most of some lines down that are evenly spaced from the first to the last. */
function evenly(posts: Line[]): Line[] {
  const sorted = posts.toSorted((a, b) => a.first - b.first);
  if (sorted.length < 3) return [];
  const [start, end] = [sorted[0], sorted.at(-1)!].map(middle);
  for (let count = sorted.length - 1; count >= 2; count--) {
    const step = (end - start) / count;
    const even = Array.from(
      { length: count + 1 },
      (_, k) => sorted.find((post) => Math.abs(middle(post) - start - k * step) <= EVENNESS * step),
    );
    if (even.every((post) => post !== undefined)) return even;
  }
  return [];
}

/** Takes a form's lines away, but for what crosses them. */
function erase(sheet: InkSheet, form: Form, rows: Grid, columns: Grid): InkSheet | undefined {
  const mask = sheet.mask.slice();
  const band: number[] = [];
  const around = Math.max(1, Math.round(BESIDE * Math.min(sheet.width, sheet.height)));
  const lines = [
    ...form.across.map((line) => ({ line, grid: rows })),
    ...form.down.map((line) => ({ line, grid: columns })),
  ];
  for (const { line, grid } of lines) {
    const { length, depth, offsets, starts, step } = grid;
    const longest = THICKER * thickness(line) + 2;
    for (let i = Math.max(0, line.from - 1); i <= Math.min(length - 1, line.to + 1); i++) {
      const isIn = (row: number) => row + offsets[i] >= 0 && row + offsets[i] < depth;
      const isInked = (row: number) => isIn(row) && mask[starts[i] + row * step] === 1;
      for (let row = line.first - around; row <= line.last + around; row++) {
        if (isIn(row)) band.push(starts[i] + row * step);
        if (!isInked(row)) continue;
        let [top, bottom] = [row, row];
        while (isInked(top - 1)) top--;
        while (isInked(bottom + 1)) bottom++;
        if (bottom + 1 - top <= longest) {
          for (let k = top; k <= bottom; k++) mask[starts[i] + k * step] = 0;
        }
      }
    }
  }
  const beside = dilate(mask, sheet.width, 1);
  const ink = sheet.ink.slice();
  for (const i of band) ink[i] *= beside[i];
  return markInk({ ...sheet, ink });
}

/** Cuts digits apart that touch over a form's line: what reaches far into the places on either side of it. */
function cutApart(sheet: InkSheet, { across, down, places }: Form, slope: number): InkSheet {
  const { pieces } = findPieces({ ...sheet, left: 0, top: 0 }, sheet);
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

/** How high what is between two lines down is, in pixels. */
function contentBetween([left, right]: [Line, Line], mask: Uint8Array, columns: Grid): number {
  const { length, depth, offsets, starts, step } = columns;
  let [top, bottom] = [length, -1];
  for (let i = 0; i < length; i++) {
    for (let row = left.last + 2; row < right.first - 1; row++) {
      const at = row + offsets[i];
      if (at < 0 || at >= depth || mask[starts[i] + row * step] === 0) continue;
      top = Math.min(top, i);
      bottom = i;
    }
  }
  return bottom + 1 - top;
}
