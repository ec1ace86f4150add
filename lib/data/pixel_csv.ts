/** Pictures as rows of a table: the CSV form in which the best-known digit competition has MNIST. */

import { IMAGE_PIXELS } from "../image/size.ts";
import { readPacked, unzip } from "./file_system.ts";

/** Names of files that are such tables. */
export const CSV_NAME = /\.csv(\.gz|\.zip)?$/i;

/** Pictures of a table. */
interface PixelTable {
  count: number;
  /** Pixels 0–255, `[count, 28, 28]`. */
  images: Uint8Array;
  /** What stands in the column of labels, `[count]`; empty if there is none. */
  labels: string[];
}

const [COMMA, NEW_LINE, RETURN, QUOTE, ZERO, NINE] = [",", "\n", "\r", '"', "0", "9"]
  .map((character) => character.charCodeAt(0));

/**
 * Reads a table of pictures, one a row, plain, .gz or the only file of a .zip: `label,pixel0,…,pixel783`, or
 * the pixels alone, with or without a line of names. Labels are any text, pixels are 0–255, row by row, white
 * ink on black.
 *
 * @param options.isLabelled Whether it must have labels.
 * @throws {SyntaxError} If it has none then, a line has another number of columns, a stray quote, or a pixel that
 * is no whole number from 0 to 255, in one sentence that names the line.
 */
export async function readPixelCsv(
  path: string,
  { isLabelled = false } = {},
): Promise<PixelTable> {
  const table = parsePixelCsv(await readTable(path), path);
  if (table.labels.length > 0 || !isLabelled) return table;
  throw new SyntaxError(`Expected ${path} to have a column of labels but found none`);
}

async function readTable(path: string): Promise<Uint8Array> {
  const bytes = await readPacked(path);
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return bytes;
  const files = Object.values(unzip(bytes, path, (name) => /\.csv$/i.test(name)));
  if (files.length === 1) return files[0];
  throw new SyntaxError(
    `Expected ${path} to be a zip archive with one CSV file in it but found ${files.length}`,
  );
}

function parsePixelCsv(bytes: Uint8Array, name: string): PixelTable {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const beginning = new TextDecoder().decode(bytes.subarray(start, start + 1000));
  const namesLabel = /^"?label"?,/i.test(beginning);
  const hasNames = !/^\d/.test(beginning) &&
    (namesLabel || !/^("[^"\n]*"|[^,\n]*),"?\d/.test(beginning));
  let line = hasNames ? 2 : 1;
  let at = hasNames ? bytes.indexOf(NEW_LINE, start) + 1 || bytes.length : start;
  const columns = countColumns(bytes, at);
  if (columns !== IMAGE_PIXELS + 1 && (columns !== IMAGE_PIXELS || namesLabel)) {
    throw new SyntaxError(
      `Expected line ${line} of ${name} to have ${
        namesLabel
          ? `a label and ${IMAGE_PIXELS} pixels`
          : `${IMAGE_PIXELS} pixels, after a label or alone,`
      } but found ${columns} columns`,
    );
  }
  const most = Math.ceil((bytes.length - at) / (2 * IMAGE_PIXELS));
  const images = new Uint8Array(most * IMAGE_PIXELS);
  const labels: string[] = [];
  let count = 0;
  for (; at < bytes.length; line++) {
    const isEmpty = bytes[at] === NEW_LINE || (bytes[at] === RETURN && bytes[at + 1] === NEW_LINE);
    if (isEmpty) {
      at = bytes.indexOf(NEW_LINE, at) + 1;
      continue;
    }
    const where = `line ${line} of ${name}`;
    if (columns > IMAGE_PIXELS) {
      const { label, end } = readLabel(bytes, at, where);
      labels.push(label);
      at = end;
    }
    const pixels = images.subarray(count * IMAGE_PIXELS, ++count * IMAGE_PIXELS);
    at = readPixels(bytes, at, pixels, columns, where);
  }
  if (count === 0) throw new SyntaxError(`Expected ${name} to hold pictures but found none`);
  return { count, images: images.subarray(0, count * IMAGE_PIXELS), labels };
}

/** Columns of the line that begins at a byte; commas in quotes part none. */
function countColumns(bytes: Uint8Array, start: number): number {
  const [line] = new TextDecoder().decode(bytes.subarray(start, start + 2 ** 16)).split("\n", 1);
  return line.replaceAll(/"[^"]*"/g, "").split(",").length;
}

/** The text of the first cell of a line, and where the second one begins. */
function readLabel(bytes: Uint8Array, start: number, where: string) {
  let [i, isQuoted] = [start, false];
  for (; i < bytes.length && bytes[i] !== NEW_LINE; i++) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    if (bytes[i] === COMMA && !isQuoted) break;
  }
  const cell = new TextDecoder().decode(bytes.subarray(start, i));
  if (isQuoted || !/^([^"]*|"([^"]|"")*")$/.test(cell)) {
    throw new SyntaxError(`Expected ${where} to begin with a label but found a stray quote`);
  }
  const label = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  return { label: label.trim(), end: Math.min(i + 1, bytes.length) };
}

/** Reads the cells of the rest of a line; returns where the next line begins. */
function readPixels(
  bytes: Uint8Array,
  start: number,
  pixels: Uint8Array,
  columns: number,
  where: string,
): number {
  const columnOf = (pixel: number) => columns - pixels.length + pixel + 1;
  let i = start;
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const isQuoted = bytes[i] === QUOTE;
    if (isQuoted) i++;
    const first = i;
    let value = 0;
    while (isDigit(bytes[i])) value = 10 * value + bytes[i++] - ZERO;
    const isWhole = i > first && value <= 255 && (!isQuoted || bytes[i++] === QUOTE);
    if (bytes[i] === RETURN) i++;
    const isEnd = i >= bytes.length || bytes[i] === NEW_LINE;
    if (!isWhole || (!isEnd && bytes[i] !== COMMA)) {
      throw new SyntaxError(
        `Expected ${where} to hold whole numbers from 0 to 255 but found others in column ${
          columnOf(pixel)
        }`,
      );
    }
    pixels[pixel] = value;
    i++;
    if (isEnd !== (pixel === pixels.length - 1)) {
      const found = isEnd ? columnOf(pixel) : "more";
      throw new SyntaxError(`Expected ${where} to have ${columns} columns but found ${found}`);
    }
  }
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
