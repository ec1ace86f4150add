/** The pre-trained bases: learning to read letters, never a digit; and the files in `data/bases/`, each with a card that says how it was made. */

import { fromFileUrl, join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../backend/mod.ts";
import { LETTER_CLASSES } from "../data/class_sets.ts";
import { drawLetters, type GlyphMasters } from "../data/letters/draw.ts";
import { type EpochRecord, keptEpoch, type Observer } from "../observer.ts";
import { addHead, BASE_NAMES, type BaseName, buildBase, splitNetwork } from "./architecture.ts";
import { readWeights, writeWeights } from "./network.ts";
import { type Recipe, recipeFor } from "./recipe.ts";
import { dateAndVersions, loadNetwork } from "./saved_network.ts";
import type { Team } from "./team.ts";
import { trainStage } from "./training.ts";

/** How a base was made. */
interface BaseCard {
  name: BaseName;
  /** What it learnt to tell apart. */
  classes: string[];
  /** Fonts that its letters were drawn with. */
  fonts: string[];
  /** Fonts kept out of training. */
  unseenFonts: string[];
  /** Share of letters in the unseen fonts that it read right, 0–1, and of how many. */
  unseenFontAccuracy: number;
  unseenFontCount: number;
  lettersPerEpoch: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  workers: number;
  /** Day it was made, `YYYY-MM-DD`. */
  date: string;
  versions: Record<string, string>;
}

const DIRECTORY = fromFileUrl(new URL("../../data/bases/", import.meta.url));

/**
 * Loads a pre-trained base.
 *
 * @returns The base, from pixels 0–1 `[count, 28, 28, 1]` to features, and its card.
 * @throws {RangeError} If there is no base of that name.
 */
export async function loadBase(name: string): Promise<{ network: tf.Sequential; card: BaseCard }> {
  if (!BASE_NAMES.includes(name as BaseName)) {
    throw new RangeError(`Expected base to be ${BASE_NAMES.join(" or ")} but found ${name}`);
  }
  const { network, card } = await loadNetwork(join(DIRECTORY, name));
  return { network: network as tf.Sequential, card: card as BaseCard };
}

/** How a base is pre-trained. */
interface PretrainOptions {
  base: BaseName;
  /** Letters cut from fonts, those to learn from and those kept apart. */
  masters: GlyphMasters;
  seed: number;
  /** Letters drawn afresh for every epoch. */
  lettersPerEpoch: number;
  /** What to do otherwise than {@linkcode recipeFor} pre-training says. */
  recipe?: Partial<Recipe>;
  observer?: Observer;
}

/** Share of hidden units that is dropped; the head for digits drops 0.5. */
const DROPOUT = 0.3;

/** Letters in unseen fonts on which epochs are compared. */
const VALIDATION_LETTERS = 4000;

/** What came of it. */
interface PretrainResult {
  /** The base alone, without the head that named letters. */
  base: tf.Sequential;
  card: BaseCard;
  history: EpochRecord[];
}

/** Trains a base, with a head of its own, to read letters drawn with fonts. */
export async function pretrainBase(team: Team, options: PretrainOptions): Promise<PretrainResult> {
  const { base: name, masters, seed, lettersPerEpoch } = options;
  await startBackend();
  const recipe = recipeFor("pre-training", options.recipe);
  const base = buildBase(name, seed);
  const network = addHead(base, {
    classes: LETTER_CLASSES.length,
    seed,
    dropout: DROPOUT,
  });
  const { images, labels } = drawLetters(masters, {
    split: "validation",
    count: VALIDATION_LETTERS,
    seed,
    epoch: 0,
  });
  const history = await trainStage(team, network, {
    stage: "pre-training",
    source: { kind: "letters", masters, count: lettersPerEpoch },
    validation: { inputs: images, labels },
    recipe,
    seed,
    observer: options.observer,
  });
  const alone = buildBase(name, seed);
  writeWeights(alone.layers, readWeights(splitNetwork(network).base));
  network.dispose();
  const fontNames = (unseen: boolean) =>
    masters.fonts.filter(({ validation }) => validation === unseen).map(({ family }) => family);
  return {
    base: alone,
    history,
    card: {
      name,
      classes: [...LETTER_CLASSES],
      fonts: fontNames(false),
      unseenFonts: fontNames(true),
      unseenFontAccuracy: keptEpoch(history)!.validationAccuracy,
      unseenFontCount: VALIDATION_LETTERS,
      lettersPerEpoch,
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      learningRate: recipe.learningRate,
      seed,
      workers: team.size,
      ...dateAndVersions(),
    },
  };
}
