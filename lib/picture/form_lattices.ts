/** Lines down that are alike and evenly spaced, as between the places of a form. */

import { coverage, type Line, type Lines, middle, thickness } from "./form_lines.ts";

/** Lines down are alike that begin and end within this share of the shorter side of each other, or two pixels. */
const ALIKE = 0.02;

/** The lines of a form are so many times as thick as each other at most, and by a pixel. */
export const THICKER = 1.6;

/** Ticks, and dividers that are cut off, are evenly spaced to within this share of their distance. */
export const EVENNESS = 0.15;

/** Lines down are at least so many pixels apart, and this share of their length. */
const LEAST_STEP = 6;
const LEAST_WIDTH = 0.3;

/** Where another line down must be, this share of what is seen of the others is seen, at least; */
const LEAST_HIDDEN = 0.85;

/** and this share of the lines without such help; */
const LEAST_SEEN = 0.5;

/** How far from each other lines begin and end that do so alike, in pixels. */
export function alikeness({ width, height }: Lines): number {
  return Math.max(2, Math.round(ALIKE * Math.min(width, height)));
}

export function isAlike(post: Line, other: Line, slack: number): boolean {
  return Math.abs(post.from - other.from) <= slack && Math.abs(post.to - other.to) <= slack;
}

/** Lines down that begin and end alike; each in the group of the first that it is like. */
export function groupsOf(lines: Lines): Line[][] {
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
export function latticesOf(group: Line[], lines: Lines): Line[][] {
  const usual = median(group.map(thickness));
  const least = Math.min(usual / THICKER, usual - 1);
  let rest = group.filter((post) =>
    thickness(post) >= least && thickness(post) <= THICKER * usual + 1
  );
  const lattices: Line[][] = [];
  while (rest.length >= 2) {
    const even = evenly(rest, usual, lines);
    if (even.length < (lattices.length === 0 ? 2 : 3)) break;
    const step = stepOf(even);
    const isApart = lattices.every((one) =>
      one.at(-1)!.last < even[0].first || one[0].first > even.at(-1)!.last
    );
    const isOtherSide = lattices.every((one) => Math.abs(step - stepOf(one)) <= 0.05 * step);
    if (!isApart && !isOtherSide) break;
    lattices.push(even);
    rest = rest.filter((post) => !even.includes(post));
  }
  return lattices;
}

/** The distance of evenly spaced lines. */
export function stepOf(posts: Line[]): number {
  return median(posts.slice(1).map((post, i) => middle(post) - middle(posts[i])));
}

/** The most of some lines down that are evenly spaced, and such between and beside them that strokes hide in part. */
function evenly(group: Line[], usual: number, { columns, width }: Lines): Line[] {
  const posts = group.toSorted((a, b) => a.first - b.first);
  const [from, to] = [posts.map((post) => post.from), posts.map((post) => post.to)].map(median);
  const seen = median(posts.map((post) => coverage(columns, Math.round(middle(post)), from, to)));
  const at = (row: number, reach: number): Line | undefined => {
    const found = posts.filter((post) => Math.abs(middle(post) - row) <= reach);
    if (found.length > 0) {
      return found.reduce((a, b) => Math.abs(middle(b) - row) < Math.abs(middle(a) - row) ? b : a);
    }
    let [most, best] = [LEAST_HIDDEN * seen, NaN];
    const farthest = Math.max(1, reach / 3);
    for (let shift = 0; shift <= farthest; shift += 0.5) {
      for (const middle of [row - shift, row + shift]) {
        const share = coverage(columns, Math.round(middle), from, to);
        if (share > most) [most, best] = [share, middle];
      }
    }
    if (Number.isNaN(best)) return undefined;
    const first = Math.round(best - (usual - 1) / 2);
    return { from, to, first, last: first + usual - 1 };
  };
  const walk = (start: Line, step: number) => {
    const found: Line[] = [];
    let [score, missing, anchor] = [0, 0, middle(start)];
    for (let n = 1; missing < 2; n++) {
      const row = anchor + n * step;
      if (row < -EVENNESS * Math.abs(step) || row > width + EVENNESS * Math.abs(step)) break;
      const post = at(row, EVENNESS * Math.abs(step));
      if (!post) {
        missing++;
        continue;
      }
      score += (posts.includes(post) ? 1 : 0.5) - missing;
      [anchor, n, missing] = [middle(post), 0, 0];
      found.push(post);
    }
    return { found, score };
  };
  let best = { even: [] as Line[], score: 0, step: 0 };
  for (let i = 0; i < posts.length; i++) {
    for (const other of posts.slice(i + 1, i + 4)) {
      for (const parts of posts.length > 2 ? [1, 2, 3] : [1]) {
        const step = (middle(other) - middle(posts[i])) / parts;
        if (step < Math.max(LEAST_STEP, 2 * usual, LEAST_WIDTH * (to - from))) continue;
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

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
