/** From any picture of digits to the 28 × 28 pixels that MNIST's makers would have made of each. */

import { classSetOf } from "../data/class_sets.ts";
import type { Box } from "../image/box.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import { withoutDarkEdges } from "./dark_edges.ts";
import type { GreyPicture } from "./decode.ts";
import { withoutForm } from "./forms.ts";
import { type InkSheet, markInk, quantileOfCounts, separateInk } from "./ink.ts";
import {
  type Edges,
  findPieces,
  type Group,
  groupOf,
  heightOf,
  type Piece,
  type Pieces,
} from "./pieces.ts";
import { placeDigit } from "./place.ts";
import { reduce } from "./resolution.ts";
import { withoutRuledLines } from "./ruled_lines.ts";

/** A digit, found and placed. */
export interface FoundDigit {
  /** Where it is in the picture. */
  box: Box;
  /** As a classifier takes it: white ink (255) on black (0), `[28, 28]`. */
  pixels: Uint8Array;
}

/** What was found in a picture. */
interface FoundDigits {
  /** In reading order. */
  digits: FoundDigit[];
  /** The picture after every step, drawn when asked for. */
  readonly steps: (GreyPicture & { name: string })[];
}

/**
 * A picture of at most so many pixels each way is one digit, a cell of a form or of a data set, if it is no wider
 * than high.
 */
const ONE_DIGIT_SIDE = 40;
const ONE_DIGIT_WIDTH = 1.1;

/**
 * Finds the digits in a picture and places each as in MNIST: light and paper evened out, ink told
 * from paper (Otsu 1979, with hysteresis as in Canny 1986), ruled lines taken away, strokes put
 * together into digits, each fitted into 20 × 20 pixels around its centre of mass.
 *
 * @param picture Of any size, dark ink on light or light on dark; a small one is a single digit.
 * @returns Digits in reading order, row by row, none on an empty sheet; and a picture of every step.
 *
 * @example A bar on grey paper
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const values = new Uint8Array(60 * 80).fill(180);
 * for (let y = 20; y < 60; y++) values.fill(40, y * 60 + 28, y * 60 + 33);
 * const { digits } = findDigits({ width: 60, height: 80, values });
 * assertEquals(digits.map(({ box }) => box), [{ left: 28, top: 20, width: 5, height: 40 }]);
 * assertEquals(digits[0].pixels[14 * 28 + 14], 255);
 * ```
 */
export function findDigits(picture: GreyPicture): FoundDigits {
  const { width, height } = picture;
  const isOneDigit = Math.max(width, height) <= ONE_DIGIT_SIDE && width <= ONE_DIGIT_WIDTH * height;
  return isOneDigit
    ? findOn(picture, framedSymbolOf, { isPage: false })
    : findOn(picture, digitsOf, { isPage: true, hasForms: true });
}

/**
 * Finds the one symbol in a picture and places it as {@linkcode findDigits} places a digit, all of its
 * parts together and its proportions kept: the dots of ÷ and i, the strokes of は.
 */
export function findSymbol(picture: GreyPicture): FoundDigits {
  return findOn(picture, symbolOf, { isPage: true });
}

/** How pictures are looked at for a classifier: somebody's own classes are of pictures of one symbol. */
export function finderFor(classes: readonly string[]): (picture: GreyPicture) => FoundDigits {
  return classSetOf(classes) ? findDigits : findSymbol;
}

/** What of a sheet's pieces is a digit each, in reading order. */
type Grouping = (found: Pieces, sheet: InkSheet, printed?: Printed) => Group[];

/** What was printed on a sheet. */
interface Printed {
  /** A name of the place, between the printed lines, that something is in. */
  placeOf?: (edges: Edges) => string | number;
  /** There is one digit in a place. */
  isForm?: boolean;
}

/**
 * Finds what is drawn in a picture.
 *
 * @param options Whether there may be lines on the sheet, and a table beside it; whether it may be a form.
 */
function findOn(
  picture: GreyPicture,
  grouping: Grouping,
  { isPage, hasForms = false }: { isPage: boolean; hasForms?: boolean },
): FoundDigits {
  const { grey, enlarge } = reduce(picture);
  const layer = separateInk(grey);
  const marked = markInk(layer);
  const form = marked && hasForms ? withoutForm(marked) : undefined;
  const inked = form?.sheet ?? marked;
  const edged = inked && isPage ? withoutDarkEdges(inked) ?? inked : inked;
  const sheet = edged?.mask.includes(1) ? edged : undefined;
  const unruled = sheet && isPage && !form ? withoutRuledLines(sheet) : undefined;
  let digits = unruled ? placeAll(unruled.sheet, grouping, unruled) : [];
  const areRuled = digits.length > 0;
  // Where nothing is left, the line was the digit: a long 1.
  if (sheet && !areRuled) digits = placeAll(sheet, grouping, form && { ...form, isForm: true });
  return {
    digits: digits.map(({ box, pixels }) => ({ box: enlarge(box), pixels })),
    get steps() {
      const { width, height } = grey;
      const step = (name: string, values: Uint8Array) => ({ name, width, height, values });
      const inked = (name: string, { mask }: InkSheet) =>
        step(name, mask.map((value) => 255 * value));
      return [
        step("grey", grey.values),
        step("light evened out", Uint8Array.from(layer.ink)),
        ...(sheet ? [inked("ink", sheet)] : []),
        ...(unruled && areRuled ? [inked("ruled lines removed", unruled.sheet)] : []),
        ...(digits.length > 0 ? [{ name: "digits", ...sideBySide(digits) }] : []),
      ];
    },
  };
}

/** The digits of a sheet; boxes in its pixels. */
function placeAll(
  sheet: InkSheet,
  grouping: Grouping,
  printed?: Printed,
): FoundDigit[] {
  const found = findPieces(sheet);
  return grouping(found, sheet, printed).map((group) => {
    const { left, top, right, bottom } = group;
    return {
      box: { left, top, width: right - left, height: bottom - top },
      pixels: placeDigit(cutOut(group, found, sheet)),
    };
  });
}

/** The placed digits side by side. */
function sideBySide(digits: FoundDigit[]): GreyPicture {
  const width = digits.length * IMAGE_SIDE;
  const values = new Uint8Array(width * IMAGE_SIDE);
  digits.forEach(({ pixels }, k) => {
    for (let y = 0; y < IMAGE_SIDE; y++) {
      const line = pixels.subarray(y * IMAGE_SIDE, (y + 1) * IMAGE_SIDE);
      values.set(line, y * width + k * IMAGE_SIDE);
    }
  });
  return { width, height: IMAGE_SIDE, values };
}

/** Ink that is smaller than this share of the largest piece's longer side is dirt, and no dot. */
const SPECK = 0.05;

/** All of a sheet's pieces as one symbol, its dots too, and what is around it: ⊙. */
const symbolOf: Grouping = ({ pieces }) => {
  const sizeOf = (piece: Piece) => Math.max(piece.right - piece.left, heightOf(piece));
  const least = SPECK * Math.max(...pieces.map(sizeOf));
  const kept = pieces.filter((piece) => sizeOf(piece) >= least);
  return kept.length > 0 ? [groupOf(kept)] : [];
};

/** One digit; what is around it is none of it: a frame. */
const framedSymbolOf: Grouping = (found, sheet) =>
  symbolOf({ ...found, pieces: withoutSurroundings(found.pieces, sheet) }, sheet);

/** Pieces near each other as one digit, unless they are in two places of a form; what is too wide as several. */
const digitsOf: Grouping = (found, sheet, { placeOf = () => "", isForm = false } = {}) => {
  const pieces = isForm ? found.pieces : withoutSurroundings(found.pieces, sheet);
  const joined = [...Map.groupBy(pieces, placeOf).values()].flatMap(joinPieces);
  const groups = inReadingOrder(withoutSpecks(joined, sheet));
  return isForm ? groups : groups.flatMap((group) => splitTouching(group, found));
};

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

/** Least height of a digit in pixels, and as a share of the picture's shorter side. */
const LEAST_HEIGHT = 4;
const LEAST_RELATIVE_HEIGHT = 0.02;

/** Ink of less than this share of the highest digit's height is a speck. */
const SPECK_HEIGHT = 0.35;

/** Leaves out what is too small for a digit, by itself or beside the others. */
function withoutSpecks(groups: Group[], { width, height }: InkSheet): Group[] {
  const least = Math.max(LEAST_HEIGHT, LEAST_RELATIVE_HEIGHT * Math.min(width, height));
  const large = groups.filter((group) => heightOf(group) >= least);
  const highest = Math.max(...large.map(heightOf));
  return large.filter((group) => heightOf(group) >= SPECK_HEIGHT * highest);
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
const MARGIN = 0.15;

/** Ink counts as full from this quantile of a digit's strong ink on. */
const FULL_INK = 0.8;

/** A group's ink alone, from 0 to 1, with its soft edges. */
function cutOut(group: Group, { inkOf }: Pieces, sheet: InkSheet) {
  const margin = Math.max(2, Math.round(MARGIN * heightOf(group)));
  const { width, values } = inkOf(group, margin);
  const strong = new Uint32Array(256);
  for (const value of values) {
    if (value >= sheet.strong) strong[Math.min(255, Math.round(value))]++;
  }
  const full = Math.max(sheet.strong, quantileOfCounts(strong, FULL_INK));
  const paper = 2 * sheet.noise;
  return {
    width,
    height: values.length / width,
    values: values.map((value) => Math.min(1, Math.max(0, (value - paper) / (full - paper)))),
  };
}
