/** From any picture of digits to the 28 × 28 pixels that MNIST's makers would have made of each. */

import type { Box } from "../image/box.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import { type InkLayer, separateInk } from "./background.ts";
import { type Components, dilate, findComponents } from "./components.ts";
import type { GreyPicture } from "./decode.ts";
import { type Ink, placeDigit } from "./place.ts";
import { findRepetition, type Repetition } from "./repetition.ts";
import { removeRuledLines } from "./ruled_lines.ts";

/** A digit, found and placed. */
export interface FoundDigit {
  /** Where it is in the picture. */
  box: Box;
  /** As a recogniser takes it: white ink (255) on black (0), `[28, 28]`. */
  pixels: Uint8Array;
}

/** What a picture looks like after a step, for people to see. */
export interface Step extends GreyPicture {
  name: string;
}

/** The digits of a picture, and how they were found. */
export interface FoundDigits {
  /** In reading order. */
  digits: FoundDigit[];
  /** The picture after every step, drawn when asked for. */
  readonly steps: Step[];
}

/** Larger pictures are reduced, by a whole factor, to at most so many pixels. */
const WORKING_PIXELS = 1e6;

/** Paper and ink differ by at least so much brightness, and by so many times the paper's noise. */
const LEAST_CONTRAST = 6;
const LEAST_CONTRAST_TO_NOISE = 4;

/** Least height of a digit in pixels, and as a share of the picture's shorter side. */
const LEAST_HEIGHT = 4;
const LEAST_RELATIVE_HEIGHT = 0.02;

/** Ink of less than this share of the highest digit's height is a speck. */
const SPECK_HEIGHT = 0.35;

/** Strokes that hang together over more than so many heights are several digits: in MNIST, none is as wide. */
const WIDEST_DIGIT = 1.7;

/** Unless they are lower than this, in pixels: then a wide 2 or 5 is likelier. */
const LEAST_SPLIT_HEIGHT = 8;

/**
 * Finds the digits in a picture and places each as in MNIST: light and paper evened out, ink told
 * from paper (Otsu 1979, with hysteresis as in Canny 1986), ruled lines taken away, strokes put
 * together into digits, each fitted into 20 × 20 pixels around its centre of mass.
 *
 * @param picture Of any size, dark ink on light or light on dark.
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
  const squares = squaresOf(picture);
  const grey = reduce(picture, squares);
  const { width, height } = grey;
  const layer = separateInk(grey);
  const threshold = inkThreshold(layer);
  const mask = new Uint8Array(layer.ink.length);
  let digits: FoundDigit[] = [];
  let cleanedMask: Uint8Array | undefined;
  if (threshold) {
    const [{ ink }, { weak }] = [layer, threshold];
    for (let i = 0; i < mask.length; i++) mask[i] = ink[i] >= weak ? 1 : 0;
    const ruled = withoutRuledLines(mask, layer);
    if (ruled) digits = digitsOf(ruled.mask, ruled, threshold.strong, true);
    if (digits.length > 0) cleanedMask = ruled?.mask;
    // Where nothing is left, the line was the digit: a long 1.
    else digits = digitsOf(mask, layer, threshold.strong);
  }
  const { factor, left, top } = squares;
  for (const { box } of digits) {
    box.left = left + box.left * factor;
    box.top = top + box.top * factor;
    box.width = Math.min(box.width * factor, picture.width - box.left);
    box.height = Math.min(box.height * factor, picture.height - box.top);
  }
  return {
    digits,
    get steps() {
      const step = (name: string, values: Uint8Array) => ({ name, width, height, values });
      const inked = (mask: Uint8Array) => mask.map((value) => 255 * value);
      return [
        step("grey", grey.values),
        step("light evened out", Uint8Array.from(layer.ink)),
        ...(threshold ? [step("ink", inked(mask))] : []),
        ...(cleanedMask ? [step("ruled lines removed", inked(cleanedMask))] : []),
        ...(digits.length > 0 ? [{ name: "digits", ...strip(digits) }] : []),
      ];
    },
  };
}

/** The squares of a picture that are averaged: its original pixels if it was enlarged, larger ones if it has too many. */
function squaresOf(picture: GreyPicture): Repetition {
  const pixels = picture.width * picture.height;
  return pixels <= WORKING_PIXELS
    ? findRepetition(picture)
    : { factor: Math.ceil(Math.sqrt(pixels / WORKING_PIXELS)), left: 0, top: 0 };
}

/** The ink without ruled lines but for their soft edges, if there are any. */
function withoutRuledLines(
  mask: Uint8Array,
  layer: InkLayer,
): (InkLayer & { mask: Uint8Array }) | undefined {
  const cleaned = { ...layer, ink: layer.ink.slice(), mask: mask.slice() };
  return removeRuledLines(cleaned.mask, cleaned) > 0 ? cleaned : undefined;
}

/** Averages squares. */
function reduce(picture: GreyPicture, { factor, left, top }: Repetition): GreyPicture {
  if (factor === 1) return picture;
  const width = Math.max(1, Math.floor((picture.width - left) / factor));
  const height = Math.max(1, Math.floor((picture.height - top) / factor));
  const across = Math.min(factor, picture.width);
  const down = Math.min(factor, picture.height);
  const values = new Uint8Array(width * height);
  const sums = new Uint32Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = top + y * factor; row < top + y * factor + down; row++) {
      for (let x = 0, i = row * picture.width + left; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < across; k++) sum += picture.values[i++];
        sums[x] += sum;
      }
    }
    for (let x = 0; x < width; x++) values[y * width + x] = sums[x] / (across * down);
  }
  return { width, height, values };
}

/**
 * How much ink is ink: Otsu's threshold over all that is more than the paper's texture (strong),
 * and half of it where it hangs together with that (weak).
 */
function inkThreshold({ ink, noise }: InkLayer): { strong: number; weak: number } | undefined {
  const least = Math.max(LEAST_CONTRAST, LEAST_CONTRAST_TO_NOISE * noise);
  const histogram = new Uint32Array(256);
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] >= least) histogram[Math.min(255, Math.trunc(ink[i] + 0.5))]++;
  }
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const sum = histogram.reduce((sum, count, value) => sum + count * value, 0);
  let [below, sumBelow, best, bestVariance] = [0, 0, 0, -1];
  for (let value = 0; value < 255; value++) {
    below += histogram[value];
    sumBelow += histogram[value] * value;
    if (below === 0 || below === total) continue;
    const distance = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * distance * distance;
    if (variance > bestVariance) [best, bestVariance] = [value + 1, variance];
  }
  const strong = Math.max(least, best);
  return { strong, weak: Math.max(least, strong / 2) };
}

/** Ink hangs together over at most twice this share of the picture's shorter side. */
const FARTHEST = 0.015;

/** Paper around the ink that is looked at, as a share of the ink's longer side. */
const MARGIN = 0.15;

/** A connected piece of ink. */
interface Piece {
  /** Its number in {@linkcode Components.labels}. */
  label: number;
  left: number;
  top: number;
  /** First column and row behind it. */
  right: number;
  bottom: number;
}

/** A digit's pieces, and the box around them. */
interface Group {
  pieces: Piece[];
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function digitsOf(
  sheetMask: Uint8Array,
  sheet: InkLayer,
  strong: number,
  isCleaned = false,
): FoundDigit[] {
  const region = inkedRegion(sheetMask, sheet);
  const mask = crop(sheetMask, sheet.width, region);
  const layer = { ...sheet, ...region, ink: crop(sheet.ink, sheet.width, region) };
  const { width, ink } = layer;
  if (isCleaned) {
    // Of the lines' soft edges, what is not beside the ink that is left.
    const beside = dilate(mask, width, 1);
    for (let i = 0; i < ink.length; i++) ink[i] *= beside[i];
  }
  const stroke = strokeWidth(mask, width);
  // What is closer than a stroke hangs together; the soft edge of a stroke belongs to it.
  const reach = Math.min(0.45 * stroke, FARTHEST * Math.min(sheet.width, sheet.height));
  const near = dilate(mask, width, Math.max(1, Math.round(reach)));
  const components = findComponents(near, width);
  const pieces = withoutSurroundings(
    piecesOf(components, mask, ink, width, strong),
    { ...region, right: sheet.width, bottom: sheet.height },
  );
  const least = Math.max(LEAST_HEIGHT, LEAST_RELATIVE_HEIGHT * Math.min(sheet.width, sheet.height));
  const groups = join(pieces).filter((group) => heightOf(group) >= least);
  const highest = Math.max(...groups.map(heightOf));
  return inReadingOrder(groups.filter((group) => heightOf(group) >= SPECK_HEIGHT * highest))
    .flatMap((group) => split(group, components, ink, width))
    .map((group) => ({
      box: {
        left: region.left + group.left,
        top: region.top + group.top,
        width: group.right - group.left,
        height: group.bottom - group.top,
      },
      pixels: placeDigit(cut(group, components, layer, strong)),
    }));
}

/** The box around all ink, and a margin for its soft edge. */
function inkedRegion(mask: Uint8Array, { width, height }: InkLayer): Box {
  const top = Math.floor(Math.max(0, mask.indexOf(1)) / width);
  const bottom = Math.floor(mask.lastIndexOf(1) / width) + 1;
  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, row.lastIndexOf(1) + 1);
  }
  const margin = Math.max(2, Math.ceil(MARGIN * Math.max(right - left, bottom - top)));
  const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
  return {
    left: x,
    top: y,
    width: Math.max(0, Math.min(width, right + margin) - x),
    height: Math.max(0, Math.min(height, bottom + margin) - y),
  };
}

/** A part of a picture. */
function crop<Values extends Uint8Array | Float32Array>(
  values: Values,
  stride: number,
  { left, top, width, height }: Box,
): Values {
  const part = values.slice(0, width * height) as Values;
  for (let y = 0; y < height; y++) {
    const start = (top + y) * stride + left;
    part.set(values.subarray(start, start + width), y * width);
  }
  return part;
}

/** Boxes around the ink of every component, without the margin; components without strong ink are no pieces. */
function piecesOf(
  { labels, count }: Components,
  mask: Uint8Array,
  ink: Float32Array,
  width: number,
  strong: number,
): Piece[] {
  const pieces = Array.from({ length: count }, (_, k) => ({
    label: k + 1,
    left: width,
    top: -1,
    right: 0,
    bottom: 0,
    area: 0,
    peak: 0,
  }));
  for (let y = 0, i = 0; i < mask.length; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const piece = pieces[labels[i] - 1];
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (piece.top < 0) piece.top = y;
      piece.bottom = y + 1;
      piece.area++;
      if (ink[i] > piece.peak) piece.peak = ink[i];
    }
  }
  return pieces.filter(({ peak, area }) => peak >= strong && area >= LEAST_HEIGHT);
}

/**
 * Leaves out what lies around digits and is none: a frame, which has another piece well inside, and
 * the table beside the sheet, which reaches the picture's border and goes along most of it.
 *
 * @param sheet Where the pieces are on the sheet (`left`, `top`), and the size of it.
 */
function withoutSurroundings(
  pieces: Piece[],
  sheet: { left: number; top: number; right: number; bottom: number },
): Piece[] {
  const frames = (one: Piece, other: Piece) => {
    const margin = FRAME_MARGIN * heightOf(one);
    return heightOf(other) >= SPECK_HEIGHT * heightOf(one) &&
      other.left - one.left >= margin && one.right - other.right >= margin &&
      other.top - one.top >= margin && one.bottom - other.bottom >= margin;
  };
  const atBorder = ({ left, top, right, bottom }: Piece) =>
    left + sheet.left <= 0 || top + sheet.top <= 0 ||
    right + sheet.left >= sheet.right || bottom + sheet.top >= sheet.bottom;
  const unframed = pieces.filter((piece) => !pieces.some((other) => frames(piece, other)));
  const highest = Math.max(
    ...unframed.filter((piece) => !atBorder(piece)).map(heightOf),
  );
  return unframed.filter((piece) => {
    const along = (piece.right - piece.left) >= TABLE_SIDE * sheet.right ||
      heightOf(piece) >= TABLE_SIDE * sheet.bottom;
    return !(along && atBorder(piece) && highest >= LEAST_BESIDE * sheet.bottom);
  });
}

/** A frame stands off what is in it by at least this share of its height. */
const FRAME_MARGIN = 0.05;

/** A table is seen along at least this share of a side of the picture. */
const TABLE_SIDE = 0.75;

/** Beside a table there are digits of at least this share of the picture's height. */
const LEAST_BESIDE = 0.1;

/** Mean width of the strokes of a mask: twice the area over the length of the edge. */
function strokeWidth(mask: Uint8Array, width: number): number {
  let [area, edges] = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    area++;
    if (mask[i - width] !== 1) edges++;
    if (mask[i - 1] !== 1) edges++;
    if (mask[i + 1] !== 1) edges++;
    if (mask[i + width] !== 1) edges++;
  }
  // Edges along the pixel grid are 4/π times as long as the edge itself, over all directions.
  return 2 * area / Math.max(1, edges * Math.PI / 4);
}

function heightOf({ top, bottom }: { top: number; bottom: number }): number {
  return bottom - top;
}

/** Puts pieces of one digit together, such as a 5 and its bar. */
function join(pieces: Piece[]): Group[] {
  const groups: Group[] = pieces
    .toSorted((a, b) => heightOf(b) - heightOf(a))
    .map((piece) => ({ ...piece, pieces: [piece] }));
  for (let i = 0; i < groups.length; i++) {
    for (let j = groups.length - 1; j > i; j--) {
      if (!belong(groups[i], groups[j])) continue;
      const [one, other] = [groups[i], groups[j]];
      groups[i] = {
        pieces: [...one.pieces, ...other.pieces],
        left: Math.min(one.left, other.left),
        top: Math.min(one.top, other.top),
        right: Math.max(one.right, other.right),
        bottom: Math.max(one.bottom, other.bottom),
      };
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

/** Rows from top to bottom, each from left to right. */
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

/** Cuts digits that touch apart, at the column with the least ink. */
function split(
  group: Group,
  components: Components,
  ink: Float32Array,
  width: number,
): Group[] {
  const [wide, high] = [group.right - group.left, heightOf(group)];
  if (wide <= WIDEST_DIGIT * high || high < LEAST_SPLIT_HEIGHT) return [group];
  const count = Math.max(2, Math.round(wide / (0.8 * high)));
  const isMember = membersOf(group, components);
  const profile = new Float32Array(wide);
  for (let y = group.top; y < group.bottom; y++) {
    for (let x = 0; x < wide; x++) {
      const i = y * width + group.left + x;
      if (isMember[components.labels[i]]) profile[x] += ink[i];
    }
  }
  const reach = Math.floor(0.3 * wide / count);
  const cuts = [0];
  for (let k = 1; k < count; k++) {
    const middle = Math.round(k * wide / count);
    const stretch = profile.subarray(middle - reach, middle + reach + 1);
    cuts.push(middle - reach + stretch.indexOf(Math.min(...stretch)));
  }
  cuts.push(wide);
  return cuts.slice(1).map((end, k) => ({
    ...group,
    left: group.left + cuts[k],
    right: group.left + end,
  }));
}

/** The ink of a group alone, from 0 to 1, with its soft edges. */
function cut(group: Group, components: Components, layer: InkLayer, strong: number): Ink {
  const isMember = membersOf(group, components);
  const { labels } = components;
  const margin = Math.max(2, Math.round(0.15 * heightOf(group)));
  const left = group.left - margin;
  const top = group.top - margin;
  const width = group.right + margin - left;
  const height = group.bottom + margin - top;
  const values = new Float32Array(width * height);
  const histogram = new Uint32Array(256);
  const [firstX, lastX] = [Math.max(0, left), Math.min(layer.width, left + width)];
  const [firstY, lastY] = [Math.max(0, top), Math.min(layer.height, top + height)];
  for (let y = firstY; y < lastY; y++) {
    for (let x = firstX; x < lastX; x++) {
      const source = y * layer.width + x;
      if (!isMember[labels[source]]) continue;
      const value = values[(y - top) * width + x - left] = layer.ink[source];
      if (value >= strong) histogram[Math.min(255, Math.round(value))]++;
    }
  }
  const count = histogram.reduce((sum, n) => sum + n, 0);
  let seen = 0;
  const full = Math.max(strong, histogram.findIndex((n) => (seen += n) >= FULL_INK * count));
  const paper = 2 * layer.noise;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(1, Math.max(0, (values[i] - paper) / (full - paper)));
  }
  return { width, height, values };
}

/** 1 for every label of the group's pieces. */
function membersOf({ pieces }: Group, { count }: Components): Uint8Array {
  const isMember = new Uint8Array(count + 1);
  for (const { label } of pieces) isMember[label] = 1;
  return isMember;
}

/** Ink counts as full from this quantile of a digit's strong ink on. */
const FULL_INK = 0.8;

/** The placed digits side by side. */
function strip(digits: FoundDigit[]): GreyPicture {
  const width = digits.length * IMAGE_SIDE;
  const values = new Uint8Array(width * IMAGE_SIDE);
  digits.forEach(({ pixels }, k) => {
    for (let y = 0; y < IMAGE_SIDE; y++) {
      values.set(
        pixels.subarray(y * IMAGE_SIDE, (y + 1) * IMAGE_SIDE),
        y * width + k * IMAGE_SIDE,
      );
    }
  });
  return { width, height: IMAGE_SIDE, values };
}
