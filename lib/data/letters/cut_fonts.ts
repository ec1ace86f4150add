/** Cuts characters from many fonts, fetching each as it goes. */

import type { Observer } from "../../observer.ts";
import { cutGlyphs } from "./cut_glyphs.ts";
import { loadFont } from "./fonts.ts";
import { type Font, type Glyph, type GlyphMasters, packGlyphs } from "./glyphs.ts";

/**
 * Fetches fonts and cuts characters from each, the 52 letters if not told otherwise.
 *
 * @param fonts The fonts, for example `FONTS`.
 * @returns All glyphs, in the order of the fonts.
 * @throws {TypeError} If a font can neither be fetched nor found in Deno's cache.
 */
export async function cutFonts(
  fonts: readonly Font[],
  observer: Observer = () => {},
  characters?: string,
): Promise<GlyphMasters> {
  const glyphs: Glyph[] = [];
  for (const [i, font] of fonts.entries()) {
    glyphs.push(...await cutGlyphs(font, await loadFont(font), characters));
    observer({ kind: "progress", what: "characters of fonts", done: i + 1, total: fonts.length });
  }
  return packGlyphs(glyphs);
}
