/** A classifier: saying on its card what it is, loading it, and asking it. */

import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../backend/mod.ts";
import { classSetOf } from "../data/class_sets.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { type Move, movePicture } from "../image/affine.ts";
import { divideLogits } from "./calibration.ts";
import type { Evaluation } from "./evaluation.ts";
import { dateAndVersions, loadNetwork } from "./saved_network.ts";
import { applyLayers } from "./network.ts";

/** What a saved classifier is, and how its input has to look. */
interface ModelCard {
  classes: string[];
  /** What {@linkcode predictDigit} takes. */
  input: {
    shape: [number, number, number];
    /** The value of full ink: 255 if pixels go from 0 to 255, 1 if from 0 to 1. */
    pixelRange: 1 | 255;
    ink: "white on black";
    /** Where the digit is in the picture. */
    placement: string;
  };
  base: string;
  mode: "frozen base" | "fine-tuned" | "from scratch" | "closed form";
  seed: number;
  /** Day it was made, `YYYY-MM-DD`. */
  date: string;
  /** Seconds that its training took. */
  seconds?: number;
  versions: Record<string, string>;
  metrics: {
    testAccuracy: number;
    testCount: number;
    validationAccuracy: number;
    /** Tested were the pictures that were learnt from, each by a head that was solved without it. */
    leftOut?: boolean;
  };
  /** When its answer is "don't know"; without it, never. */
  calibration?: {
    /** Below this confidence the answer is "don't know" (Hendrycks and Gimpel 2017). */
    leastConfidence: number;
    /** Share of the validation pictures to which the answer is "don't know". */
    falseRejections: number;
    /** Of cards older than calibrated networks: by what the network's logits are yet to be divided. */
    temperature?: number;
  };
  /** Share of pictures of each kind to which its answer is "don't know", 0–1. */
  rejected?: Record<string, number>;
}

/** A classifier in memory; dispose of it (`using`) when done. */
export class Classifier implements Disposable {
  readonly network: tf.LayersModel;
  readonly card: ModelCard;

  /** @param network It is calibrated, if the card says that it is yet to be. */
  constructor(network: tf.LayersModel, card: ModelCard) {
    const { calibration } = card;
    if (calibration?.temperature !== undefined) {
      divideLogits(network, calibration.temperature);
      card = { ...card, calibration: { ...calibration, temperature: undefined } };
    }
    this.network = network;
    this.card = card;
  }

  [Symbol.dispose](): void {
    this.network.dispose();
  }
}

/**
 * Share of digits that may be rejected: half of the half per cent that is promised, because a
 * share this small, counted on 5 000 pictures, can be off by as much elsewhere.
 */
const FALSE_REJECTIONS = 0.0025;

/**
 * Says of a classifier what its card says, however it was trained, and chooses when its answer is "don't know".
 *
 * @param evaluation On the test pictures.
 * @param validation Calibrated, on the validation pictures.
 * @param falseRejections Share of the validation pictures that may be rejected.
 */
export function describeClassifier(
  { classes, accuracy, count }: Evaluation,
  validation: Evaluation,
  falseRejections: number = FALSE_REJECTIONS,
): Omit<ModelCard, "base" | "mode" | "seed" | "seconds"> {
  const confidences = Float32Array.from(validation.answers, ({ confidence }) => confidence).sort();
  const rejected = Math.floor(falseRejections * confidences.length);
  return {
    classes,
    input: {
      shape: [28, 28, 1],
      pixelRange: 255,
      ink: "white on black",
      placement: "as MNIST: fitted into 20 × 20 pixels, centre of mass in the middle of 28 × 28",
    },
    ...dateAndVersions(),
    calibration: {
      leastConfidence: confidences[rejected],
      falseRejections: rejected / confidences.length,
    },
    metrics: {
      testAccuracy: accuracy,
      testCount: count,
      validationAccuracy: validation.accuracy,
    },
  };
}

/**
 * Loads a classifier that `deno task train` saved.
 *
 * @param directory Its folder.
 * @throws {Error} If it is not there or not whole.
 */
export async function loadModel(directory: string): Promise<Classifier> {
  await startBackend();
  const { network, card } = await loadNetwork(directory);
  const { classes, input } = (card ?? {}) as ModelCard;
  const [height, width, channels] = network.inputs[0].shape.slice(1);
  if (
    !Array.isArray(classes) || ![1, 255].includes(input?.pixelRange) ||
    height !== IMAGE_SIDE || width !== IMAGE_SIDE || channels !== 1 ||
    network.outputs[0].shape.at(-1) !== classes.length
  ) {
    network.dispose();
    throw new TypeError(
      `Expected ${directory} to hold a classifier of pictures of 28 × 28 whose card names its classes and pixel range but it does not`,
    );
  }
  return new Classifier(network, card as ModelCard);
}

/** A picture: `[28, 28]`, `[28, 28, 1]` or flat 784 numbers, white ink on black. */
type Picture = ArrayLike<number> | number[][] | number[][][];

/** What a classifier answers. */
export interface Prediction {
  /** Index of the most probable class. */
  index: number;
  /** Name of the class. */
  label: string;
  /** Probability of the class, 0–1. */
  confidence: number;
  /** Whether the classifier is sure enough that it is one of its classes; if not, its answer is "don't know". */
  accepted: boolean;
  /** Of every class, summing to 1. */
  probabilities: number[];
}

/** How pixels are to be read. */
interface PredictionOptions {
  /**
   * The value of full ink: 255 if pixels go from 0 to 255, 1 if from 0 to 1.
   * @default {model.card.input.pixelRange}
   */
  pixelRange?: 1 | 255;
  /**
   * Looks at each picture over which answers are averaged: test-time augmentation.
   * @default {[{}]}
   */
  views?: readonly Move[];
}

/**
 * Reads the digit in a picture.
 *
 * @param model Of digits, from {@linkcode loadModel}.
 * @param picture One digit, placed as in MNIST.
 * @throws {RangeError} If the picture has another size or pixels outside the range.
 * @throws {TypeError} If the model's classes are not digits.
 */
export function predictDigit(
  model: Classifier,
  picture: Picture,
  options?: PredictionOptions,
): Omit<Prediction, "index" | "label"> & { digit: number } {
  const { classes } = model.card;
  if (classSetOf(classes) !== "digits") {
    throw new TypeError(`Expected a model of digits but found one of ${classes.join(" ")}`);
  }
  const [{ index, confidence, accepted, probabilities }] = predict(model, [picture], options);
  return { digit: index, confidence, accepted, probabilities };
}

/**
 * Reads the character in each of several pictures.
 *
 * @param pictures One character each, placed as in MNIST.
 * @throws {RangeError} If one has another size or pixels outside the range.
 */
export function predict(
  { network, card }: Classifier,
  pictures: Picture[],
  { pixelRange = card.input.pixelRange, views = [{}] }: PredictionOptions = {},
): Prediction[] {
  if (pictures.length === 0) return [];
  const [count, classes] = [pictures.length, card.classes.length];
  const pixels = new Float32Array(views.length * count * IMAGE_PIXELS);
  pictures.forEach((picture, i) => {
    const read = readPicture(picture, pixelRange);
    views.forEach((view, k) =>
      pixels.set(movePicture(read, [view]), (k * count + i) * IMAGE_PIXELS)
    );
  });
  const probabilities = tf.tidy(() => {
    const input = tf.tensor4d(pixels, [views.length * count, IMAGE_SIDE, IMAGE_SIDE, 1]);
    // Layer by layer is twice as fast: convolution blocks are computed at once.
    const output = network instanceof tf.Sequential
      ? applyLayers(network.layers, input)
      : network.predict(input) as tf.Tensor;
    return output.reshape([views.length, count, classes]).mean(0).dataSync<"float32">();
  });
  return pictures.map((_, i) => {
    const row = Array.from(probabilities.subarray(i * classes, (i + 1) * classes));
    const confidence = Math.max(...row);
    const index = row.indexOf(confidence);
    return {
      index,
      label: card.classes[index],
      confidence,
      accepted: confidence >= (card.calibration?.leastConfidence ?? 0),
      probabilities: row,
    };
  });
}

/** @returns Pixels 0–1, flat. */
function readPicture(picture: Picture, pixelRange: 1 | 255): Float32Array {
  const shape: number[] = [];
  for (
    let level: unknown = picture;
    Array.isArray(level) || ArrayBuffer.isView(level);
    level = (level as unknown[])[0]
  ) shape.push((level as unknown[]).length);
  const values = flatten(picture);
  if (
    values.length !== IMAGE_PIXELS ||
    !["784", "28,28", "28,28,1"].includes(shape.join())
  ) {
    throw new RangeError(
      `Expected a picture of 28 × 28, 28 × 28 × 1 or 784 numbers but found ${
        shape.length > 0 ? `${shape.join(" × ")} with ${values.length} numbers` : typeof picture
      }`,
    );
  }
  const pixels = new Float32Array(IMAGE_PIXELS);
  let largest = 0;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    const value = values[i];
    if (typeof value !== "number" || !(value >= 0 && value <= pixelRange)) {
      throw new RangeError(`Expected pixels from 0 to ${pixelRange} but found ${value}`);
    }
    if (value > largest) largest = value;
    pixels[i] = value / pixelRange;
  }
  if (pixelRange === 255 && largest > 0 && largest <= 1) {
    throw new RangeError(
      `Expected pixels from 0 to 255 but found none above ${largest}: give pixelRange 1 for pixels from 0 to 1`,
    );
  }
  return pixels;
}

function flatten(level: unknown): ArrayLike<unknown> {
  if (ArrayBuffer.isView(level)) return level as Float32Array;
  return Array.isArray(level) ? level.flatMap((inner) => Array.from(flatten(inner))) : [level];
}
