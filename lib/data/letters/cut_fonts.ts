/** Cuts characters from fonts, into distance fields. */

import type { Resvg } from "@resvg/resvg-wasm";
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { distanceTransform } from "../../image/distance_transform.ts";
import { startResvg } from "../../image/resvg.ts";
import type { Observer } from "../../observer.ts";
import { LETTERS } from "../class_sets.ts";
import type { GlyphMasters } from "./draw.ts";
import { type Font, loadFont } from "./fonts.ts";

/** Side of a distance field in pixels. */
const GLYPH_SIDE = 64;

/** Pixels of a distance field. */
const GLYPH_PIXELS = GLYPH_SIDE * GLYPH_SIDE;

/** Steps per pixel in which distances are stored, so that ±12.7 pixels fit a byte. */
const DISTANCE_STEPS = 10;

/**
 * Fetches fonts and cuts characters from each.
 *
 * @param fonts At most 256 fonts, for example `FONTS`.
 * @param characters Which characters, the 52 letters if not told otherwise.
 * @returns All glyphs, in the order of the fonts: one for every character, less those that are too small to draw;
 * none at all of a font that lacks one.
 * @throws {TypeError} If a font can neither be fetched nor found in Deno's cache.
 */
export async function cutFonts(
  fonts: readonly Font[],
  observer: Observer = () => {},
  characters: string = LETTERS,
): Promise<GlyphMasters> {
  const glyphs: Glyph[] = [];
  for (const [i, font] of fonts.entries()) {
    glyphs.push(...await cutGlyphs(font, await loadFont(font), characters));
    observer({ kind: "progress", what: "characters of fonts", done: i + 1, total: fonts.length });
  }
  return packGlyphs(glyphs);
}

/** One character of one font, as {@linkcode GlyphMasters} has them. */
interface Glyph {
  font: Font;
  character: string;
  outline: Int8Array;
  skeleton: Int8Array;
  halfWidth: number;
}

/** The larger side of every character in pixels; the rest of the 64 is room to draw thicker strokes. */
const LETTER_SIDE = 44;

/** Width in pixels of the line that every outline is traced with, lest thin strokes fall apart. */
const HAIRLINE = 1;

/** Characters with a shorter skeleton are dots or failures. */
const MIN_SKELETON_PIXELS = 8;

async function cutGlyphs(font: Font, bytes: Uint8Array, characters: string): Promise<Glyph[]> {
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

/** Puts glyphs into shared memory. */
function packGlyphs(glyphs: readonly Glyph[]): GlyphMasters {
  const count = glyphs.length;
  const fonts = [...new Set(glyphs.map(({ font }) => font))];
  const characters = [...new Set(glyphs.map(({ character }) => character))].join("");
  const masters: GlyphMasters = {
    fonts,
    characters,
    fontIndices: new Uint8Array(new SharedArrayBuffer(count)),
    characterIndices: new Uint8Array(new SharedArrayBuffer(count)),
    side: GLYPH_SIDE,
    steps: DISTANCE_STEPS,
    outlines: new Int8Array(new SharedArrayBuffer(count * GLYPH_PIXELS)),
    skeletons: new Int8Array(new SharedArrayBuffer(count * GLYPH_PIXELS)),
    halfWidths: new Float32Array(new SharedArrayBuffer(count * 4)),
  };
  for (const [i, glyph] of glyphs.entries()) {
    masters.fontIndices[i] = fonts.indexOf(glyph.font);
    masters.characterIndices[i] = characters.indexOf(glyph.character);
    masters.outlines.set(glyph.outline, i * GLYPH_PIXELS);
    masters.skeletons.set(glyph.skeleton, i * GLYPH_PIXELS);
    masters.halfWidths[i] = glyph.halfWidth;
  }
  return masters;
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

/**
 * Thins every stroke to a line about one pixel wide, by the parallel algorithm of
 * Zhang and Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns",
 * Communications of the ACM 27 (1984). Pictures are 0 or 1, `[side, side]`, and 0 around.
 */
function thin(mask: Uint8Array, side: number): Uint8Array {
  const stride = side + 2;
  const padded = new Uint8Array(stride * stride);
  for (let y = 0; y < side; y++) {
    padded.set(mask.subarray(y * side, (y + 1) * side), (y + 1) * stride + 1);
  }
  let ink: number[] = [];
  for (let i = 0; i < padded.length; i++) if (padded[i]) ink.push(i);

  let before: number;
  do {
    before = ink.length;
    for (const border of ["south-east", "north-west"] as const) {
      const peeled = ink.filter((i) => canPeel(padded, i, stride, border));
      for (const i of peeled) padded[i] = 0;
      ink = ink.filter((i) => padded[i]);
    }
  } while (ink.length < before);

  const skeleton = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const row = (y + 1) * stride + 1;
    skeleton.set(padded.subarray(row, row + side), y * side);
  }
  return skeleton;
}

/** Whether an ink pixel lies on this border of its stroke and is neither an end nor a bridge. */
function canPeel(
  padded: Uint8Array,
  i: number,
  stride: number,
  border: "south-east" | "north-west",
): boolean {
  const north = padded[i - stride], northEast = padded[i - stride + 1];
  const east = padded[i + 1], southEast = padded[i + stride + 1];
  const south = padded[i + stride], southWest = padded[i + stride - 1];
  const west = padded[i - 1], northWest = padded[i - stride - 1];

  const neighbours = north + northEast + east + southEast + south + southWest + west + northWest;
  if (neighbours < 2 || neighbours > 6) return false;

  const risesAround = (northEast & ~north) + (east & ~northEast) + (southEast & ~east) +
    (south & ~southEast) + (southWest & ~south) + (west & ~southWest) +
    (northWest & ~west) + (north & ~northWest);
  if (risesAround !== 1) return false;

  return border === "south-east"
    ? !(north & east & south) && !(east & south & west)
    : !(north & east & west) && !(north & south & west);
}
