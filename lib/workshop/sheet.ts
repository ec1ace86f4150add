/** The sheet that notebooks/pictures/sheet.svg has for ten people to write a row of the ten digits on. */

import { drawDigits } from "../data/allographs/draw.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import type { GreyPicture } from "../picture/decode.ts";
import type { FoundDigit } from "../picture/find_digits.ts";

/** Millimetres of the page, of where its boxes begin, and of a box. */
const SHEET = { width: 210, height: 297, left: 25, top: 32, boxWidth: 17, boxHeight: 25 };

/** People, and the digits that each writes. */
const ROWS = 10, COLUMNS = 10;

/** Pixels a millimetre of the photograph. */
const RESOLUTION = 6;

/** Height of a digit that is as high as those of MNIST, in millimetres. */
const DIGIT_HEIGHT = 13;

/** In the series of drawn digits, beyond those that training takes. */
const FIRST_DIGIT = 1_000_000;

/** Grey of the printed lines, 0–1, and half their width in millimetres. */
const LINE = 0.8, HALF_LINE = 0.3;

/**
 * Draws a photograph of a sheet that is filled in: digits as people of many schools write them, the page turned
 * a little, in light that comes from one side.
 *
 * @returns 1260 × 1782 pixels. In row r, column d is a digit d.
 */
export function sheetPhoto(seed: number): GreyPicture {
  const random = new Random(seed);
  const { images } = drawDigits({ count: ROWS * COLUMNS, seed, firstIndex: FIRST_DIGIT });
  const boxes = Array.from({ length: ROWS * COLUMNS }, (_, i): Box => ({
    image: images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS),
    scale: IMAGE_SIDE / (1.4 * DIGIT_HEIGHT * random.uniform(0.85, 1.15)),
    left: random.uniform(-1.5, 1.5),
    top: random.uniform(-2, 2),
  }));
  const [angle, shading] = [random.uniform(-0.03, 0.03), random.uniform(0.1, 0.3)];
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const [width, height] = [SHEET.width, SHEET.height].map((length) => length * RESOLUTION);
  const values = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [fromX, fromY] = [x / RESOLUTION - SHEET.width / 2, y / RESOLUTION - SHEET.height / 2];
      const column = (SHEET.width / 2 + cosine * fromX - sine * fromY - SHEET.left) /
        SHEET.boxWidth;
      const row = (SHEET.height / 2 + sine * fromX + cosine * fromY - SHEET.top) / SHEET.boxHeight;
      const light = 235 * (1 - shading * x / width);
      values[i] = light * paperAt(row, column) * (1 - 0.8 * inkAt(row, column, boxes)) +
        2 * random.normal();
    }
  }
  return { width, height, values };
}

/** A digit in its box: how large a millimetre is in its image, and how far it is from the middle. */
interface Box {
  image: Uint8Array;
  scale: number;
  left: number;
  top: number;
}

/** How light the printed page is at a place, counted in boxes: 0 to 1. */
function paperAt(row: number, column: number): number {
  const onLine = Math.abs(column - Math.round(column)) * SHEET.boxWidth < HALF_LINE ||
    Math.abs(row - Math.round(row)) * SHEET.boxHeight < HALF_LINE;
  const [around, between] = [[row, ROWS], [column, COLUMNS]].map(([place, count]) =>
    place > -0.01 && place < count + 0.01
  );
  return onLine && around && between ? LINE : 1;
}

/** How much of a place the pen has gone over: 0 to 1. */
function inkAt(row: number, column: number, boxes: Box[]): number {
  if (row < 0 || row >= ROWS || column < 0 || column >= COLUMNS) return 0;
  const { image, scale, left, top } = boxes[Math.floor(row) * COLUMNS + Math.floor(column)];
  const x = (column % 1 - 0.5) * SHEET.boxWidth - left;
  const y = (row % 1 - 0.5) * SHEET.boxHeight - top;
  const [across, down] = [x, y].map((place) => place * scale + IMAGE_SIDE / 2 - 0.5);
  const [i, j] = [Math.floor(across), Math.floor(down)];
  const pixel = (i: number, j: number) =>
    i < 0 || i >= IMAGE_SIDE || j < 0 || j >= IMAGE_SIDE ? 0 : image[j * IMAGE_SIDE + i] / 255;
  const [u, v] = [across - i, down - j];
  const ink = (pixel(i, j) * (1 - u) + pixel(i + 1, j) * u) * (1 - v) +
    (pixel(i, j + 1) * (1 - u) + pixel(i + 1, j + 1) * u) * v;
  return Math.min(1, Math.max(0, 4 * (ink - 0.35))); // as sharp as a pen
}

/**
 * Sorts what was found on a sheet by who wrote it.
 *
 * @param digits In reading order, as `findDigits` gives them.
 * @returns Rows from top to bottom, each from left to right.
 */
export function rowsOf(digits: FoundDigit[]): FoundDigit[][] {
  const rows: FoundDigit[][] = [];
  let last = Infinity;
  for (const digit of digits) {
    if (digit.box.left < last) rows.push([]);
    rows.at(-1)!.push(digit);
    last = digit.box.left;
  }
  return rows;
}
