/** Learning the shipped model: digits as people write them, not only MNIST's. */

import { startBackend } from "../backend/mod.ts";
import type { Augmentation } from "../data/augment/augment.ts";
import { type Dataset, join, NO_CLASS, type Splits } from "../data/dataset.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { drawCharacters, type Split } from "../data/letters/draw.ts";
import type { GlyphMasters } from "../data/letters/glyphs.ts";
import { DIGITS } from "../data/mnist.ts";
import { drawNonDigit, NON_DIGITS, type NonDigit } from "../data/augment/non_digits.ts";
import { Random } from "../data/random.ts";
import type { Observer } from "../observer.ts";
import { addHead, type BaseName } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { confidencesOf } from "./calibration.ts";
import { LIGHT_AUGMENTATION, RECIPES } from "./recipe.ts";
import { computeOutputs } from "./inference.ts";
import { trainStage } from "./training.ts";
import { examine, freeze, type TrainResult } from "./transfer.ts";
import type { Team } from "./team.ts";

/** How it is learnt. */
interface HandwritingOptions {
  data: Splits;
  base: BaseName;
  /** The ten digits, cut from fonts to learn from and from fonts kept apart. */
  digits: GlyphMasters;
  /** Letters that nobody takes for a digit, cut from the same fonts. */
  letters: GlyphMasters;
  epochs: number;
  seed: number;
  observer?: Observer;
}

/** Two pictures of three are changed as other writers, pens and scanners would. */
const OTHER_HANDS: Augmentation = [...LIGHT_AUGMENTATION, { kind: "hand", share: 0.65 }];

/** Drawn pictures that are learnt from, a picture of MNIST: 15 000, 9 000 and 1 500 of each other kind. */
const [DRAWN_DIGITS, DRAWN_LETTERS, DRAWN_REST] = [15 / 55, 9 / 55, 1.5 / 55];

/** Drawn pictures of each kind that are kept apart, a picture of validation: 1 000. */
const UNSEEN = 1 / 5;

/**
 * Fine-tunes a base on MNIST and on digits drawn with fonts, in other hands, pens and scans, and
 * teaches it to be undecided about letters, scribbles and noise; then chooses temperature and
 * rejection on MNIST's validation pictures, and looks at its test pictures once.
 *
 * @returns The network, its weights rounded to half precision; the card says what share of pictures
 * of each kind is rejected.
 */
export async function learnHandwriting(
  team: Team,
  { data, base, digits, letters, epochs, seed, observer }: HandwritingOptions,
): Promise<TrainResult> {
  await startBackend();
  const network = addHead((await loadBase(base)).network, { classes: DIGITS.length, seed });
  freeze(network, false);
  const [many, some, few] = [DRAWN_DIGITS, DRAWN_LETTERS, DRAWN_REST]
    .map((share) => Math.round(share * data.train.count));
  const apart = Math.round(UNSEEN * data.validation.count);
  const training = join(
    data.train,
    drawDigits(digits, "train", many, seed),
    drawLetters(letters, "train", some, seed),
    ...NON_DIGITS.map((kind) => drawRest(kind, "train", few, seed)),
  );
  const unseenDigits = drawDigits(digits, "validation", apart, seed);
  const unseen: Record<string, Dataset> = {
    "letters in unseen fonts": drawLetters(letters, "validation", apart, seed),
    ...Object.fromEntries(
      NON_DIGITS.map((kind) => [kind, drawRest(kind, "validation", apart, seed)]),
    ),
  };
  const validation = join(data.validation, unseenDigits, ...Object.values(unseen));
  const history = await trainStage(team, network, {
    stage: "fine-tuning",
    source: { kind: "images", ...training, augmentation: OTHER_HANDS, classes: data.classes },
    validation: { inputs: validation.images, labels: validation.labels },
    recipe: { ...RECIPES["fine-tuning"], epochs },
    seed,
    observer,
  });
  const { card, evaluation } = await examine(team, network, data, {
    precision: "float16",
    observer,
  });
  const { leastConfidence } = card.calibration!;
  const rejected: Record<string, number> = {};
  const kinds = {
    "MNIST's test digits": data.test,
    "digits in unseen fonts": unseenDigits,
    ...unseen,
  };
  for (const [kind, { count, images }] of Object.entries(kinds)) {
    const probabilities = await computeOutputs(team, network, images, "probabilities", observer);
    rejected[kind] = confidencesOf(probabilities, DIGITS.length)
      .filter((confidence) => confidence < leastConfidence).length / count;
  }
  return {
    network,
    history,
    evaluation,
    card: { base, mode: "fine-tuned", seed, ...card, rejected },
  };
}

function drawDigits(masters: GlyphMasters, split: Split, count: number, seed: number): Dataset {
  const { images, characters } = drawCharacters(masters, { split, count, seed, epoch: 0 });
  return { count, images, labels: Uint8Array.from(characters, Number) };
}

function drawLetters(masters: GlyphMasters, split: Split, count: number, seed: number): Dataset {
  const { images } = drawCharacters(masters, { split, count, seed, epoch: 0 });
  return { count, images, labels: new Uint8Array(count).fill(NO_CLASS) };
}

function drawRest(kind: NonDigit, split: Split, count: number, seed: number): Dataset {
  const images = new Uint8Array(count * IMAGE_PIXELS);
  const stream = [NON_DIGITS.indexOf(kind), split === "train" ? 0 : 1];
  for (let i = 0; i < count; i++) {
    images.set(drawNonDigit(kind, new Random(seed, ...stream, i)), i * IMAGE_PIXELS);
  }
  return { count, images, labels: new Uint8Array(count).fill(NO_CLASS) };
}
