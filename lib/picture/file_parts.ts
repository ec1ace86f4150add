/** What of a picture's file is decoded: no notes, and of a damaged one what is whole. */

import { constants, crc32, deflateSync, inflateSync } from "node:zlib";

/**
 * Leaves notes out of a PNG or JPEG file: texts, profiles, comments. A decoder keeps them all, and a small file can
 * hold so many, or so much when unpacked, that reading them takes minutes.
 *
 * @param kind As {@linkcode decodePicture} calls it.
 * @param bytes The file, which may be cut off.
 * @returns It, and how often its pixels are gone through: scans of a JPEG file, one or, of a progressive one, about
 * ten; 0 if it is another file.
 */
export function leanFile(kind: string, bytes: Uint8Array): { bytes: Uint8Array; scans: number } {
  if (kind === "JPEG") return leanJpeg(bytes);
  return { bytes: kind === "PNG" ? leanPng(bytes) : bytes, scans: 0 };
}

/**
 * Makes a file readable whose end is missing (PNG) or whose header claims too much (BMP).
 *
 * @param mostBytes Unpacked, the rows of a PNG file may have so many bytes at most.
 * @returns Undefined if it can't be done.
 */
export function mendFile(
  kind: string,
  bytes: Uint8Array,
  mostBytes: number,
): Uint8Array | undefined {
  if (kind === "PNG") return wholeRows(bytes, mostBytes);
  return kind === "BMP" ? withTrueSizes(bytes) : undefined;
}

/** How a PNG file begins, and the chunks of it that tell its pixels and how they lie (RFC 2083, section 4; eXIf). */
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const PNG_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "eXIf"];

/** Samples of a pixel by PNG's colour type (RFC 2083, section 4.1.1). */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function leanPng(bytes: Uint8Array): Uint8Array {
  const kept = chunksOf(bytes).filter(({ type }) => PNG_CHUNKS.includes(type));
  return concatenate([SIGNATURE, ...kept.map(({ whole }) => whole)]);
}

/** The chunks of a PNG file; the last may be cut off. */
function chunksOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: { type: string; data: Uint8Array; whole: Uint8Array }[] = [];
  for (let start = SIGNATURE.length, end = 0; start + 8 <= bytes.length; start = end) {
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    end = start + view.getUint32(start) + 12;
    const data = bytes.subarray(start + 8, end - 4);
    chunks.push({ type, data, whole: bytes.subarray(start, end) });
  }
  return chunks;
}

/**
 * Makes a whole PNG file of the rows that are left of one that is cut off.
 *
 * @returns A file of less height, or undefined if no row is left or rows are interlaced.
 */
function wholeRows(bytes: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const chunks = chunksOf(bytes);
  const header = chunks[0];
  if (header?.type !== "IHDR" || header.data.length !== 13) return undefined;
  const view = new DataView(header.data.buffer, header.data.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth, colourType, , , interlace] = header.data.subarray(8);
  const rowBytes = 1 + Math.ceil(width * bitDepth * (SAMPLES[colourType] ?? 0) / 8);
  if (interlace !== 0 || rowBytes === 1 || rowBytes * height > mostBytes) return undefined;
  const firstData = chunks.findIndex(({ type }) => type === "IDAT");
  if (firstData < 0) return undefined;
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const unpacked = inflate(concatenate(packed), rowBytes * height);
  const rows = Math.floor(unpacked.length / rowBytes);
  if (rows === 0) return undefined;
  const lower = header.data.slice();
  new DataView(lower.buffer).setUint32(4, rows);
  return concatenate([
    SIGNATURE,
    pngChunk("IHDR", lower),
    ...chunks.slice(1, firstData).map(({ type, data }) => pngChunk(type, data)),
    pngChunk("IDAT", deflateSync(unpacked.subarray(0, rows * rowBytes))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

/** As much as can be unpacked; nothing if it is damaged or more than it may be. */
function inflate(packed: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return new Uint8Array(0);
  }
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const named = concatenate([new TextEncoder().encode(type), data]);
  const [length, checksum] = [data.length, crc32(named)].map((value) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
  });
  return concatenate([length, named, checksum]);
}

/** Puts parts of a file one behind the other. */
function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

/** JPEG's markers (ITU-T T.81, table B.1). */
const [FIRST_RESTART, LAST_RESTART, END, SCAN] = [0xd0, 0xd7, 0xd9, 0xda];
const [EXIF, ADOBE, COMMENT] = [0xe1, 0xee, 0xfe];

/** Leaves notes out, but for EXIF, which says which way is up, and Adobe's, which says what the colours are. */
function leanJpeg(bytes: Uint8Array): { bytes: Uint8Array; scans: number } {
  const kept = [bytes.subarray(0, 2)];
  const wanted = new Set([EXIF, ADOBE]);
  let scans = 0;
  let start = 2;
  while (start + 4 <= bytes.length && bytes[start] === 0xff && bytes[start + 1] !== END) {
    const marker = bytes[start + 1];
    if (marker === 0xff) {
      start++;
      continue;
    }
    let end = start + 2 + (bytes[start + 2] << 8 | bytes[start + 3]);
    if (marker === SCAN) {
      end = endOfScan(bytes, end);
      scans++;
    }
    const isNote = marker >= EXIF && marker <= 0xef || marker === COMMENT;
    const isExifOrAdobe = wanted.has(marker) &&
      ["Exif", "Adob"].includes(String.fromCharCode(...bytes.subarray(start + 4, start + 8)));
    if (isExifOrAdobe) wanted.delete(marker);
    if (!isNote || isExifOrAdobe) kept.push(bytes.subarray(start, end));
    start = end;
  }
  kept.push(bytes.subarray(start));
  return { bytes: concatenate(kept), scans };
}

/** Where the marker after a scan's data is. */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    const isData = next === 0 || next >= FIRST_RESTART && next <= LAST_RESTART;
    if (!isData && next !== 0xff) return at;
  }
  return bytes.length;
}

/** A BMP whose header claims no more bytes, of the file and of its pixels, than there are. */
function withTrueSizes(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < 54) return undefined;
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  view.setUint32(2, bytes.length, true);
  const pixelBytes = Math.max(0, bytes.length - view.getUint32(10, true));
  const hasPixelBytes = view.getUint32(14, true) >= 40; // not in OS/2's first header, of 12 bytes
  if (hasPixelBytes) view.setUint32(34, Math.min(view.getUint32(34, true), pixelBytes), true);
  return mended;
}
