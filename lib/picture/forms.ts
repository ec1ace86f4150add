/** Printed forms: boxes and combs with a place for each digit, found and taken away. */

import { findFormLines, Line } from "./form_lines.ts";
import type { InkSheet } from "./ink.ts";
import type { symbolsOn } from "./pieces.ts";

/** Lines between boxes have at least this share of the shorter side. */
const LEAST_DIVIDER = 0.35;

/** and of a line across this share of its length is seen, at the ends of lines down or between. */
const LEAST_BAR = 0.5;
const LEAST_MIDDLE_BAR = 0.7;

/** At least this share of ticks is seen without help. */
const LEAST_TICKS_SEEN = 0.75;

/** Between two lines down something is written if it is at least this share of their length high, */
const LEAST_CONTENT = 0.2;

/** or this share, if they are ticks on a base line, or without one. */
const LEAST_ON_COMB = 0.8;
const LEAST_BESIDE_TICKS = 1.5;

/** What stands on a comb goes over at most this share of its height below it. */
const MOST_BELOW = 0.5;

/** Lines down are alike that begin and end within this share of the shorter side of each other, or two pixels. */
const ALIKE = 0.02;

/** The lines of a form are so many times as thick as each other at most, and by a pixel. */
const THICKER = 1.6;

/** Ticks, and dividers that are cut off, are evenly spaced to within this share of their distance. */
const EVENNESS = 0.15;

/** Lines down are at least so many pixels apart, and this share of their length. */
const LEAST_STEP = 6;
const LEAST_WIDTH = 0.3;

/** Where another line down must be, this share of what is seen of the others is seen, at least; */
const LEAST_HIDDEN = 0.85;

/** and this share of the lines without such help. */
const LEAST_SEEN = 0.5;

type FormLines = NonNullable<ReturnType<typeof findFormLines>>;

/** Which of the lines are a form. */
interface Form {
  across: Line[];
  down: Line[];
  /** The lines down on either side of every place for a digit. */
  places: [Line, Line][];
  /** What is written stands on the lower ends of the lines down, and is at least this share of their length high. */
  leastOnComb?: number;
}

/** What a form leaves, and its lines. */
type FilledForm = { sheet: InkSheet } & Parameters<typeof symbolsOn>[2];

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
 * const left = withoutForm({ width, height, ink, noise: 0, least: 6, mask, strong: 100 })!.sheet.mask;
 * assertEquals(left.filter(Boolean).length, 4 * 29);
 * ```
 */
export function withoutForm(sheet: InkSheet): FilledForm | undefined {
  // Of squared paper that is slanted, a cross may be all that is found in the whole picture.
  let mayBeCross = false;
  const lines = findFormLines(sheet, (rough) => {
    mayBeCross = crossOf(rough) !== undefined;
    return mayBeCross || mayBeForm(rough);
  });
  if (!lines) return undefined;
  for (const form of formsOf(lines, mayBeCross)) {
    const left = lines.eraseFrom(sheet, form);
    if (!left) continue;
    const contents = form.places.map((place) => lines.between(place, left));
    const used = contents.filter(({ top, bottom }, i) => {
      const [{ from, to }] = form.places[i];
      return bottom - top >= (form.leastOnComb ?? LEAST_CONTENT) * (to - from);
    });
    const isBelow = ({ top, bottom }: { top: number; bottom: number }) =>
      form.leastOnComb && bottom - form.down[0].to > MOST_BELOW * (bottom - top);
    if (used.length === 0 || used.some(isBelow)) continue;
    const { slope } = lines;
    const printed = [
      ...form.down.map(({ middle }) => ({ start: middle, slope: -slope, isDown: true })),
      ...form.across.map(({ middle }) => ({ start: middle, slope })),
    ];
    const place = Math.min(...form.places.map(([one, next]) => next.first - one.last));
    return { sheet: left, lines: printed, place, isForm: true };
  }
  return undefined;
}

/** Whether there are lines down that are alike: three, or two that are cut off above and below. */
function mayBeForm(lines: FormLines): boolean {
  return groupsOf(lines).some((group) => group.length >= 3 || isCutOff(group[0], lines));
}

/** Two columns of boxes that are cut off all around: of their lines a cross is left, with evenly spaced bars. */
function crossOf(lines: FormLines): Form | undefined {
  const { across, down, slope, slack, width, height } = lines;
  const posts = down.filter(({ from, to }) => to - from >= height / 2);
  const step = height / (across.length + 1);
  const isAt = (row: number, at: number, step: number) => Math.abs(row - at) <= EVENNESS * step + 2;
  const isCross = posts.length === 1 && isCutOff(posts[0], lines) && across.length > 0 &&
    isAt(posts[0].middle - slope * height / 2, width / 2, width / 2) &&
    across.every((bar, i) =>
      bar.from <= slack && bar.to >= width - 1 - slack &&
      isAt(bar.middle + slope * width / 2, (i + 1) * step, step)
    );
  if (!isCross) return undefined;
  const places = placesOf([edgeAt(0, lines), ...posts, edgeAt(width - 1, lines)]);
  return { across, down: posts, places };
}

/** The edge of a picture in place of a line down. */
function edgeAt(column: number, { height }: FormLines): Line {
  return new Line(0, height - 1, column, column);
}

function isCutOff({ from, to }: Line, { slack, height }: FormLines): boolean {
  return from <= slack && to >= height - 1 - slack;
}

/** The forms that lines may be of: boxes before combs before ticks. */
function* formsOf(lines: FormLines, mayBeCross: boolean): Generator<Form> {
  const { width, height } = lines;
  const found = groupsOf(lines).flatMap((group) => latticesOf(group, lines))
    .map((posts) => boundsOf(posts, lines));
  const least = LEAST_DIVIDER * Math.min(width, height);
  const rows = found.filter(({ posts, across, isBound }) =>
    posts.length >= 3 && across.length > 0 && isBound && posts[0].to - posts[0].from >= least
  );
  if (rows.length > 0) {
    yield {
      across: rows.flatMap(({ across }) => across),
      down: rows.flatMap(({ posts }) => posts),
      places: rows.flatMap(({ posts }) => placesOf(posts)),
    };
  }
  const areSeen = (posts: Line[]) =>
    posts.filter((post) => lines.down.includes(post)).length >= LEAST_TICKS_SEEN * posts.length;
  for (const { posts, across } of found) {
    if (posts.length < 2 || !isCutOff(posts[0], lines)) continue;
    const step = stepOf(posts);
    const isAt = (row: number, at: number) => Math.abs(row - at) <= EVENNESS * step + 2;
    const [first, last] = [posts[0].middle, posts.at(-1)!.middle];
    const outer = [
      ...(isAt(first - step, 0) ? [edgeAt(0, lines)] : []),
      ...posts,
      ...(isAt(last + step, width - 1) ? [edgeAt(width - 1, lines)] : []),
    ];
    const isWhole = isAt(outer[0].middle, 0) && isAt(outer.at(-1)!.middle, width - 1);
    if (outer.length < 4 || !isWhole) continue;
    yield { across, down: posts, places: placesOf(outer) };
  }
  for (const { posts, across } of found) {
    if (posts.length < 3 || !areSeen(posts) || across.length !== 1) continue;
    yield { leastOnComb: LEAST_ON_COMB, across, down: posts, places: placesOf(posts) };
  }
  const cross = mayBeCross ? crossOf(lines) : undefined;
  if (cross) yield cross;
  const uneven = rows.length === 0 ? unevenBoxes(lines) : undefined;
  if (uneven) yield uneven;
  for (const { posts } of found) {
    if (posts.length < 4 || !areSeen(posts)) continue;
    yield { leastOnComb: LEAST_BESIDE_TICKS, across: [], down: posts, places: placesOf(posts) };
  }
}

/** How far from each other lines begin and end that do so alike, in pixels. */
function alikeness({ width, height }: FormLines): number {
  return Math.max(2, Math.round(ALIKE * Math.min(width, height)));
}

function isAlike(post: Line, other: Line, slack: number): boolean {
  return Math.abs(post.from - other.from) <= slack && Math.abs(post.to - other.to) <= slack;
}

/** Lines down that begin and end alike; each in the group of the first that it is like. */
function groupsOf(lines: FormLines): Line[][] {
  const slack = alikeness(lines);
  const groups: Line[][] = [];
  for (const line of lines.down) {
    const group = groups.find(([first]) => isAlike(first, line, slack));
    if (group) group.push(line);
    else groups.push([line]);
  }
  return groups.filter((group) => group.length >= 2);
}

/**
 * Lines down that are evenly spaced, as often as there are some: those of the two sides of boxes that stand apart, or
 * those of boxes in groups.
 */
function latticesOf(group: Line[], lines: FormLines): Line[][] {
  const usual = median(group.map(({ thickness }) => thickness));
  const least = Math.min(usual / THICKER, usual - 1);
  let rest = group.filter((post) =>
    post.thickness >= least && post.thickness <= THICKER * usual + 1
  );
  const lattices: Line[][] = [];
  while (rest.length >= 2) {
    const even = evenly(rest, usual, lines);
    if (even.length < (lattices.length === 0 ? 2 : 3)) break;
    lattices.push(even);
    rest = rest.filter((post) => !even.includes(post));
  }
  return lattices;
}

/** The distance of evenly spaced lines. */
function stepOf(posts: Line[]): number {
  return median(placesOf(posts).map(([one, next]) => next.middle - one.middle));
}

/** The most of some lines down that are evenly spaced, and such between and beside them that strokes hide in part. */
function evenly(group: Line[], usual: number, lines: FormLines): Line[] {
  const posts = group.toSorted((a, b) => a.first - b.first);
  const [from, to] = [posts.map((post) => post.from), posts.map((post) => post.to)].map(median);
  const seen = median(
    posts.map(({ middle }) => lines.inkedDown(Math.round(middle), from, to)),
  );
  const at = (row: number, reach: number): Line | undefined => {
    const found = posts.filter((post) => Math.abs(post.middle - row) <= reach);
    if (found.length > 0) {
      return found.reduce((a, b) => Math.abs(b.middle - row) < Math.abs(a.middle - row) ? b : a);
    }
    let [most, best] = [LEAST_HIDDEN * seen, NaN];
    const farthest = Math.max(1, reach / 3);
    for (let shift = 0; shift <= farthest; shift += 0.5) {
      for (const middle of [row - shift, row + shift]) {
        const share = lines.inkedDown(Math.round(middle), from, to);
        if (share > most) [most, best] = [share, middle];
      }
    }
    if (Number.isNaN(best)) return undefined;
    const first = Math.round(best - (usual - 1) / 2);
    return new Line(from, to, first, first + usual - 1);
  };
  const walk = (start: Line, step: number) => {
    const found: Line[] = [];
    let [score, missing, anchor] = [0, 0, start.middle];
    for (let n = 1; missing < 2; n++) {
      const row = anchor + n * step;
      if (row < -EVENNESS * Math.abs(step) || row > lines.width + EVENNESS * Math.abs(step)) break;
      const post = at(row, EVENNESS * Math.abs(step));
      if (!post) {
        missing++;
        continue;
      }
      score += (posts.includes(post) ? 1 : 0.5) - missing;
      [anchor, n, missing] = [post.middle, 0, 0];
      found.push(post);
    }
    return { found, score };
  };
  let best = { even: [] as Line[], score: 0, step: 0 };
  for (let i = 0; i < posts.length; i++) {
    for (const other of posts.slice(i + 1, i + 4)) {
      for (const parts of posts.length > 2 ? [1, 2, 3] : [1]) {
        const step = (other.middle - posts[i].middle) / parts;
        if (step < Math.max(LEAST_STEP, LEAST_WIDTH * (to - from))) continue;
        const [right, left] = [walk(posts[i], step), walk(posts[i], -step)];
        const score = 1 + right.score + left.score;
        if (score < best.score || score === best.score && step <= best.step) continue;
        best = { even: [...left.found.reverse(), posts[i], ...right.found], score, step };
      }
    }
  }
  const seenWhole = best.even.filter((post) => posts.includes(post)).length;
  return seenWhole >= Math.min(3, best.even.length) && seenWhole >= LEAST_SEEN * best.even.length
    ? best.even
    : [];
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The lines across some even lines down that end where these do, and whether these, or one and the picture's edge, bound them. */
function boundsOf(posts: Line[], lines: FormLines) {
  if (posts.length < 2) return { posts, across: [], isBound: false };
  const { slope, slack, width, height } = lines;
  const { from, to } = posts[0];
  const [first, last] = [posts[0].middle, posts.at(-1)!.middle];
  const step = stepOf(posts);
  const drop = slope * (first + last) / 2;
  // The outermost places may end at the picture's edge.
  const isCut = [first, width - 1 - last].map((rest) =>
    Math.abs(rest - step) <= EVENNESS * step + 2
  );
  const [left, right] = [Math.round(first - slope * (from + to) / 2), Math.round(last)];
  const seen = (row: number) => lines.inkedAcross(row, left, right);
  const near = alikeness(lines) + 1;
  const isNear = (row: number, end: number) => Math.abs(row + drop - end) <= near;
  const bars: { first: number; last: number }[] = [];
  for (let row = Math.round(from - drop) - near; row <= to - drop + near; row++) {
    const least = isNear(row, from) || isNear(row, to) ? LEAST_BAR : LEAST_MIDDLE_BAR;
    if (seen(row) < least) continue;
    const bar = bars.at(-1);
    if (bar?.last === row - 1) bar.last = row;
    else bars.push({ first: row, last: row });
  }
  const beyond = (row: number) => [
    lines.inkedAcross(row, left - 2 * slack - Math.round(step / 2), left - 2 * slack),
    lines.inkedAcross(row, right + 2 * slack, right + 2 * slack + Math.round(step / 2)),
  ];
  const whole = bars.flatMap(({ first, last }) => {
    const bar = new Line(left, right, first, last);
    const row = Math.round(bar.middle);
    const [before, behind] = beyond(row).map((share) => share >= LEAST_BAR);
    if (before && !isCut[0] || behind && !isCut[1]) return [];
    return [new Line(before ? 0 : left, behind ? width - 1 : right, first, last)];
  });
  const [hasTop, hasBottom] = [from, to].map((end) => whole.some((bar) => isNear(bar.middle, end)));
  return {
    posts,
    across: whole,
    isBound: (hasTop || hasBottom) && (hasTop || from <= slack) &&
      (hasBottom || to >= height - 1 - slack),
  };
}

/** What is between neighbouring lines. */
function placesOf(posts: Line[]): [Line, Line][] {
  return posts.slice(1).map((post, i) => [posts[i], post]);
}

/** Three lines down or more that end on a line across or at the picture's edge, and the lines across that they bound. */
function unevenBoxes({ across, down, slope, slack, width, height }: FormLines): Form | undefined {
  const crossing = (line: Line, post: Line) => line.middle + slope * post.middle;
  const meets = (line: Line, post: Line) => {
    const at = post.middle - slope * line.middle;
    return at >= line.from - slack && at <= line.to + slack;
  };
  const isNear = (one: number, other: number, line: Line) =>
    Math.abs(one - other) <= slack + line.thickness;
  const endsOn = (post: Line, lines: Line[]) => {
    const on = lines.filter((line) => meets(line, post));
    const top = on.some((line) => isNear(post.from, crossing(line, post), line));
    const bottom = on.some((line) => isNear(post.to, crossing(line, post), line));
    return (top || bottom) && (top || post.from <= slack) &&
      (bottom || post.to >= height - 1 - slack);
  };
  const least = LEAST_DIVIDER * Math.min(width, height);
  let posts = down.filter((post) => post.to - post.from >= least && endsOn(post, across));
  const usual = median(posts.map(({ thickness }) => thickness));
  const onLine = (line: Line) =>
    posts.filter((post) =>
      meets(line, post) && crossing(line, post) >= post.from - slack - line.thickness &&
      crossing(line, post) <= post.to + slack + line.thickness
    ).sort((a, b) => a.first - b.first);
  posts = posts.filter((post) => post.thickness <= THICKER * usual + 1);
  const bars = across.filter((line) => {
    const on = onLine(line);
    if (on.length < 2) return false;
    const [left, right] = [on[0], on[on.length - 1]].map((post) =>
      post.middle - slope * line.middle
    );
    return left - line.from <= 2 * slack && line.to - right <= 2 * slack;
  });
  posts = posts.filter((post) =>
    endsOn(post, bars) && posts.some((other) => other !== post && isAlike(post, other, slack))
  );
  if (posts.length < 3) return undefined;
  const places = bars.flatMap((bar) => placesOf(onLine(bar)));
  return places.length > 0 ? { across: bars, down: posts, places } : undefined;
}
