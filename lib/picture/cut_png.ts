/** PNG files that are cut off: the rows that are there. */

import { constants, crc32, deflateSync, inflateSync } from "node:zlib";

/** Samples of a pixel by PNG's colour type (RFC 2083, section 4.1.1). */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * Makes a whole PNG file of the rows that are left of one that is cut off.
 *
 * @param bytes Beginning of a PNG file.
 * @param mostBytes Unpacked, the rows may have so many bytes at most.
 * @returns A file of less height, or undefined if no row is left or rows are interlaced.
 */
export function wholeRows(bytes: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const chunks = readChunks(bytes);
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
    chunk("IHDR", lower),
    ...chunks.slice(1, firstData).map(({ type, data }) => chunk(type, data)),
    chunk("IDAT", deflateSync(unpacked.subarray(0, rows * rowBytes))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

interface Chunk {
  type: string;
  data: Uint8Array;
}

/** The chunks of a PNG file; the last may be cut off. */
function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  let start = SIGNATURE.length;
  while (start + 8 < bytes.length) {
    const length = view.getUint32(start);
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    chunks.push({ type, data: bytes.subarray(start + 8, start + 8 + length) });
    start += length + 12;
  }
  return chunks;
}

/** As much as can be unpacked; nothing if it is damaged or more than it may be. */
function inflate(packed: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return new Uint8Array(0);
  }
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = concatenate([new TextEncoder().encode(type), data]);
  const [length, checksum] = [data.length, crc32(named)].map((value) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
  });
  return concatenate([length, named, checksum]);
}

/** Puts parts of a file one behind the other. */
export function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
