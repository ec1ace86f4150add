/** Pictures as rows of a table: the CSV form in which the best-known digit competition has MNIST. */

import { unzipSync } from "fflate";
import { type Dataset, slice } from "./dataset.ts";
import { LARGEST_FILE, readPacked } from "./idx.ts";
import { IMAGE_PIXELS } from "../image/size.ts";

/** Names of files that are such tables. */
export const CSV_NAME = /\.csv(\.gz|\.zip)?$/i;

/** Pictures of a table. */
interface PixelTable extends Dataset {
  /** Whether there is a column of labels; if not, all are 0. */
  hasLabels: boolean;
}

const [COMMA, NEW_LINE, RETURN, QUOTE, ZERO, NINE] = [",", "\n", "\r", '"', "0", "9"]
  .map((character) => character.charCodeAt(0));

/**
 * Reads a table of pictures, one a row, plain, .gz or the only file of a .zip: `label,pixel0,…,pixel783`, or
 * the pixels alone, with or without a line of names. Pixels are 0–255, row by row, white ink on black.
 *
 * @throws {SyntaxError} If a line has another number of columns, or something that is no whole number from
 * 0 to 255, in one sentence that names the line.
 */
export async function readPixelCsv(path: string): Promise<PixelTable> {
  let bytes = await readPacked(path);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) bytes = unzip(bytes, path);
  return parsePixelCsv(bytes, path);
}

/**
 * Reads such a table that has labels.
 *
 * @throws {SyntaxError} If it has none, or as {@linkcode readPixelCsv}.
 */
export async function readLabelledCsv(path: string, limit = Infinity): Promise<Dataset> {
  const { hasLabels, ...table } = await readPixelCsv(path);
  if (hasLabels) return slice(table, 0, Math.min(table.count, limit));
  throw new SyntaxError(`Expected ${path} to have a column of labels but found none`);
}

function unzip(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  try {
    const files = Object.values(unzipSync(bytes, {
      filter: ({ name, originalSize }) => /\.csv$/i.test(name) && originalSize <= LARGEST_FILE,
    }));
    if (files.length === 1) return files[0] as Uint8Array<ArrayBuffer>;
  } catch {
    // What is wrong with it is said below.
  }
  throw new SyntaxError(`Expected ${name} to be a zip file with one CSV file in it but it is not`);
}

/** Reads the content of such a file, as {@linkcode readPixelCsv} does. */
export function parsePixelCsv(bytes: Uint8Array, name: string): PixelTable {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let line = 1;
  if (!isDigit(bytes[start])) {
    start = bytes.indexOf(NEW_LINE, start) + 1 || bytes.length;
    line++;
  }
  const end = bytes.indexOf(NEW_LINE, start);
  const firstLine = bytes.subarray(start, end < 0 ? bytes.length : end);
  const columns = firstLine.reduce((count, byte) => count + (byte === COMMA ? 1 : 0), 1);
  const namesLabel = /^"?label"?,/i.test(new TextDecoder().decode(bytes.subarray(0, 12)).trim());
  if (columns !== IMAGE_PIXELS + 1 && (columns !== IMAGE_PIXELS || namesLabel)) {
    throw new SyntaxError(
      `Expected line ${line} of ${name} to have ${
        namesLabel
          ? `a label and ${IMAGE_PIXELS} pixels`
          : `${IMAGE_PIXELS} pixels, after a label or alone,`
      } but found ${columns} columns`,
    );
  }
  const values = new Uint8Array(Math.ceil((bytes.length - start) / (2 * columns) + 1) * columns);
  let [count, column, value, digits] = [0, 0, 0, 0];
  for (let i = start; i <= bytes.length; i++) {
    const byte = i < bytes.length ? bytes[i] : NEW_LINE;
    if (byte === RETURN || byte === QUOTE) continue;
    if (isDigit(byte)) {
      value = 10 * value + byte - ZERO;
      digits++;
    } else if (byte === NEW_LINE && column === 0 && digits === 0) {
      line++; // an empty line
    } else if ((byte === COMMA || byte === NEW_LINE) && digits > 0 && value <= 255) {
      values[count * columns + column++] = value;
      value = digits = 0;
      if ((byte === NEW_LINE) !== (column === columns)) {
        throw new SyntaxError(
          `Expected line ${line} of ${name} to have ${columns} columns but found ${
            byte === NEW_LINE ? column : "more"
          }`,
        );
      }
      if (byte === NEW_LINE) [count, column, line] = [count + 1, 0, line + 1];
    } else {
      throw new SyntaxError(
        `Expected line ${line} of ${name} to hold whole numbers from 0 to 255 but found others in column ${
          column + 1
        }`,
      );
    }
  }
  const hasLabels = columns > IMAGE_PIXELS;
  const images = new Uint8Array(count * IMAGE_PIXELS);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const cells = values.subarray(row * columns, (row + 1) * columns);
    images.set(hasLabels ? cells.subarray(1) : cells, row * IMAGE_PIXELS);
    if (hasLabels) labels[row] = cells[0];
  }
  if (count === 0) throw new SyntaxError(`Expected ${name} to hold pictures but found none`);
  return { count, images, labels, hasLabels };
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
