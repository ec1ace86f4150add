/**
 * Picture files without their notes: texts, profiles, comments. A decoder keeps them all, and a small file can
 * hold so many, or so much when unpacked, that reading them takes minutes.
 */

import { concatenate } from "./cut_png.ts";

/** Chunks of a PNG file that tell its pixels and how they lie (RFC 2083, section 4; eXIf). */
const PNG_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "eXIf"];

/** A file, and how often its pixels are gone through. */
export interface LeanFile {
  bytes: Uint8Array;
  /** Scans of a JPEG file: one, or, of a progressive one, about ten; 0 if it is another file. */
  scans: number;
}

/**
 * Leaves the notes of a PNG file out.
 *
 * @param bytes The file, which may be cut off.
 */
export function leanPng(bytes: Uint8Array): LeanFile {
  const kept = new Parts(bytes, 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 8; start + 8 <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    const end = start + 12 + view.getUint32(start);
    if (PNG_CHUNKS.includes(type)) kept.add(start, end);
    start = end;
  }
  return { bytes: kept.join(), scans: 0 };
}

/** JPEG's markers (ITU-T T.81, table B.1). */
const [FIRST_RESTART, LAST_RESTART, END, SCAN, EXIF, ADOBE, COMMENT] = [
  0xd0,
  0xd7,
  0xd9,
  0xda,
  0xe1,
  0xee,
  0xfe,
];

/**
 * Leaves the notes of a JPEG file out, but for EXIF, which says which way is up, and Adobe's, which says what
 * the colours are.
 *
 * @param bytes The file, which may be cut off.
 */
export function leanJpeg(bytes: Uint8Array): LeanFile {
  const kept = new Parts(bytes, 2);
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
    if (!isNote || isExifOrAdobe) kept.add(start, end);
    start = end;
  }
  kept.add(start, bytes.length);
  return { bytes: kept.join(), scans };
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

/** Parts of a file that are kept, the first of which is its signature. */
class Parts {
  #bytes: Uint8Array;
  #parts: [start: number, end: number][];

  constructor(bytes: Uint8Array, signature: number) {
    this.#bytes = bytes;
    this.#parts = [[0, signature]];
  }

  /** Keeps a part, behind those that are kept. */
  add(start: number, end: number): void {
    const last = this.#parts.at(-1)!;
    if (last[1] === start) last[1] = end;
    else this.#parts.push([start, end]);
  }

  join(): Uint8Array {
    return concatenate(this.#parts.map(([start, end]) => this.#bytes.subarray(start, end)));
  }
}
