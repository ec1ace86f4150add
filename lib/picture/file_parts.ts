/** What of a picture's file is decoded: no notes, one frame, and of a file that ends early what is there. */

import { constants, crc32, deflateSync, inflateSync } from "node:zlib";

/**
 * Leaves out of a file what is not looked at: texts, profiles and comments of a PNG or JPEG, all frames of a WebP but
 * the first. A decoder keeps them all, and a small file can hold so many, or so much when unpacked, that reading them
 * takes minutes.
 *
 * @param kind As {@linkcode decodePicture} calls it.
 * @param bytes The file, which may be cut off.
 * @returns It, and how often its pixels are gone through: scans of a JPEG file, one or, of a progressive one, about
 * ten; 0 if it is another file.
 */
export function leanFile(kind: string, bytes: Uint8Array): { bytes: Uint8Array; scans: number } {
  if (kind === "JPEG") return leanJpeg(bytes);
  const lean = kind === "PNG" ? leanPng(bytes) : kind === "WebP" ? firstFrame(bytes) : bytes;
  return { bytes: lean, scans: 0 };
}

/** What becomes of a file that cannot be decoded. */
interface Mended {
  /**
   * Files to decode in its place: one with as many rows as are there, or two that go on with other bytes each, so that
   * the rows are there that both have; none if neither can be made.
   */
  files: Uint8Array[];
  /** Whether its end is missing. */
  endsEarly: boolean;
}

/**
 * Makes a file readable whose end is missing, or whose header claims too much (BMP).
 *
 * @param kind As {@linkcode decodePicture} calls it.
 */
export function mendFile(kind: string, bytes: Uint8Array): Mended {
  try {
    return MENDS[kind](bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { files: [], endsEarly: true }; // already its header is cut off
  }
}

/** How files of each kind are mended. */
const MENDS: Record<string, (bytes: Uint8Array) => Mended> = {
  PNG: mendPng,
  JPEG: (bytes) => ({ files: [], endsEarly: leanJpeg(bytes).scans === 0 }),
  WebP: mendWebP,
  GIF: mendGif,
  BMP: mendBmp,
  TIFF: mendTiff,
  HEIC: mendBoxes,
  AVIF: mendBoxes,
};

/** Most parts of a file that are looked at: no program writes so many, and millions of empty ones would fill the memory. */
const MOST_PARTS = 2 ** 17;

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Four characters. */
function textAt(bytes: Uint8Array, start: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + 4));
}

/** Most bytes of a file that is made, and of a PNG file's rows unpacked. */
const MOST_BYTES = 256e6;

/** A file that is longer, with zeros behind it. */
function lengthen(bytes: Uint8Array, length: number): Uint8Array {
  if (length > MOST_BYTES) throw new RangeError(`Expected at most ${MOST_BYTES} bytes`);
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

/**
 * The chunks from a byte on of a PNG file, which tell their size first, or of a RIFF file (WebP), which tell their type
 * first; the last may be cut off.
 */
function chunksOf(format: "PNG" | "RIFF", bytes: Uint8Array, start: number) {
  const isRiff = format === "RIFF";
  const [typeAt, sizeAt] = isRiff ? [0, 4] : [4, 0];
  const view = viewOf(bytes);
  const chunks: { type: string; start: number; end: number; data: Uint8Array }[] = [];
  for (let end = start; start + 8 <= bytes.length && chunks.length < MOST_PARTS; start = end) {
    const size = view.getUint32(start + sizeAt, isRiff);
    end = start + 8 + size + (isRiff ? size % 2 : 4); // PNG has a checksum there
    const data = bytes.subarray(start + 8, start + 8 + size);
    chunks.push({ type: textAt(bytes, start + typeAt), start, end, data });
  }
  return chunks;
}

/** How a PNG file begins, and the chunks of it that tell its pixels and how they lie (RFC 2083, section 4; eXIf). */
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const PNG_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "eXIf"];

/** Where in a PNG file the data of its header begin and end. */
const [HEADER, HEADER_END] = [16, 29];

/** Samples of a pixel by PNG's colour type (RFC 2083, section 4.1.1). */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function leanPng(bytes: Uint8Array): Uint8Array {
  const kept = chunksOf("PNG", bytes, SIGNATURE.length)
    .filter(({ type }) => PNG_CHUNKS.includes(type));
  return concatenate([SIGNATURE, ...kept.map(({ start, end }) => bytes.subarray(start, end))]);
}

/** A PNG of less height, with the rows that are there, unless they are interlaced. */
function mendPng(bytes: Uint8Array): Mended {
  const chunks = chunksOf("PNG", bytes, SIGNATURE.length);
  const endsEarly = chunks.every(({ type }) => type !== "IEND");
  const header = bytes.slice(HEADER, HEADER_END);
  const view = viewOf(header);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth, colourType, , , interlace] = header.subarray(8);
  const rowBytes = 1 + Math.ceil(width * bitDepth * (SAMPLES[colourType] ?? 0) / 8);
  const packed = chunks.filter(({ type }) => type === "IDAT");
  const isReadable = interlace === 0 && rowBytes > 1 && rowBytes * height <= MOST_BYTES;
  if (!isReadable || packed.length === 0) return { files: [], endsEarly };
  const unpacked = inflate(concatenate(packed.map(({ data }) => data)), rowBytes * height);
  const rows = Math.floor(unpacked.length / rowBytes);
  if (rows === 0) return { files: [], endsEarly };
  view.setUint32(4, rows);
  const file = concatenate([
    SIGNATURE,
    pngChunk("IHDR", header),
    ...chunks.slice(1, chunks.indexOf(packed[0])).map(({ type, data }) => pngChunk(type, data)),
    pngChunk("IDAT", deflateSync(unpacked.subarray(0, rows * rowBytes))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
  return { files: [file], endsEarly };
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
    viewOf(bytes).setUint32(0, value);
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
  while (bytes[start] === 0xff && bytes[start + 1] !== END) {
    const marker = bytes[start + 1];
    if (marker === 0xff) {
      start++;
      continue;
    }
    let end = start + 2 + (bytes[start + 2] << 8 | bytes[start + 3]);
    if (Math.max(end, start + 4) > bytes.length || kept.length === MOST_PARTS) {
      start = bytes.length; // cut off, and nothing to decode with
      break;
    }
    if (marker === SCAN) {
      end = endOfScan(bytes, end);
      scans++;
    }
    const isNote = marker >= EXIF && marker <= 0xef || marker === COMMENT;
    const isExifOrAdobe = wanted.has(marker) &&
      ["Exif", "Adob"].includes(textAt(bytes, start + 4));
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

/** Chunks of a WebP picture, chunks behind it, and what tells of it in one that has frames (RFC 9649, section 2.7). */
const IMAGE_CHUNKS = ["ALPH", "VP8 ", "VP8L"];
const NOTES = ["EXIF", "XMP "];
const [HAS_ALPHA, HAS_EXIF] = [0x10, 0x08];

/** A WebP file of the first frame alone, if there are several and it is as large as the picture. */
function firstFrame(bytes: Uint8Array): Uint8Array {
  const chunks = chunksOf("RIFF", bytes, 12);
  const [header, frame] = ["VP8X", "ANMF"].map((name) => chunks.find(({ type }) => type === name));
  const isWhole = header && frame &&
    header.data.subarray(4, 10).toHex() === frame.data.subarray(6, 12).toHex();
  if (!isWhole) return bytes;
  const image = chunksOf("RIFF", frame.data, 16).filter(({ type }) => IMAGE_CHUNKS.includes(type));
  if (image.length === 0) return bytes; // cut off
  const exif = chunks.filter(({ type }) => type === "EXIF");
  const still = concatenate([
    bytes.subarray(0, header.end),
    ...image.map(({ start, end }) => frame.data.subarray(start, end)),
    ...exif.map(({ start, end }) => bytes.subarray(start, end)),
  ]);
  viewOf(still).setUint32(4, still.length - 8, true);
  still[header.start + 8] &= HAS_ALPHA | HAS_EXIF;
  return still;
}

/** Bytes with which data of an image begin, its size among them: so many if they are lossy, else half of that. */
const SIZE_BYTES = 10;

/** Of less of a file than this, nothing can be seen, and it may claim to be of any size. */
const LEAST_SHARE = 1 / 64;

/**
 * Bytes behind the last, in two ways, and how many they are before zeros. Of lossy data, all bits must differ: where
 * both go on with zeros, they soon agree on what was never there. Lossless data are valid more often with zeros.
 */
const CONTINUATIONS = {
  lossy: { ways: [0x0f, 0xf0], count: Infinity },
  lossless: { ways: [0, 0x80], count: 16 },
};

/** Bytes by which a chunk is made longer besides, lest what is read of these take more. */
const MORE = 2 ** 20;

function mendWebP(bytes: Uint8Array): Mended {
  const { type = "", start = 0, end = 0, data } = chunksOf("RIFF", bytes, 12).at(-1) ?? {};
  const wholeEnd = Math.max(end, 8 + viewOf(bytes).getUint32(4, true));
  const endsEarly = wholeEnd > bytes.length;
  if (endsEarly && NOTES.includes(type)) {
    const file = bytes.slice(0, start);
    viewOf(file).setUint32(4, start - 8, true);
    return { files: [file], endsEarly };
  }
  const isImage = IMAGE_CHUNKS.includes(type) && data!.length >= SIZE_BYTES;
  const isEnough = bytes.length > LEAST_SHARE * wholeEnd;
  if (!endsEarly || !isImage || !isEnough) return { files: [], endsEarly };
  const length = 2 * wholeEnd + MORE;
  const { ways, count } = CONTINUATIONS[type === "VP8L" ? "lossless" : "lossy"];
  const files = ways.map((byte) => {
    const file = lengthen(bytes, length).fill(byte, bytes.length, bytes.length + count);
    for (const size of [4, start + 4]) viewOf(file).setUint32(size, length - size - 4, true);
    return file;
  });
  return { files, endsEarly };
}

/** What blocks of a GIF begin with (Graphics Interchange Format, version 89a, appendix A), and its last byte. */
const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];

/** Whether rows of a GIF come in another order; whether there is a table of colours; and its size. */
const [INTERLACED, HAS_TABLE, TABLE_SIZE] = [0x40, 0x80, 0x07];

/** A GIF with the rows of its first picture that are there. */
function mendGif(bytes: Uint8Array): Mended {
  const view = viewOf(bytes);
  const tableBytes = (flags: number) => flags & HAS_TABLE ? 6 << (flags & TABLE_SIZE) : 0;
  let image = 13 + tableBytes(view.getUint8(10));
  while (bytes[image] === EXTENSION) image = eachBlock(bytes, image + 2);
  const isImage = view.getUint8(image) === IMAGE;
  const flags = view.getUint8(image + 9);
  const codes = image + 10 + tableBytes(flags);
  const packed = new Uint8Array(bytes.length);
  let length = 0;
  const end = eachBlock(bytes, codes + 1, (block) => {
    packed.set(block, length);
    length += block.length;
  });
  if (!isImage || end <= bytes.length) return { files: [], endsEarly: false };
  const pixels = countPixels(packed.subarray(0, length), view.getUint8(codes));
  const rows = Math.floor(pixels / view.getUint16(image + 5, true));
  if (rows === 0 || flags & INTERLACED) return { files: [], endsEarly: true };
  const file = lengthen(bytes, end + 1);
  for (const height of [8, image + 7]) viewOf(file).setUint16(height, rows, true);
  file[end] = TRAILER;
  return { files: [file], endsEarly: true };
}

/** Goes through the blocks of data of a GIF from a byte on; returns where the end of the last comes to lie. */
function eachBlock(
  bytes: Uint8Array,
  start: number,
  found: (block: Uint8Array) => void = () => {},
): number {
  let end = start;
  for (; bytes[end] > 0; end += 1 + bytes[end]) {
    found(bytes.subarray(end + 1, end + 1 + bytes[end]));
  }
  return end + 1;
}

/** A GIF's codes have so many bits at most (appendix F). */
const MOST_BITS = 12;

/** How many pixels a GIF's codes stand for; each adds one that stands for the pixels of the last and one more. */
function countPixels(codes: Uint8Array, leastBits: number): number {
  const clear = 1 << leastBits;
  const counts = new Uint32Array(1 << MOST_BITS).fill(1, 0, clear);
  let [next, last, bits] = [clear + 2, 0, leastBits + 1];
  let [buffer, held, pixels] = [0, 0, 0];
  for (const byte of codes) {
    buffer |= byte << held;
    held += 8;
    while (held >= bits) {
      const code = buffer & (1 << bits) - 1;
      buffer >>>= bits;
      held -= bits;
      if (code === clear) {
        [next, last, bits] = [clear + 2, 0, leastBits + 1];
        continue;
      }
      if (code === clear + 1 || code > next) return pixels;
      if (last > 0 && next < 1 << MOST_BITS) counts[next++] = last + 1;
      last = counts[code];
      pixels += last;
      if (next === 1 << bits && bits < MOST_BITS) bits++;
    }
  }
  return pixels;
}

/** A BMP with as many rows as are there, of which the lowest come first, and whose header claims no more bytes. */
function mendBmp(bytes: Uint8Array): Mended {
  const mended = bytes.slice();
  const view = viewOf(mended);
  const start = view.getUint32(10, true);
  const isOld = view.getUint32(14, true) < 40; // OS/2's first header
  if (isOld) return { files: [], endsEarly: view.getUint32(2, true) > bytes.length };
  const [width, height] = [view.getInt32(18, true), view.getInt32(22, true)];
  const bits = view.getUint16(28, true);
  const isPacked = PACKED.includes(view.getUint32(30, true));
  const rowBytes = 4 * Math.ceil(Math.abs(width) * bits / 32);
  const there = Math.max(0, bytes.length - start);
  const rows = isPacked ? Math.abs(height) : Math.floor(there / rowBytes);
  view.setUint32(2, bytes.length, true);
  view.setUint32(34, Math.min(view.getUint32(34, true), there), true);
  view.setInt32(22, Math.sign(height) * Math.min(Math.abs(height), rows), true);
  const hasEnd = there >= 2 && view.getUint16(bytes.length - 2, true) === END_OF_RUNS;
  const endsEarly = isPacked ? !hasEnd : rows < Math.abs(height);
  return { files: rows > 0 ? [mended] : [], endsEarly };
}

/** Ways to pack a BMP's pixels, by run lengths of bytes or half bytes; these end with two bytes, 0 and 1. */
const PACKED = [1, 2];
const END_OF_RUNS = 0x0100;

/** Tags of a TIFF file (TIFF 6.0, appendix A), and the type of its numbers of two bytes. */
const [HEIGHT, COMPRESSION, STRIP_ROWS, PLANES] = [257, 259, 278, 284];
const [STRIPS, STRIP_BYTES, TILES, TILE_BYTES] = [273, 279, 324, 325];
const SHORT = 3;

/** In a TIFF directory, the tag that is the least and tells what the picture is for; its last bit, of a smaller copy. */
const PURPOSE = 254;
const REDUCED = 1;

/** How many pages a TIFF file has: its directories, which are a chain, but for those of smaller copies. */
export function countPages(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const isLittle = bytes[0] === 0x49;
  let pages = 0;
  for (let next = 4, k = 0; next + 4 <= bytes.length && k < MOST_PARTS; k++) {
    const directory = view.getUint32(next, isLittle);
    if (directory === 0 || directory + 14 > bytes.length) break;
    const isCopy = view.getUint16(directory + 2, isLittle) === PURPOSE &&
      (view.getUint32(directory + 10, isLittle) & REDUCED) !== 0;
    if (!isCopy) pages++;
    next = directory + 2 + 12 * view.getUint16(directory, isLittle);
  }
  return pages;
}

/** A TIFF of the first picture alone, or with the rows of its whole strips and, if not compressed, what is there of the next. */
function mendTiff(bytes: Uint8Array): Mended {
  const view = viewOf(bytes);
  const isLittle = bytes[0] === 0x49;
  const directory = view.getUint32(4, isLittle);
  const count = view.getUint16(directory, isLittle);
  view.getUint32(directory + 2 + 12 * count); // if it ends there, it ends early
  const entries = new Map(
    Array.from({ length: count }, (_, i) => {
      const entry = directory + 2 + 12 * i;
      return [view.getUint16(entry, isLittle), entry];
    }),
  );
  const valuesOf = (tag: number): number[] => {
    const entry = entries.get(tag);
    if (entry === undefined) return [];
    const count = view.getUint32(entry + 4, isLittle);
    const isShort = view.getUint16(entry + 2, isLittle) === SHORT;
    const size = isShort ? 2 : 4;
    if (count * size > bytes.length) throw new RangeError(`Expected ${count} values`);
    const start = count * size <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittle);
    return Array.from(
      { length: count },
      (_, i) =>
        isShort ? view.getUint16(start + 2 * i, isLittle) : view.getUint32(start + 4 * i, isLittle),
    );
  };
  const sizes = [...valuesOf(STRIP_BYTES), ...valuesOf(TILE_BYTES)];
  const ends = [...valuesOf(STRIPS), ...valuesOf(TILES)].map((start, i) => start + sizes[i]);
  const whole = ends.findIndex((end) => end > bytes.length);
  if (whole < 0) {
    const first = bytes.slice();
    viewOf(first).setUint32(directory + 2 + 12 * count, 0); // where the next picture is, which may be cut off
    return { files: [first], endsEarly: false };
  }
  const [height] = valuesOf(HEIGHT);
  const [stripRows = height] = valuesOf(STRIP_ROWS);
  const [[compression = 1], [planes = 1]] = [valuesOf(COMPRESSION), valuesOf(PLANES)];
  const isPacked = compression !== 1;
  const share = isPacked ? 0 : 1 - (ends[whole] - bytes.length) / sizes[whole];
  const next = Math.floor(Math.max(0, share) * Math.min(stripRows, height - whole * stripRows));
  const rows = whole * stripRows + next;
  if (rows === 0 || planes > 1 || entries.has(TILES)) return { files: [], endsEarly: true };
  const file = lengthen(bytes, isPacked ? bytes.length : ends[whole]);
  const entry = entries.get(HEIGHT)!;
  if (view.getUint16(entry + 2, isLittle) === SHORT) {
    viewOf(file).setUint16(entry + 8, rows, isLittle);
  } else viewOf(file).setUint32(entry + 8, rows, isLittle);
  return { files: [file], endsEarly: true };
}

/** Tells whether the boxes of a HEIC or AVIF file (ISO/IEC 14496-12, section 4.2) are all there. */
function mendBoxes(bytes: Uint8Array): Mended {
  const view = viewOf(bytes);
  let end = 0;
  while (end < bytes.length) {
    const size = view.getUint32(end);
    if (size === 0) end = bytes.length;
    else end += Math.max(8, size === 1 ? Number(view.getBigUint64(end + 8)) : size);
  }
  return { files: [], endsEarly: end > bytes.length };
}
