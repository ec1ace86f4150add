/** Letters cut from fonts, kept as distance fields from which any stroke width can be drawn. */

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import resvgWasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { LETTERS } from "./classes.ts";
import { distanceTransform } from "./distance_transform.ts";
import type { Font } from "./fonts.ts";
import { thin } from "./thinning.ts";

/** Side of a distance field in pixels. */
export const GLYPH_SIDE = 64;

/** Pixels of a distance field. */
export const GLYPH_PIXELS: number = GLYPH_SIDE * GLYPH_SIDE;

/** Steps per pixel in which distances are stored, so that ±12.7 pixels fit a byte. */
export const DISTANCE_STEPS = 10;

/** The larger side of every letter in pixels; the rest of the 64 is room to draw thicker strokes. */
const LETTER_SIDE = 44;

/** Letters with a shorter skeleton are dots or failures. */
const MIN_SKELETON_PIXELS = 8;

/** One letter of one font. Distances are in tenths of a pixel, `[64, 64]`, cut off at ±12.7 pixels. */
export interface Glyph {
  /** The font that it comes from. */
  font: Font;
  /** The letter. */
  letter: string;
  /** Distance from the outline: positive inside the letter, negative outside. */
  outline: Int8Array;
  /** Minus the distance from the skeleton. */
  skeleton: Int8Array;
  /** Half the stroke width in pixels, averaged along the skeleton. */
  halfWidth: number;
}

/** All glyphs, in typed arrays over shared memory: posting it to a worker copies no pixels. */
export interface GlyphMasters {
  /** Number of glyphs. */
  count: number;
  /** The fonts that the glyphs come from. */
  fonts: Font[];
  /** Index into `fonts`, `[count]`. */
  fontIndices: Uint8Array;
  /** Index into `LETTERS`, `[count]`. */
  letterIndices: Uint8Array;
  /** Distances from the outline, `[count, 64, 64]`; see {@linkcode Glyph}. */
  outlines: Int8Array;
  /** Minus the distances from the skeleton, `[count, 64, 64]`; see {@linkcode Glyph}. */
  skeletons: Int8Array;
  /** Mean half stroke widths in pixels, `[count]`. */
  halfWidths: Float32Array;
}

/**
 * Cuts the 52 letters from a font.
 *
 * @param font What the font is called and used for.
 * @param bytes Its file: TrueType, OpenType or WOFF.
 * @returns A glyph for every letter, less those that are too small to draw; none at all if
 * the font lacks a letter.
 * @throws {Error} If `bytes` are not such a font.
 */
export async function cutGlyphs(font: Font, bytes: Uint8Array): Promise<Glyph[]> {
  await loadResvg();
  const outlines = opentype.parse(bytes.slice().buffer);
  if ([...LETTERS].some((letter) => outlines.charToGlyphIndex(letter) === 0)) return [];
  return [...LETTERS].flatMap((letter) => {
    const mask = rasterise(outlines.charToGlyph(letter).getPath(0, 0, 100));
    const skeleton = thin(mask, GLYPH_SIDE);
    const length = skeleton.reduce((sum, set) => sum + set, 0);
    if (length < MIN_SKELETON_PIXELS) return [];

    const toInk = distanceTransform(mask, GLYPH_SIDE);
    const toPaper = distanceTransform(mask.map((set) => 1 - set), GLYPH_SIDE);
    const toSkeleton = distanceTransform(skeleton, GLYPH_SIDE);
    return [{
      font,
      letter,
      outline: quantise(toPaper.map((distance, i) => distance - toInk[i])),
      skeleton: quantise(toSkeleton.map((distance) => -distance)),
      halfWidth: toPaper.reduce((sum, distance, i) => sum + distance * skeleton[i], 0) / length,
    }];
  });
}

/**
 * Puts glyphs into shared memory.
 *
 * @param glyphs The glyphs of at most 256 fonts.
 * @returns The same glyphs in the same order.
 */
export function packGlyphs(glyphs: readonly Glyph[]): GlyphMasters {
  const count = glyphs.length;
  const fonts = [...new Set(glyphs.map(({ font }) => font))];
  const masters: GlyphMasters = {
    count,
    fonts,
    fontIndices: new Uint8Array(new SharedArrayBuffer(count)),
    letterIndices: new Uint8Array(new SharedArrayBuffer(count)),
    outlines: new Int8Array(new SharedArrayBuffer(count * GLYPH_PIXELS)),
    skeletons: new Int8Array(new SharedArrayBuffer(count * GLYPH_PIXELS)),
    halfWidths: new Float32Array(new SharedArrayBuffer(count * 4)),
  };
  for (const [i, glyph] of glyphs.entries()) {
    masters.fontIndices[i] = fonts.indexOf(glyph.font);
    masters.letterIndices[i] = LETTERS.indexOf(glyph.letter);
    masters.outlines.set(glyph.outline, i * GLYPH_PIXELS);
    masters.skeletons.set(glyph.skeleton, i * GLYPH_PIXELS);
    masters.halfWidths[i] = glyph.halfWidth;
  }
  return masters;
}

/** Draws a path in the middle of a binary picture, `[64, 64]`. */
function rasterise(path: opentype.Path): Uint8Array {
  const { x1, y1, x2, y2 } = path.getBoundingBox();
  const scale = LETTER_SIDE / Math.max(x2 - x1, y2 - y1);
  if (!Number.isFinite(scale)) return new Uint8Array(GLYPH_PIXELS);
  const middle = GLYPH_SIDE / 2;
  const place = `translate(${middle} ${middle}) scale(${scale}) ` +
    `translate(${-(x1 + x2) / 2} ${-(y1 + y2) / 2})`;
  const renderer = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${GLYPH_SIDE}" height="${GLYPH_SIDE}">` +
      `<path transform="${place}" d="${path.toPathData(3)}"/></svg>`,
  );
  const picture = renderer.render();
  const { pixels } = picture;
  picture.free();
  renderer.free();
  return Uint8Array.from({ length: GLYPH_PIXELS }, (_, i) => pixels[4 * i + 3] > 127 ? 1 : 0);
}

/** Rounds distances in pixels to tenths that fit a byte. */
function quantise(distances: Float32Array): Int8Array {
  return Int8Array.from(
    distances,
    (distance) => Math.max(-127, Math.min(127, Math.round(distance * DISTANCE_STEPS))),
  );
}

/** Starts the rasteriser unless someone in this process has: it can be started only once. */
async function loadResvg(): Promise<void> {
  try {
    await initWasm(resvgWasm);
  } catch (error) {
    if (!String(error).includes("Already initialized")) throw error;
  }
}
