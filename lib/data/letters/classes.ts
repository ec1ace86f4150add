/** The 52 letters that the base learns, and the 37 classes that they make. */

/** The characters that are ever asked of a font: A–Z, then a–z. No digit is among them. */
export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Class names in the order of the labels: the upper-case letters, then those
 * lower-case letters whose shape differs from their capital's. Every other
 * lower-case letter shares the class of its capital.
 */
export const LETTER_CLASSES: readonly string[] = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"];

/**
 * Finds the class of a letter.
 *
 * @param letter One of {@linkcode LETTERS}.
 * @returns Index into {@linkcode LETTER_CLASSES}.
 * @throws {RangeError} If `letter` is anything else.
 *
 * @example Letters that differ in size alone share a class
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(LETTER_CLASSES[letterClass("s")], "S");
 * assertEquals(LETTER_CLASSES[letterClass("a")], "a");
 * ```
 */
export function letterClass(letter: string): number {
  if (letter.length !== 1 || !LETTERS.includes(letter)) {
    throw new RangeError(`Expected a letter A–Z or a–z but found ${JSON.stringify(letter)}`);
  }
  const own = LETTER_CLASSES.indexOf(letter);
  return own >= 0 ? own : LETTER_CLASSES.indexOf(letter.toUpperCase());
}
