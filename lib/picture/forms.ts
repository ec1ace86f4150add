/** Printed forms: boxes and combs with a place for each digit, found and taken away. */

import { cutApart, erase } from "./form_erasing.ts";
import {
  alikeness,
  EVENNESS,
  groupsOf,
  isAlike,
  latticesOf,
  median,
  stepOf,
  THICKER,
} from "./form_lattices.ts";
import {
  coverage,
  findFormLines,
  type Form,
  type Grid,
  type Line,
  type Lines,
  middle,
  thickness,
} from "./form_lines.ts";
import type { InkSheet } from "./ink.ts";
import type { Edges } from "./pieces.ts";

/** Lines between boxes have at least this share of the shorter side. */
const LEAST_DIVIDER = 0.35;

/** of a line across this share of its length, at the ends of lines down or between. */
const LEAST_BAR = 0.5;
const LEAST_MIDDLE_BAR = 0.7;

/** and nearly as much as of the rows beside. */
const LEAST_OF_MOST = 0.85;

/** At least this share of ticks is seen without help. */
const LEAST_TICKS_SEEN = 0.75;

/** Between two lines down something is written if it is at least this share of their length high, */
const LEAST_CONTENT = 0.2;

/** or this share, if they are ticks on a base line, or without one. */
const LEAST_ON_COMB = 0.8;
const LEAST_BESIDE_TICKS = 1.5;

/** What a form leaves. */
export interface FilledForm {
  sheet: InkSheet;
  /** A name of the place that something on the sheet is in. */
  placeOf: (edges: Edges) => string;
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
  const lines = findFormLines(sheet, mayBeForm);
  if (!lines) return undefined;
  for (const form of formsOf(lines)) {
    const left = erase(sheet, form, lines);
    const used = left
      ? form.places.filter((place) =>
        contentBetween(place, left.mask, lines.columns) >=
          form.leastContent * (place[0].to - place[0].from)
      )
      : [];
    if (!left || used.length < form.leastUsed) continue;
    const { slope } = lines;
    return {
      sheet: cutApart(left, form, slope),
      placeOf: ({ left, top, right, bottom }) => {
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        const before = form.down.filter((line) => middle(line) - slope * y < x).length;
        const above = form.across.filter((line) => middle(line) + slope * x < y).length;
        return `${before}, ${above}`;
      },
    };
  }
  return undefined;
}

/** Whether there are lines down that are alike: three, or two that are cut off above and below. */
function mayBeForm(lines: Lines): boolean {
  return groupsOf(lines).some((group) => group.length >= 3 || isCutOff(group[0], lines));
}

function isCutOff({ from, to }: Line, { slack, height }: Lines): boolean {
  return from <= slack && to >= height - 1 - slack;
}

/** The forms that lines may be of: boxes before combs before ticks. */
function* formsOf(lines: Lines): Generator<Form> {
  const { slack, width, height } = lines;
  const found = groupsOf(lines).flatMap((group) => latticesOf(group, lines))
    .map((posts) => boundsOf(posts, lines))
    .sort((one, other) => other.posts.length - one.posts.length);
  const least = LEAST_DIVIDER * Math.min(width, height);
  const boxed = found.filter(({ posts, across, isBound }) =>
    posts.length >= 3 && across.length > 0 && isBound && posts[0].to - posts[0].from >= least
  );
  const rows = boxed.filter(({ posts: [one] }, i) =>
    boxed.slice(0, i).every(({ posts: [other] }) =>
      isAlike(one, other, slack) || one.from >= other.to - slack || one.to <= other.from + slack
    )
  );
  if (rows.length > 0) yield union(rows);
  const places = (posts: Line[]) => posts.slice(1).map((post, i): [Line, Line] => [posts[i], post]);
  const areSeen = (posts: Line[]) =>
    posts.filter((post) => lines.down.includes(post)).length >= LEAST_TICKS_SEEN * posts.length;
  const edge = (at: number) => ({ from: 0, to: height - 1, first: at, last: at });
  for (const { posts, across } of found) {
    if (posts.length < 2 || !isCutOff(posts[0], lines)) continue;
    const step = stepOf(posts);
    const isAt = (row: number, at: number) => Math.abs(row - at) <= EVENNESS * step + 2;
    const [first, last] = [middle(posts[0]), middle(posts.at(-1)!)];
    const outer = [
      ...(isAt(first - step, 0) ? [edge(0)] : []),
      ...posts,
      ...(isAt(last + step, width - 1) ? [edge(width - 1)] : []),
    ];
    const isWhole = isAt(middle(outer[0]), 0) && isAt(middle(outer.at(-1)!), width - 1);
    if (outer.length < 4 || !isWhole) continue;
    yield { across, down: posts, places: places(outer), leastContent: LEAST_CONTENT, leastUsed: 2 };
  }
  for (const { posts, across } of found) {
    if (posts.length < 3 || !areSeen(posts) || across.length !== 1) continue;
    yield { across, down: posts, places: places(posts), leastContent: LEAST_ON_COMB, leastUsed: 2 };
  }
  const uneven = rows.length === 0 ? boxes(lines) : undefined;
  if (uneven) yield uneven;
  for (const { posts } of found) {
    if (posts.length < 4 || !areSeen(posts)) continue;
    yield {
      across: [],
      down: posts,
      places: places(posts),
      leastContent: LEAST_BESIDE_TICKS,
      leastUsed: 2,
    };
  }
}

/** The lines across some even lines down that end where these do, and whether these, or one and the picture's edge, bound them. */
function boundsOf(posts: Line[], lines: Lines) {
  if (posts.length < 2) return { posts, across: [], isBound: false };
  const { rows, slope, slack, width, height } = lines;
  const { from, to } = posts[0];
  const [first, last] = [middle(posts[0]), middle(posts.at(-1)!)];
  const step = stepOf(posts);
  const drop = slope * (first + last) / 2;
  // The outermost places may end at the picture's edge.
  const isCut = [first, width - 1 - last].map((rest) =>
    Math.abs(rest - step) <= EVENNESS * step + 2
  );
  const [left, right] = [Math.round(first - slope * (from + to) / 2), Math.round(last)];
  const seen = (row: number) => coverage(rows, row, left, right);
  const near = alikeness(lines) + 1;
  const isNear = (row: number, end: number) => Math.abs(row + drop - end) <= near;
  const most = (end: number) => {
    let share = LEAST_BAR;
    for (let beside = -near; beside <= near; beside++) {
      share = Math.max(share, LEAST_OF_MOST * seen(Math.round(end - drop) + beside));
    }
    return share;
  };
  const [leastAbove, leastBelow] = [most(from), most(to)];
  const bars: Line[] = [];
  for (let row = Math.round(from - drop) - near; row <= to - drop + near; row++) {
    const least = isNear(row, from) ? leastAbove : isNear(row, to) ? leastBelow : LEAST_MIDDLE_BAR;
    if (seen(row) < least) continue;
    const bar = bars.at(-1);
    if (bar?.last === row - 1) bar.last = row;
    else bars.push({ from: left, to: right, first: row, last: row });
  }
  const beyond = (row: number) => [
    coverage(rows, row, left - 2 * slack - Math.round(step / 2), left - 2 * slack),
    coverage(rows, row, right + 2 * slack, right + 2 * slack + Math.round(step / 2)),
  ];
  const whole = bars.flatMap((bar) => {
    if (thickness(bar) > THICKER * Math.max(...posts.map(thickness)) + 3) return [];
    const row = Math.round(middle(bar));
    const [before, behind] = beyond(row).map((share) => share >= LEAST_BAR);
    if (before && !isCut[0] || behind && !isCut[1]) return [];
    return [{ ...bar, from: before ? 0 : left, to: behind ? width - 1 : right }];
  });
  const strongest = (end: number) =>
    whole.filter((bar) => isNear(middle(bar), end)).toSorted((one, other) =>
      seen(Math.round(middle(other))) - seen(Math.round(middle(one)))
    ).slice(0, 1);
  const [top, bottom] = [strongest(from), strongest(to)];
  const between = whole.filter((bar) => !isNear(middle(bar), from) && !isNear(middle(bar), to));
  return {
    posts,
    across: [...top, ...between, ...bottom],
    isBound: top.length + bottom.length > 0 && (top.length > 0 || from <= slack) &&
      (bottom.length > 0 || to >= height - 1 - slack),
  };
}

/** One form of rows of boxes. */
function union(rows: { posts: Line[]; across: Line[] }[]): Form {
  return {
    across: rows.flatMap(({ across }) => across),
    down: rows.flatMap(({ posts }) => posts),
    places: rows.flatMap(({ posts }) =>
      posts.slice(1).map((post, i): [Line, Line] => [posts[i], post])
    ),
    leastContent: LEAST_CONTENT,
    leastUsed: 1,
  };
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
  const usual = median(posts.map(thickness));
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
    return left - line.from <= 2 * slack && line.to - right <= 2 * slack;
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
    ? { across: bars, down: posts, places, leastContent: LEAST_CONTENT, leastUsed: 1 }
    : undefined;
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
