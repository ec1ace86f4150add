/** What a classifier can tell apart: digits, letters, or both. */

/**
 * Every character that is read, in the order of EMNIST's labels `byclass` (Cohen et al. 2017,
 * https://arxiv.org/abs/1702.05373): 0–9, A–Z, a–z.
 */
const CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * The classes of each set, in the order of their labels. Where there are no lower-case letters, each
 * is of the class of its capital: a picture fitted into 20 × 20 pixels does not tell c from C.
 */
export const CLASS_SETS = {
  "digits": [...CHARACTERS.slice(0, 10)],
  "letters": [...CHARACTERS.slice(10, 36)],
  "cased-letters": [...CHARACTERS.slice(10)],
  "alphanumeric": [...CHARACTERS.slice(0, 36)],
  "cased-alphanumeric": [...CHARACTERS],
};

/** Name of a set of classes. */
export type ClassSet = keyof typeof CLASS_SETS;

/** The characters that the base learns: A–Z, then a–z. No digit is among them. */
export const LETTERS: string = CHARACTERS.slice(10);

/**
 * The 37 classes that they make: the upper-case letters, then those lower-case letters whose shape differs from
 * their capital's. Every other one shares the class of its capital, as {@linkcode classIndex} finds it.
 */
export const LETTER_CLASSES: readonly string[] = [...LETTERS.slice(0, 26), ..."abdefghnqrt"];

/**
 * Finds the class of a character.
 *
 * @param character One of {@linkcode CHARACTERS}.
 * @param classes One of {@linkcode CLASS_SETS}.
 * @returns Its index in `classes`; -1 if it has none there.
 *
 * @example A lower-case letter among capitals
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(classIndex("b", CLASS_SETS.letters), 1);
 * assertEquals(classIndex("b", CLASS_SETS["cased-letters"]), 27);
 * assertEquals(classIndex("8", CLASS_SETS.letters), -1);
 * ```
 */
export function classIndex(character: string, classes: readonly string[]): number {
  const own = classes.indexOf(character);
  return own >= 0 ? own : classes.indexOf(character.toUpperCase());
}

/**
 * Finds the set that a classifier's classes are.
 *
 * @param classes Names of classes, in the order of the labels.
 * @returns The name of the set; nothing if they are somebody's own.
 */
export function classSetOf(classes: readonly string[]): ClassSet | undefined {
  const names = Object.keys(CLASS_SETS) as ClassSet[];
  return names.find((name) => CLASS_SETS[name].join() === classes.join());
}

/** @returns What a classifier of these classes reads: one of the sets, or somebody's own. */
export function kindOf(classes: readonly string[]): "digit" | "character" | "symbol" {
  const classSet = classSetOf(classes);
  return classSet === "digits" ? "digit" : classSet ? "character" : "symbol";
}

/**
 * Says an answer as programs get it.
 *
 * @param answer Index and name of a class.
 * @param classes The classes of the classifier that gave it.
 * @returns `digit` where the classes are digits, `character` where they are one of the other sets, and
 * `class` where they are somebody's own.
 */
export function nameAnswer(
  { index, label }: { index: number; label: string },
  classes: readonly string[],
): { digit: number } | { character: string } | { class: string } {
  const kind = kindOf(classes);
  if (kind === "digit") return { digit: index };
  return kind === "character" ? { character: label } : { class: label };
}
