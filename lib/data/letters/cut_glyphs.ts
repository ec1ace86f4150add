/** Cuts characters from fonts. */

import type { Resvg } from "@resvg/resvg-wasm";
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { startResvg } from "../../image/resvg.ts";
import { LETTERS } from "./classes.ts";
import { distanceTransform } from "../../image/distance_transform.ts";
import { DISTANCE_STEPS, type Font, type Glyph, GLYPH_PIXELS, GLYPH_SIDE } from "./glyphs.ts";
import { thin } from "./thinning.ts";

/** The larger side of every character in pixels; the rest of the 64 is room to draw thicker strokes. */
const LETTER_SIDE = 44;

/** Width in pixels of the line that every outline is traced with, lest thin strokes fall apart. */
const HAIRLINE = 1;

/** Characters with a shorter skeleton are dots or failures. */
const MIN_SKELETON_PIXELS = 8;

/**
 * Cuts characters from a font, the 52 letters if not told otherwise.
 *
 * @param font What the font is called and used for.
 * @param bytes Its file: TrueType, OpenType or WOFF.
 * @param characters Which characters.
 * @returns A glyph for every character, less those that are too small to draw; none at all if
 * the font lacks one.
 * @throws {Error} If `bytes` are not such a font.
 */
export async function cutGlyphs(
  font: Font,
  bytes: Uint8Array,
  characters: string = LETTERS,
): Promise<Glyph[]> {
  const Renderer = await startResvg();
  const outlines = opentype.parse(bytes.slice().buffer);
  if ([...characters].some((character) => outlines.charToGlyphIndex(character) === 0)) return [];
  return [...characters].flatMap((character) => {
    const mask = rasterise(Renderer, outlines.charToGlyph(character).getPath(0, 0, 100));
    const skeleton = thin(mask, GLYPH_SIDE);
    const length = skeleton.reduce((sum, set) => sum + set, 0);
    if (length < MIN_SKELETON_PIXELS) return [];

    const toInk = distanceTransform(mask, GLYPH_SIDE);
    const toPaper = distanceTransform(mask.map((set) => 1 - set), GLYPH_SIDE);
    const toSkeleton = distanceTransform(skeleton, GLYPH_SIDE);
    return [{
      font,
      character: font.capitalsOnly ? character.toUpperCase() : character,
      outline: quantise((i) => toPaper[i] - toInk[i]),
      skeleton: quantise((i) => -toSkeleton[i]),
      halfWidth: toPaper.reduce((sum, distance, i) => sum + distance * skeleton[i], 0) / length,
    }];
  });
}

/** Draws a path in the middle of a binary picture, `[64, 64]`. */
function rasterise(Renderer: typeof Resvg, path: opentype.Path): Uint8Array {
  const { x1, y1, x2, y2 } = path.getBoundingBox();
  const scale = (LETTER_SIDE - HAIRLINE) / Math.max(x2 - x1, y2 - y1);
  if (!Number.isFinite(scale)) return new Uint8Array(GLYPH_PIXELS);
  const middle = GLYPH_SIDE / 2;
  const place = `translate(${middle} ${middle}) scale(${scale}) ` +
    `translate(${-(x1 + x2) / 2} ${-(y1 + y2) / 2})`;
  const renderer = new Renderer(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${GLYPH_SIDE}" height="${GLYPH_SIDE}">` +
      `<path transform="${place}" d="${path.toPathData(3)}" stroke="#000" ` +
      `stroke-width="${HAIRLINE / scale}"/></svg>`,
  );
  const picture = renderer.render();
  const { pixels } = picture;
  picture.free();
  renderer.free();
  return new Uint8Array(GLYPH_PIXELS).map((_, i) => pixels[4 * i + 3] > 127 ? 1 : 0);
}

/** Rounds the distance of every pixel, in pixels, to tenths that fit a byte. */
function quantise(distanceAt: (pixel: number) => number): Int8Array {
  const steps = new Int8Array(GLYPH_PIXELS);
  for (let i = 0; i < steps.length; i++) {
    const step = Math.round(distanceAt(i) * DISTANCE_STEPS);
    steps[i] = Math.max(-127, Math.min(127, step));
  }
  return steps;
}
