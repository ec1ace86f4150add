/** Letters drawn with open fonts; a door of its own, because behind it are 243 packages of fonts. */

export { LETTER_CLASSES, LETTERS } from "../class_sets.ts";
export { cutFonts } from "./cut_fonts.ts";
export { drawCharacters, drawLetters, GLYPH_PIXELS } from "./draw.ts";
export { drawScript } from "./draw_script.ts";
export { FONTS, loadFont, SCRIPTS } from "./fonts.ts";
