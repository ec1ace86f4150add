/** What each stage of training is done with: epochs, learning rates, augmentation; and the presets. */

import type { Augmentation } from "../data/augment/augment.ts";
import type { Stage } from "../observer.ts";
import type { TrainOptions } from "./transfer.ts";

/** How a stage of training is done. */
export interface Recipe {
  epochs: number;
  /** Pictures a step, all workers together. */
  batchSize: number;
  /** Peak learning rate of the one-cycle schedule, for the head. */
  learningRate: number;
  /** Peak learning rate of the base's layers, as a multiple of the head's. */
  baseRate: number;
  /** Decoupled weight decay of AdamW (Loshchilov & Hutter 2019). */
  weightDecay: number;
  /** Probability that is taken from the true class and spread over all (Szegedy et al. 2016). */
  labelSmoothing: number;
}

/** The recipe of each stage. */
const RECIPES: Record<Stage, Recipe> = {
  // The base is frozen: its features are computed once, and only the head learns.
  "head": {
    epochs: 8,
    batchSize: 128,
    learningRate: 1.5e-3,
    baseRate: 0,
    weightDecay: 0.01,
    labelSmoothing: 0,
  },
  // Base and head learn together, on lightly augmented digits; the base more slowly.
  "fine-tuning": {
    epochs: 3,
    batchSize: 128,
    learningRate: 3e-3,
    baseRate: 1 / 3,
    weightDecay: 0.02,
    labelSmoothing: 0.03,
  },
  // The same network without anything learnt before.
  "from-scratch": {
    epochs: 5,
    batchSize: 128,
    learningRate: 3e-3,
    baseRate: 1,
    weightDecay: 0.02,
    labelSmoothing: 0.1,
  },
  // Base and a head of its own learn to read letters.
  "pre-training": {
    epochs: 6,
    batchSize: 128,
    learningRate: 3e-3,
    baseRate: 1,
    weightDecay: 0.02,
    labelSmoothing: 0,
  },
};

/** The least and the largest that each number of a recipe can be. */
const RANGES: Record<keyof Recipe, [least: number, largest: number]> = {
  epochs: [1, 10_000],
  batchSize: [1, 1e6],
  learningRate: [0, Infinity],
  baseRate: [0, Infinity],
  weightDecay: [0, Infinity],
  labelSmoothing: [0, 1],
};

/** A stage of fewer steps than this has learnt little: where there are few pictures it has more epochs. */
const LEAST_STEPS = 200;

/**
 * @param changes What to do otherwise than the recipe says.
 * @param count Of the pictures, if there may be few.
 * @returns The recipe of a stage.
 * @throws {TypeError} If a name is none of a recipe's.
 * @throws {RangeError} If a number is out of the range in which something can be learnt with it.
 */
export function recipeFor(
  stage: Stage,
  changes: Partial<Recipe> = {},
  count?: number,
): Recipe {
  const recipe = { ...RECIPES[stage], ...changes };
  if (count !== undefined) {
    const enough = Math.min(Math.ceil(LEAST_STEPS * recipe.batchSize / count), RANGES.epochs[1]);
    recipe.epochs = Math.max(recipe.epochs, enough);
  }
  const names = Object.keys(RANGES) as (keyof Recipe)[];
  expectNames("recipe", Object.keys(recipe), names);
  for (const name of names) {
    const [value, [least, largest]] = [recipe[name], RANGES[name]];
    if (!(value >= least && value <= largest)) {
      const range = largest === Infinity ? `at least ${least}` : `from ${least} to ${largest}`;
      throw new RangeError(`Expected ${name} to be ${range} but found ${value}`);
    }
  }
  return recipe;
}

const LIGHT: Augmentation = [
  { kind: "affine", rotation: 10, logScale: 0.1, shear: 0.12, shift: 1.2 },
  { kind: "elastic", deviation: 0.03 },
];

const MIXED: Augmentation = [
  { kind: "stop", share: 0.25 },
  { kind: "hand", share: 0.3 },
  ...LIGHT,
];

/** Epochs of the head where base and head learn together after it: it need not be perfect yet. */
export const HEAD_EPOCHS_BEFORE_FINE_TUNING = 3;

/** How pictures can be augmented while base and head learn together, by name. */
export const AUGMENTATIONS = {
  /** Lightly: each stays a plausible digit of MNIST. */
  light: LIGHT,
  /** The same for digits as all the world writes them: three pictures of ten in other hands, pens and scans. */
  hands: [...LIGHT, { kind: "hand", share: 0.3 }],
  /** Light, with other hands now and then, but every fourth picture stays as it is: in use none is augmented. */
  mixed: MIXED,
  /**
   * The same, but two fifths of what is augmented are disturbed as well, beyond what MNIST has, so that the
   * network reads pictures too that it was never shown: lines, boxes, shaded paper, blur, noise, strokes that a
   * random filter made hollow. No corruption that robustness is measured with is among them; blur, noise,
   * grey paper and strange lines are shared in kind.
   */
  robust: [
    ...MIXED,
    { kind: "stop", share: 0.5 },
    { kind: "filter", strength: 1, share: 0.25 },
    { kind: "lines", count: 3, share: 0.2 },
    { kind: "erasing", area: 0.2, brightness: 1, share: 0.25 },
    { kind: "blur", deviation: 1, share: 0.15 },
    { kind: "paper", shade: 0.8, grain: 0.1, ruled: 0.2, contrast: 0.3, share: 0.3 },
    { kind: "noise", deviation: 0.4, share: 0.25 },
  ],
} satisfies Record<string, Augmentation>;

/** Ways of learning that have a name. */
export const PRESETS = {
  /** For digits as all the world writes them. */
  standard: { base: "cnn", fineTune: 5, augmentation: "hands", keeps: "last", handwriting: true },
  /** For MNIST's own pictures. */
  mnist: { base: "cnn", fineTune: 3, augmentation: "light", keeps: "best", handwriting: false },
  /** Of what was tried, the best on MNIST's validation that takes less than half an hour on two cores. */
  best: {
    base: "cnn-residual",
    fineTune: 40,
    augmentation: "mixed",
    keeps: "last",
    handwriting: false,
  },
  /** For pictures that are noisy, shaded or scribbled on; longer, so that clean ones are read as well. */
  robust: { base: "cnn", fineTune: 12, augmentation: "robust", keeps: "last", handwriting: false },
} satisfies Record<string, Partial<TrainOptions>>;

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
  if (wrong === undefined) return;
  throw new TypeError(`Expected ${what} to be among ${known.join(", ")} but found ${wrong}`);
}
