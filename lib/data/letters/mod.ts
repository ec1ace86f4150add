/** Letters drawn with open fonts; a door of its own, because behind it are 243 packages of fonts. */

export { LETTER_CLASSES, LETTERS } from "./classes.ts";
export { cutFonts } from "./cut_fonts.ts";
export { drawCharacters, drawLetters } from "./draw.ts";
export { FONTS, loadFont } from "./fonts.ts";
export { GLYPH_PIXELS } from "./glyphs.ts";
export { drawScript, SCRIPTS } from "./scripts.ts";
