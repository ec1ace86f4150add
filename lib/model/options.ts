/** Options that TypeScript does not check: in a notebook a misspelt one would count as left out. */

import { type Recipe, RECIPES } from "./recipe.ts";

/**
 * Throws unless every name is known.
 *
 * @param what What the names are of.
 * @throws {TypeError} With the right names, if one is not.
 */
export function expectNames(
  what: string,
  found: readonly string[],
  known: readonly string[],
): void {
  const wrong = found.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new TypeError(`Expected ${what} to be among ${known.join(", ")} but found ${wrong}`);
  }
}

/** The least and the largest that each number of a recipe can be. */
const RANGES: Record<keyof Recipe, [least: number, largest: number]> = {
  epochs: [1, 10_000],
  batchSize: [1, 1e6],
  learningRate: [0, Infinity],
  baseRate: [0, Infinity],
  weightDecay: [0, Infinity],
  labelSmoothing: [0, 1],
};

/**
 * Throws unless a recipe has all its numbers, each where something can be learnt with it.
 *
 * @throws {TypeError} If a name is none of a recipe's.
 * @throws {RangeError} If a number is missing or out of its range.
 */
export function expectRecipe(recipe: Recipe): void {
  const names = Object.keys(RANGES) as (keyof Recipe)[];
  expectNames("recipe", Object.keys(recipe), names);
  for (const name of names) {
    const [value, [least, largest]] = [recipe[name], RANGES[name]];
    if (value === undefined) {
      throw new RangeError(
        `Expected recipe to have ${name} but found none: RECIPES has ${
          Object.keys(RECIPES).join(", ")
        }`,
      );
    }
    if (!(value >= least && value <= largest)) {
      const range = largest === Infinity ? `at least ${least}` : `from ${least} to ${largest}`;
      throw new RangeError(`Expected ${name} to be ${range} but found ${value}`);
    }
  }
}
