/** From any picture of digits to the 28 × 28 pixels that MNIST's makers would have made of each. */

import { classSetOf } from "../data/class_sets.ts";
import { cutOut } from "./cut_out.ts";
import { withoutDarkEdges } from "./dark_edges.ts";
import type { GreyPicture } from "./decode.ts";
import { type FilledForm, withoutForm } from "./forms.ts";
import { joinPieces, withoutSpecks } from "./groups.ts";
import { type InkSheet, markInk, separateInk } from "./ink.ts";
import { cropToInk } from "./inked_part.ts";
import { type Edges, findPieces, withoutSurroundings } from "./pieces.ts";
import { placeDigit } from "./place.ts";
import { reduce } from "./resolution.ts";
import { withoutRuledLines } from "./ruled_lines.ts";
import { drawSteps, type FoundDigit, type FoundDigits } from "./steps.ts";
import { symbolOn } from "./symbol.ts";
import { splitTouching } from "./touching_digits.ts";

/** A picture of at most so many pixels each way is one digit, if it is no wider than high. */
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
  return isOneDigit(picture)
    ? findOn(picture, (sheet) => symbolOn(sheet, true), { isPage: false })
    : findOn(picture, digitsOn, { isPage: true, hasForms: true });
}

/**
 * Finds the one symbol in a picture and places it as {@linkcode findDigits} places a digit, all of its
 * parts together and its proportions kept: the dots of ÷ and i, the strokes of は.
 */
export function findSymbol(picture: GreyPicture): FoundDigits {
  return findOn(picture, (sheet) => symbolOn(sheet, false), { isPage: true });
}

/** How pictures are looked at for a classifier: somebody's own classes are of pictures of one symbol. */
export function finderFor(classes: readonly string[]): (picture: GreyPicture) => FoundDigits {
  return classSetOf(classes) ? findDigits : findSymbol;
}

/**
 * Finds what is drawn in a picture.
 *
 * @param read Reads a sheet; boxes in its pixels.
 * @param options Whether there may be lines on the sheet, and a table beside it; whether it may be a form.
 */
function findOn(
  picture: GreyPicture,
  read: (sheet: InkSheet, form?: FilledForm) => FoundDigit[],
  { isPage, hasForms = false }: { isPage: boolean; hasForms?: boolean },
): FoundDigits {
  const { grey, enlarge } = reduce(picture);
  const layer = separateInk(grey);
  const marked = markInk(layer);
  const form = marked && hasForms ? withoutForm(marked) : undefined;
  const inked = form?.sheet ?? marked;
  const edged = inked && isPage ? withoutDarkEdges(inked) ?? inked : inked;
  const sheet = edged?.mask.includes(1) ? edged : undefined;
  const cleaned = sheet && isPage && !form ? withoutRuledLines(sheet) : undefined;
  let digits = cleaned ? read(cleaned) : [];
  const areRuled = digits.length > 0;
  // Where nothing is left, the line was the digit: a long 1.
  if (sheet && !areRuled) digits = read(sheet, form);
  return {
    digits: digits.map(({ box, pixels }) => ({ box: enlarge(box), pixels })),
    get steps() {
      return drawSteps(grey, layer, sheet, areRuled ? cleaned : undefined, digits);
    },
  };
}

/** Whether a picture is so small that it is a scan of a single digit: a cell of a form, or of a data set. */
function isOneDigit({ width, height }: GreyPicture): boolean {
  return Math.max(width, height) <= ONE_DIGIT_SIDE && width <= ONE_DIGIT_WIDTH * height;
}

/** The digits of a sheet; boxes in its pixels. */
function digitsOn(sheet: InkSheet, form?: FilledForm): FoundDigit[] {
  const part = cropToInk(sheet);
  const { pieces, components } = findPieces(part, sheet);
  const joined = form
    ? [...Map.groupBy(pieces, (piece) => form.placeOf(piece, part)).values()].flatMap(joinPieces)
    : joinPieces(withoutSurroundings(pieces, part, sheet));
  return inReadingOrder(withoutSpecks(joined, sheet))
    .flatMap((group) => form ? [group] : splitTouching(group, components, part))
    .map((group) => ({
      box: {
        left: part.left + group.left,
        top: part.top + group.top,
        width: group.right - group.left,
        height: group.bottom - group.top,
      },
      pixels: placeDigit(cutOut(group, components, part)),
    }));
}

/** In the order in which people read: rows from top to bottom, each from left to right. */
function inReadingOrder<Item extends Edges>(items: Item[]): Item[] {
  const rows: Item[][] = [];
  for (const item of items.toSorted((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const middle = (item.top + item.bottom) / 2;
    const row = rows.at(-1);
    if (row?.some(({ bottom }) => bottom > middle)) row.push(item);
    else rows.push([item]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left));
}
