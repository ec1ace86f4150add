/** Letters and other characters as distance fields, from which any stroke width can be drawn. */

/** Side of a distance field in pixels. */
export const GLYPH_SIDE = 64;

/** Pixels of a distance field. */
export const GLYPH_PIXELS: number = GLYPH_SIDE * GLYPH_SIDE;

/** Steps per pixel in which distances are stored, so that ±12.7 pixels fit a byte. */
export const DISTANCE_STEPS = 10;

/** One font and what it is for. */
export interface Font {
  /** Name of its package in the `@fontsource` scope. */
  family: string;
  /** Exact version of the package. */
  version: string;
  /** Whether it looks written by hand; such fonts are drawn twice as often as text fonts. */
  handwriting: boolean;
  /** Whether its lower-case letters are drawn as capitals. */
  capitalsOnly: boolean;
  /** Whether it is kept out of training, to validate on. */
  validation: boolean;
  /** Which of its files, named after scripts. @default {"latin"} */
  subset?: string;
}

/** One character of one font. Distances are in tenths of a pixel, `[64, 64]`, cut off at ±12.7 pixels. */
export interface Glyph {
  /** The font that it comes from. */
  font: Font;
  character: string;
  /** Distance from the outline: positive inside the character, negative outside. */
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
  /** What the glyphs are of. */
  characters: string;
  /** Index into `characters`, `[count]`. */
  characterIndices: Uint8Array;
  /** Distances from the outline, `[count, 64, 64]`; see {@linkcode Glyph}. */
  outlines: Int8Array;
  /** Minus the distances from the skeleton, `[count, 64, 64]`; see {@linkcode Glyph}. */
  skeletons: Int8Array;
  /** Mean half stroke widths in pixels, `[count]`. */
  halfWidths: Float32Array;
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
  const characters = [...new Set(glyphs.map(({ character }) => character))].join("");
  const masters: GlyphMasters = {
    count,
    fonts,
    characters,
    fontIndices: new Uint8Array(new SharedArrayBuffer(count)),
    characterIndices: new Uint8Array(new SharedArrayBuffer(count)),
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
