/** From any picture of digits to the 28 × 28 pixels that MNIST's makers would have made of each. */

import { classSetOf } from "../data/class_sets.ts";
import type { Box } from "../image/box.ts";
import { boxMeans } from "../image/shrink.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import type { GreyPicture } from "./decode.ts";
import { withoutForm } from "./forms.ts";
import { Grid } from "./grid.ts";
import { type InkSheet, markInk, separateInk } from "./ink.ts";
import { symbolsOn } from "./pieces.ts";
import { placeDigit } from "./place.ts";
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
  /** How many marks beside them, or in place of them, are no specks but too small for digits. */
  tooSmall: number;
  /** The picture after every step, drawn when asked for. */
  readonly steps: (GreyPicture & { name: string })[];
}

/** Larger pictures are reduced, by a whole factor, to at most so many pixels. */
export const WORKING_PIXELS = 1e6;

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
  return findOn(picture, "digits");
}

/**
 * Finds the one symbol in a picture and places it as {@linkcode findDigits} places a digit, all of its
 * parts together and its proportions kept: the dots of ÷ and i, the strokes of は.
 */
export function findSymbol(picture: GreyPicture): FoundDigits {
  return findOn(picture, "symbol");
}

/** How pictures are looked at for a classifier: somebody's own classes are of pictures of one symbol. */
export function finderFor(classes: readonly string[]): (picture: GreyPicture) => FoundDigits {
  return classSetOf(classes) ? findDigits : findSymbol;
}

/**
 * A picture of at most so many pixels each way is one digit, a cell of a form or of a data set, if it is no wider
 * than high.
 */
const ONE_DIGIT_SIDE = 40;
const ONE_DIGIT_WIDTH = 1.1;

function isOneDigit({ width, height }: GreyPicture): boolean {
  return Math.max(width, height) <= ONE_DIGIT_SIDE && width <= ONE_DIGIT_WIDTH * height;
}

/** Finds what is drawn in a picture. Nothing is printed on that of one digit, and only on one of several may be a form. */
function findOn(picture: GreyPicture, wanted: "digits" | "symbol"): FoundDigits {
  const { grey, enlarge } = reduce(picture);
  const sought = wanted === "digits" && isOneDigit(grey) ? "framed symbol" : wanted;
  const isPage = sought !== "framed symbol";
  const layer = separateInk(grey);
  const marked = markInk(layer);
  const form = marked && sought === "digits" ? withoutForm(marked) : undefined;
  const inked = form?.sheet ?? marked;
  const sheet = inked && isPage ? withoutDarkEdges(inked) : inked;
  const unruled = sheet && isPage && !form ? withoutRuledLines(sheet) : undefined;
  const none: ReturnType<typeof placeAll> = { digits: [], tooSmall: 0 };
  let placed = unruled ? placeAll(unruled.sheet, sought, unruled) : none;
  const areRuled = placed.digits.length > 0;
  // Where nothing is left, the line was the digit: a long 1.
  if (sheet && !areRuled) placed = placeAll(sheet, sought, form);
  const { digits, tooSmall } = placed;
  return {
    tooSmall,
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
function placeAll(...sheet: Parameters<typeof symbolsOn>) {
  const { symbols, tooSmall } = symbolsOn(...sheet);
  return { digits: symbols.map(({ box, ink }) => ({ box, pixels: placeDigit(ink) })), tooSmall };
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

/**
 * Averages squares of a picture: its original pixels if it was enlarged by repeating them, larger
 * squares if it has more than a million pixels.
 *
 * @returns The smaller picture, and what finds a box of it in the picture's file.
 */
function reduce(picture: GreyPicture): { grey: GreyPicture; enlarge: (box: Box) => Box } {
  const { width, height, scale = 1 } = picture;
  const { factor, left, top } = width * height <= WORKING_PIXELS
    ? findRepetition(picture)
    : { factor: Math.ceil(Math.sqrt(width * height / WORKING_PIXELS)), left: 0, top: 0 };
  const enlarge = (box: Box) => {
    const [x, y] = [left + box.left * factor, top + box.top * factor];
    return {
      left: Math.round(x * scale),
      top: Math.round(y * scale),
      width: Math.round(Math.min(box.width * factor, width - x) * scale),
      height: Math.round(Math.min(box.height * factor, height - y) * scale),
    };
  };
  if (factor === 1) return { grey: picture, enlarge };
  // Only whole squares, but for a picture that is narrower than one.
  const edges = (start: number, end: number) =>
    Array.from(
      { length: Math.max(1, Math.floor((end - start) / factor)) + 1 },
      (_, i) => Math.min(start + i * factor, end),
    );
  const [columns, rows] = [edges(left, width), edges(top, height)];
  const values = new Uint8Array(boxMeans(picture.values, width, columns, rows));
  return { grey: { width: columns.length - 1, height: rows.length - 1, values }, enlarge };
}

/** How a picture was enlarged. */
interface Repetition {
  /** Pixels of the picture along a side for each of the original's; 1 if it was not enlarged. */
  factor: number;
  /** Column and row, less than `factor`, at which the first whole pixel of the original begins. */
  left: number;
  top: number;
}

/** A drawing with fewer changes along a side, such as a bar, may have any size of its own. */
const FEWEST_CHANGES = 5;

/**
 * Finds out whether a picture consists of squares of equal pixels.
 */
function findRepetition({ width, height, values }: GreyPicture): Repetition {
  const columns = changes(width, (x) => {
    for (let i = x; i < values.length; i += width) if (values[i] !== values[i - 1]) return true;
    return false;
  });
  const rows = columns.step === 1 ? columns : changes(height, (y) => {
    for (let i = y * width, end = i + width; i < end; i++) {
      if (values[i] !== values[i - width]) return true;
    }
    return false;
  });
  const factor = greatestCommonDivisor(columns.step, rows.step);
  return { factor, left: columns.first % factor, top: rows.first % factor };
}

/** The first position from 1 on where something changes, and what all distances of changes are multiples of. */
function changes(length: number, differs: (position: number) => boolean) {
  let [first, step, count] = [0, 0, 0];
  for (let position = 1; position < length && step !== 1; position++) {
    if (!differs(position)) continue;
    if (count++ === 0) first = position;
    else step = greatestCommonDivisor(position - first, step);
  }
  return { first, step: count < FEWEST_CHANGES ? 1 : step };
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** A dark edge goes along at least this share of its side of the picture, */
const LEAST_EDGE = 0.75;

/** and over at most this share of the picture. */
const THICKEST_EDGE = 0.3;

/** What juts out of it over less than this share of its length is ink that touches it. */
const LONGEST_TOUCH = 0.3;

/** Its soft border, in pixels. */
const BORDER = 2;

/** A side of a picture. */
interface Side {
  length: number;
  depth: number;
  /** Index of the pixel at a position along it, so many pixels inwards. */
  at: (position: number, inwards: number) => number;
  /** Rows away from it. */
  inwards: Grid;
}

/**
 * Takes dark edges away, straight or slanted, and marks the ink anew: how far ink reaches inwards from every
 * pixel of a side, opened by a long line (Serra 1982), so that a digit that touches the edge is kept. Where there
 * is such an edge, nothing within its soft border of the other sides is ink: what else is seen there is mostly a
 * sliver of it. An edge may be the digit's own, and is kept, if what else there is goes from it to the other side.
 *
 * @returns What is left; undefined if nothing is.
 */
function withoutDarkEdges(sheet: InkSheet): InkSheet | undefined {
  const grids = [new Grid("down", sheet), new Grid("across", sheet)];
  const sides = grids.flatMap(({ length, depth, starts, step }, i) =>
    [0, depth - 1].map((edge): Side => ({
      length,
      depth,
      at: (position, inwards) => starts[position] + Math.abs(edge - inwards) * step,
      inwards: grids[1 - i],
    }))
  );
  const ink = sheet.ink.slice();
  const dark = sides.filter((side) => {
    const reach = reachOf(sheet.mask, side);
    reach?.forEach((count, k) => {
      for (let i = 0; i < count; i++) ink[side.at(k, i)] = 0;
    });
    return reach !== undefined;
  });
  if (dark.length === 0) return sheet;
  for (const { length, at } of sides) {
    for (let k = 0; k < length; k++) {
      for (let i = 0; i < BORDER; i++) ink[at(k, i)] = 0;
    }
  }
  const left = markInk({ ...sheet, ink });
  return left && dark.some(({ inwards }) => inwards.isSpanned(left.mask)) ? sheet : left;
}

/** How far an edge reaches from every pixel of its side, or undefined if there is none. */
function reachOf(mask: Uint8Array, side: Side): number[] | undefined {
  const { length, depth, at } = side;
  const inked = Array.from({ length }, (_, k) => {
    let count = 0;
    while (count < depth && mask[at(k, count)] === 1) count++;
    return count;
  });
  const isLong = (counts: number[]) => counts.filter(Boolean).length >= LEAST_EDGE * length;
  if (!isLong(inked)) return undefined;
  const radius = Math.round(LONGEST_TOUCH * length / 2);
  const eroded = inked.map((_, k) => Math.min(...near(inked, k, radius)));
  const opened = eroded.map((_, k) => Math.max(...near(eroded, k, radius)));
  if (!isLong(opened) || Math.max(...opened) > THICKEST_EDGE * depth) return undefined;
  return opened.map((count) => count > 0 ? Math.min(depth, count + BORDER) : 0);
}

function near(values: number[], k: number, radius: number): number[] {
  return values.slice(Math.max(0, k - radius), k + radius + 1);
}
