/** Pre-training: a base learns to read letters, and never sees a digit. */

import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../backend/mod.ts";
import { LETTER_CLASSES } from "../data/class_sets.ts";
import { drawLetters, type GlyphMasters } from "../data/letters/draw.ts";
import type { EpochRecord, Observer } from "../observer.ts";
import { addHead, type BaseName, buildBase, splitNetwork } from "./architecture.ts";
import { type BaseCard } from "./bases.ts";
import { today, versions } from "./provenance.ts";
import { keptEpoch } from "./history.ts";
import { readWeights, writeWeights } from "./network.ts";
import { LETTERS_PER_EPOCH, type Recipe, RECIPES } from "./recipe.ts";
import { trainStage } from "./training.ts";
import type { Team } from "./team.ts";

/** How a base is pre-trained. */
interface PretrainOptions {
  base: BaseName;
  /** Letters cut from fonts, those to learn from and those kept apart. */
  masters: GlyphMasters;
  seed: number;
  /**
   * Letters drawn afresh for every epoch.
   * @default {120000}
   */
  lettersPerEpoch?: number;
  /** What to do otherwise than {@linkcode RECIPES} says. */
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
  const { base: name, masters, seed, lettersPerEpoch = LETTERS_PER_EPOCH } = options;
  await startBackend();
  const recipe = { ...RECIPES["pre-training"], ...options.recipe };
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
      date: today(),
      versions: versions(),
    },
  };
}
