/** Pieces of ink that hang together, and which of them are a digit. */

import { type Box, boxAround } from "../image/box.ts";
import { strokeWidth } from "../image/strokes.ts";
import { type InkSheet, markInk } from "./ink.ts";

/** Where something is in a picture. */
interface Edges {
  left: number;
  top: number;
  /** First column and row behind it. */
  right: number;
  bottom: number;
}

/** A connected piece of ink. */
interface Piece extends Edges {
  /** Its number, from 1 on. */
  label: number;
}

/** Pieces of one digit, and the box around them, or around the part of them that is the digit's. */
interface Group extends Edges {
  pieces: Piece[];
}

/** What is large enough, and how many groups are not. */
interface Sized {
  groups: Group[];
  tooSmall: number;
}

/** What hangs together on a sheet. */
interface Pieces {
  pieces: Piece[];
  /** The ink of a group's pieces alone, in its box and so many pixels around, `[height, width]`. */
  inkOf: (group: Group, margin: number) => { width: number; values: Float32Array };
}

function heightOf({ top, bottom }: Edges): number {
  return bottom - top;
}

function groupOf(pieces: Piece[]): Group {
  return {
    pieces,
    left: Math.min(...pieces.map(({ left }) => left)),
    top: Math.min(...pieces.map(({ top }) => top)),
    right: Math.max(...pieces.map(({ right }) => right)),
    bottom: Math.max(...pieces.map(({ bottom }) => bottom)),
  };
}

/** A printed line: its row at column 0, and rows down a column across; of a line down, with columns for rows. */
interface PrintedLine {
  start: number;
  slope: number;
  isDown?: boolean;
}

/** What was printed on a sheet, and taken away. */
interface Printed {
  /** Nothing is in two of the places between them. */
  lines?: PrintedLine[];
  /** What is between two lines, in pixels. */
  place?: number;
  /** There is one digit in a place. */
  isForm?: boolean;
}

/**
 * Finds what is written on a sheet.
 *
 * @param sought Every digit; or all as one symbol, its dots too, and what is around it (⊙), or but for a frame.
 * @param printed What was printed there.
 * @returns Each symbol's box on the sheet and its ink, in reading order; how many more there would be, were they not
 * too small for digits.
 */
export function symbolsOn(
  sheet: InkSheet,
  sought: "digits" | "symbol" | "framed symbol",
  printed: Printed = {},
) {
  const found = findPieces(cutApart(sheet, printed));
  const { groups, tooSmall } = sought === "digits"
    ? digitsOf(found, sheet, printed)
    : symbolOf(sought === "symbol" ? found.pieces : withoutSurroundings(found.pieces, sheet));
  const symbols = groups.map((group) => {
    const { left, top, right, bottom } = group;
    const box = { left, top, width: right - left, height: bottom - top };
    return { box, ink: cutOut(group, found, sheet) };
  });
  return { symbols, tooSmall };
}

/** Ink that is smaller than this share of the largest piece's longer side is dirt, and no dot. */
const SPECK = 0.05;

/** All pieces as one symbol. */
function symbolOf(pieces: Piece[]): Sized {
  const sizeOf = (piece: Piece) => Math.max(piece.right - piece.left, heightOf(piece));
  const least = SPECK * Math.max(...pieces.map(sizeOf));
  const kept = pieces.filter((piece) => sizeOf(piece) >= least);
  return { groups: kept.length > 0 ? [groupOf(kept)] : [], tooSmall: 0 };
}

/** Pieces near each other as one digit, unless they are in two places of a form; what is too wide as several. */
function digitsOf(
  found: Pieces,
  sheet: InkSheet,
  { lines = [], isForm }: Printed,
): Sized {
  const pieces = isForm ? found.pieces : withoutSurroundings(found.pieces, sheet);
  const places = Map.groupBy(pieces, (piece) => placeOf(piece, lines));
  const joined = [...places.values()].flatMap(joinPieces);
  const { groups, tooSmall } = withoutSpecks(joined, sheet);
  const ordered = inReadingOrder(groups);
  return {
    groups: isForm ? ordered : ordered.flatMap((group) => splitTouching(group, found)),
    tooSmall,
  };
}

/** A name of the place that something is in: behind how many lines down and across. */
function placeOf({ left, top, right, bottom }: Edges, lines: PrintedLine[]): string {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const before = lines.filter(({ start, slope, isDown }) => isDown && start + slope * y < x);
  const above = lines.filter(({ start, slope, isDown }) => !isDown && start + slope * x < y);
  return `${before.length}, ${above.length}`;
}

/** A frame stands off what is in it by at least this share of its height. */
const FRAME_MARGIN = 0.05;

/** What is in a frame has at least this share of its height. */
const LEAST_FRAMED = 0.35;

/** A table is seen along at least this share of a side of the picture. */
const TABLE_SIDE = 0.75;

/** Beside a table there are digits of at least this share of the picture's height. */
const LEAST_BESIDE = 0.1;

/**
 * Leaves out what lies around digits and is none: a frame, which has another piece well inside, and
 * the table beside the sheet, which reaches the picture's border and goes along most of it.
 */
function withoutSurroundings(pieces: Piece[], sheet: InkSheet): Piece[] {
  const frames = (one: Piece, other: Piece) => {
    const margin = FRAME_MARGIN * heightOf(one);
    return heightOf(other) >= LEAST_FRAMED * heightOf(one) &&
      other.left - one.left >= margin && one.right - other.right >= margin &&
      other.top - one.top >= margin && one.bottom - other.bottom >= margin;
  };
  const atBorder = ({ left, top, right, bottom }: Piece) =>
    left <= 0 || top <= 0 || right >= sheet.width || bottom >= sheet.height;
  const unframed = pieces.filter((piece) => !pieces.some((other) => frames(piece, other)));
  const highest = Math.max(...unframed.filter((piece) => !atBorder(piece)).map(heightOf));
  return unframed.filter((piece) => {
    const along = piece.right - piece.left >= TABLE_SIDE * sheet.width ||
      heightOf(piece) >= TABLE_SIDE * sheet.height;
    return !(along && atBorder(piece) && highest >= LEAST_BESIDE * sheet.height);
  });
}

/** Puts pieces of one digit together, such as a 5 and its bar. */
function joinPieces(pieces: Piece[]): Group[] {
  const groups: Group[] = pieces
    .toSorted((a, b) => heightOf(b) - heightOf(a))
    .map((piece) => groupOf([piece]));
  for (let i = 0; i < groups.length; i++) {
    for (let j = groups.length - 1; j > i; j--) {
      if (!belong(groups[i], groups[j])) continue;
      groups[i] = groupOf([...groups[i].pieces, ...groups[j].pieces]);
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

/**
 * Least height of a digit in pixels, and as a share of the picture's shorter side, 2 mm of an A4 page's: in as many
 * pixels as are looked at, that is 6 to 10, and of digits of 5, 6, 7 and 8 pixels 91, 96, 98 and 99 % are read right.
 */
const LEAST_HEIGHT = 4;
const LEAST_RELATIVE_HEIGHT = 0.01;

/** Ink of less than this share of the highest digit's height is a speck, */
const SPECK_HEIGHT = 0.35;

/** and where it is lower than twice {@linkcode LEAST_RELATIVE_HEIGHT}, as print is beside what is written, of less than this. */
const SMALL_SPECK_HEIGHT = 0.5;

/** Leaves out what is a speck beside the digits; then what is too small for a digit, which is counted. */
function withoutSpecks(all: Group[], { width, height }: InkSheet): Sized {
  const side = Math.min(width, height);
  const highest = Math.max(...all.map(heightOf));
  const speck = Math.max(
    LEAST_HEIGHT,
    SPECK_HEIGHT * highest,
    Math.min(SMALL_SPECK_HEIGHT * highest, 2 * LEAST_RELATIVE_HEIGHT * side),
  );
  const kept = all.filter((group) => heightOf(group) >= speck);
  const groups = kept.filter((group) => heightOf(group) >= LEAST_RELATIVE_HEIGHT * side);
  return { groups, tooSmall: kept.length - groups.length };
}

/** In the order in which people read: rows from top to bottom, each from left to right. */
function inReadingOrder(groups: Group[]): Group[] {
  const rows: Group[][] = [];
  for (const group of groups.toSorted((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const middle = (group.top + group.bottom) / 2;
    const row = rows.at(-1);
    if (row?.some(({ bottom }) => bottom > middle)) row.push(group);
    else rows.push([group]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left));
}

/** Strokes that hang together over more than so many heights are several digits: in MNIST, none is as wide. */
const WIDEST_DIGIT = 1.7;

/** Unless they are lower than this, in pixels: then a wide 2 or 5 is likelier. */
const LEAST_SPLIT_HEIGHT = 8;

/** How wide a digit is among several, in heights. */
const USUAL_WIDTH = 0.8;

/** Cuts digits that touch apart, at the columns with the least ink. */
function splitTouching(group: Group, { inkOf }: Pieces): Group[] {
  const [width, height] = [group.right - group.left, heightOf(group)];
  if (width <= WIDEST_DIGIT * height || height < LEAST_SPLIT_HEIGHT) return [group];
  const count = Math.max(2, Math.round(width / (USUAL_WIDTH * height)));
  const { values } = inkOf(group, 0);
  const profile = new Float32Array(width);
  for (let i = 0; i < values.length; i++) profile[i % width] += values[i];
  const reach = Math.floor(0.3 * width / count);
  const cuts = [0];
  for (let k = 1; k < count; k++) {
    const middle = Math.round(k * width / count);
    const stretch = profile.subarray(middle - reach, middle + reach + 1);
    cuts.push(middle - reach + stretch.indexOf(Math.min(...stretch)));
  }
  cuts.push(width);
  return cuts.slice(1).map((end, k) => ({
    ...group,
    left: group.left + cuts[k],
    right: group.left + end,
  }));
}

/** What is looked at around a digit for its soft edges, as a share of its height. */
const SOFT_MARGIN = 0.15;

/** Ink counts as full from this quantile of a digit's strong ink on. */
const FULL_INK = 0.8;

/** A group's ink alone, from 0 to 1, with its soft edges. */
function cutOut(group: Group, { inkOf }: Pieces, sheet: InkSheet) {
  const margin = Math.max(2, Math.round(SOFT_MARGIN * heightOf(group)));
  const { width, values } = inkOf(group, margin);
  const strong = values.filter((value) => value >= sheet.strong).sort();
  const usual = strong[Math.ceil(FULL_INK * strong.length) - 1] ?? 0;
  const full = Math.max(sheet.strong, Math.min(255, Math.round(usual)));
  const paper = 2 * sheet.noise;
  return {
    width,
    height: values.length / width,
    values: values.map((value) => Math.min(1, Math.max(0, (value - paper) / (full - paper)))),
  };
}

/** Strokes whose distance is less than this share of their width hang together: they are this much wider. */
const REACH = 0.45;

/** Ink hangs together over at most twice this share of the picture's shorter side. */
const FARTHEST = 0.015;

/** Pixels of a piece, at least. */
const LEAST_AREA = 4;

/** Finds what hangs together: what is closer than a stroke is wide; the soft edge of a stroke belongs to it. */
export function findPieces(sheet: InkSheet): Pieces {
  const { left, top, width, height } = inkedPart(sheet);
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * sheet.width + left;
    mask.set(sheet.mask.subarray(start, start + width), y * width);
  }
  const reach = Math.min(
    REACH * strokeWidth(mask, width, 1),
    FARTHEST * Math.min(sheet.width, sheet.height),
  );
  const { labels, count } = findComponents(
    dilate(mask, width, Math.max(1, Math.round(reach))),
    width,
  );
  const isMember = new Uint8Array(count + 1);
  return {
    pieces: piecesOn(sheet, { left, top, width, labels, count }),
    inkOf(group, margin) {
      isMember.fill(0);
      for (const { label } of group.pieces) isMember[label] = 1;
      const [fromX, fromY] = [group.left - margin, group.top - margin];
      const across = group.right + margin - fromX;
      const values = new Float32Array(across * (group.bottom + margin - fromY));
      const endX = Math.min(left + width, group.right + margin);
      const endY = Math.min(top + height, group.bottom + margin);
      for (let y = Math.max(top, fromY); y < endY; y++) {
        for (let x = Math.max(left, fromX); x < endX; x++) {
          if (!isMember[labels[(y - top) * width + x - left]]) continue;
          values[(y - fromY) * across + x - fromX] = sheet.ink[y * sheet.width + x];
        }
      }
      return { width: across, values };
    },
  };
}

/** What hangs together over a line is cut over so many pixels where it reaches farther on both sides than this share of a place. */
const FAR = 0.3;
const CUT = 2;

/** Cuts digits apart that touch over a printed line: what reaches far into the places on either side of it. */
function cutApart(sheet: InkSheet, { lines, place = 0 }: Printed): InkSheet {
  if (!lines) return sheet;
  const ink = sheet.ink.slice();
  for (const { left, top, right, bottom } of findPieces(sheet).pieces) {
    for (const { start, slope, isDown } of lines) {
      const [low, high, from, to] = isDown
        ? [left, right, top, bottom]
        : [top, bottom, left, right];
      const at = start + slope * (from + to) / 2;
      if (at - low < FAR * place || high - at < FAR * place) continue;
      for (let along = from; along < to; along++) {
        const middle = Math.round(start + slope * along);
        for (let beside = middle - CUT; beside <= middle + CUT; beside++) {
          ink[isDown ? along * sheet.width + beside : beside * sheet.width + along] = 0;
        }
      }
    }
  }
  return markInk({ ...sheet, ink }) ?? sheet;
}

/** Paper around the ink that is looked at, as a share of the ink's longer side. */
const MARGIN = 0.15;

/** The part of a sheet that there is ink on, and that its soft edges reach. */
function inkedPart({ width, height, mask }: InkSheet): Box {
  const ink = boxAround(mask, width, 1);
  const margin = Math.max(2, Math.ceil(MARGIN * Math.max(ink.width, ink.height)));
  const left = Math.max(0, ink.left - margin);
  const top = Math.max(0, ink.top - margin);
  return {
    left,
    top,
    width: Math.min(width, ink.left + ink.width + margin) - left,
    height: Math.min(height, ink.top + ink.height + margin) - top,
  };
}

/** Boxes around the ink of every component, without the margin; components without strong ink are no pieces. */
function piecesOn(
  { width, mask, ink, strong }: InkSheet,
  part: { left: number; top: number; width: number; labels: Int32Array; count: number },
): Piece[] {
  const pieces = Array.from({ length: part.count }, (_, k) => ({
    label: k + 1,
    left: width,
    top: -1,
    right: 0,
    bottom: 0,
    area: 0,
    peak: 0,
  }));
  for (let i = 0, y = part.top; i < part.labels.length; y++) {
    const row = y * width;
    for (let x = part.left; x < part.left + part.width; x++, i++) {
      if (mask[row + x] === 0) continue;
      const piece = pieces[part.labels[i] - 1];
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (piece.top < 0) piece.top = y;
      piece.bottom = y + 1;
      piece.area++;
      if (ink[row + x] > piece.peak) piece.peak = ink[row + x];
    }
  }
  return pieces.filter(({ peak, area }) => peak >= strong && area >= LEAST_AREA);
}

/**
 * Finds the connected components of a mask (8-connected), by two passes with
 * union-find (Rosenfeld and Pfaltz 1966).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 * @returns Number of the component of every pixel, from 1 on in the order of their first pixels; 0 where there is none.
 */
function findComponents(mask: Uint8Array, width: number): { labels: Int32Array; count: number } {
  const labels = new Int32Array(mask.length);
  const parents = [0];
  const find = (label: number) => {
    while (parents[label] !== label) label = parents[label] = parents[parents[label]];
    return label;
  };
  for (let y = 0, i = 0; i < mask.length; y++) {
    const above = (y - 1) * width;
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      let label = x > 0 ? labels[i - 1] : 0;
      const last = y > 0 ? Math.min(x + 1, width - 1) : -1;
      for (let column = Math.max(0, x - 1); column <= last; column++) {
        const neighbour = labels[above + column];
        if (neighbour === 0 || neighbour === label) continue;
        if (label === 0) label = neighbour;
        else {
          const [one, other] = [find(label), find(neighbour)];
          parents[Math.max(one, other)] = Math.min(one, other);
        }
      }
      if (label === 0) parents.push(label = parents.length);
      labels[i] = label;
    }
  }
  // The root of a component is the label of its first pixel, so that roots come in order.
  const numbers = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < numbers.length; label++) {
    const root = find(label);
    numbers[label] = root === label ? ++count : numbers[root];
  }
  for (let i = 0; i < labels.length; i++) if (labels[i] > 0) labels[i] = numbers[labels[i]];
  return { labels, count };
}

/**
 * Widens a mask by `radius` pixels in every direction (dilation by a square).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 * @param radius Whole pixels.
 */
function dilate(mask: Uint8Array, width: number, radius: number): Uint8Array {
  const height = mask.length / width;
  const across = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    let end = 0;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue;
      const last = Math.min(width, x + radius + 1);
      for (let k = Math.max(end, x - radius); k < last; k++) across[y * width + k] = 1;
      end = last;
    }
  }
  const wide = across.slice();
  for (let y = 0, i = 0; y < height; y++) {
    const first = Math.max(0, y - radius) * width;
    const last = Math.min(height - 1, y + radius) * width;
    for (let x = 0; x < width; x++, i++) {
      if (across[i] === 0) continue;
      // Below an inked pixel, only its last row is new.
      const above = y > 0 && across[i - width] === 1;
      for (let k = (above ? last : first) + x; k <= last + x; k += width) wide[k] = 1;
    }
  }
  return wide;
}
