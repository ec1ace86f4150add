/** The 52 letters that the base learns, and the 37 classes that they make. */

/** The characters that are ever asked of a font: A–Z, then a–z. No digit is among them. */
export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Class names in the order of the labels: the upper-case letters, then those
 * lower-case letters whose shape differs from their capital's. Every other
 * lower-case letter shares the class of its capital, as `classIndex` finds it.
 */
export const LETTER_CLASSES: readonly string[] = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"];
