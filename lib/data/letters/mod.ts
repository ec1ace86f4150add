/** Letters drawn with open fonts; a door of its own, because behind it are 243 packages of fonts. */

export { LETTER_CLASSES, LETTERS } from "../class_sets.ts";
export { cutFonts } from "./cut_fonts.ts";
export { drawScript } from "./data_sets.ts";
export { drawLetters } from "./draw.ts";
export { FONTS, loadFont, SCRIPTS } from "./fonts.ts";
