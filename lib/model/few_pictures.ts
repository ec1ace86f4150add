/** A classifier from few pictures of each class: a base that stays as it is, and a head in closed form. */

import * as tf from "@tensorflow/tfjs";
import { join as joinPath } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import { augment } from "../data/augment/augment.ts";
import { type Dataset, join, pick, type Splits } from "../data/dataset.ts";
import { packIdx, readIdxPair } from "../data/idx.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { addHead, type BaseName, LOGITS } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { chooseRejection, divideLogits, fitTemperature } from "./calibration.ts";
import { loadModel } from "./classifier.ts";
import { solveHead } from "./closed_form.ts";
import { evaluate, evaluateProbabilities } from "./evaluation.ts";
import { computeOutputs } from "./inference.ts";
import { LIGHT_AUGMENTATION } from "./recipe.ts";
import type { Team } from "./team.ts";
import { describeClassifier, roundToHalf, type TrainResult } from "./transfer.ts";

/** From so many pictures a class on, on average, the head is learnt step by step. */
const MANY_PICTURES = 20;

/** More pictures than this make more equations than are worth solving. */
const MOST_PICTURES = 3000;

/** Rows of the least squares: pictures and their copies. The work grows with their cube. */
const MOST_ROWS = 1200;

/** A picture and ten copies of it, if there is room. */
const MOST_COPIES = 11;

/**
 * Share of the pictures that may be answered with "don't know": one in twenty, because the least confident
 * of so few say little.
 */
const FALSE_REJECTIONS = 0.05;

/** Whether there are so few pictures that the head is better solved than learnt. */
export function areFew({ train, validation, classes }: Splits): boolean {
  return train.count + validation.count < Math.min(MANY_PICTURES * classes.length, MOST_PICTURES);
}

/**
 * Learns from few pictures: freezes the base, computes the features of each picture and of copies, moved and
 * bent a little, and solves the head. It is calibrated on what the head that is solved without a picture says
 * of it, for each picture, and tested on that as well where there are no test pictures.
 *
 * @param options Pictures to validate on are learnt from too: nothing is chosen on them.
 * @throws {RangeError} If there are more than 3 000 pictures.
 */
export async function learnFromFew(
  team: Team,
  { data, base, seed, observer }: {
    data: Splits;
    base: BaseName;
    seed: number;
    observer?: Observer;
  },
): Promise<TrainResult> {
  const { classes, test } = data;
  const pictures = join(data.train, data.validation);
  if (pictures.count > MOST_PICTURES) {
    throw new RangeError(
      `Expected at most ${MOST_PICTURES} pictures to solve a head from but found ${pictures.count}`,
    );
  }
  await startBackend();
  const started = performance.now();
  const network = addHead((await loadBase(base)).network, {
    classes: classes.length,
    seed,
    hiddenUnits: 0,
  });
  const copies = Math.min(MOST_COPIES, Math.max(1, Math.floor(MOST_ROWS / pictures.count)));
  const drawn = drawCopies(pictures, copies, seed);
  const features = await computeOutputs(team, network, drawn, "features", observer);
  const head = solveHead(features, pictures.labels, { classes: classes.length, copies });
  tf.tidy(() => {
    const kernel = tf.tensor2d(head.kernel, [head.kernel.length / classes.length, classes.length]);
    network.getLayer(LOGITS).setWeights([kernel, tf.tensor1d(head.bias)]);
  });
  const counts = classes.map((_, label) => pictures.labels.filter((one) => one === label).length);
  // Left out, the only picture of a class leaves a head that has never seen the class.
  const judged = [...pictures.labels.keys()].filter((i) => counts[pictures.labels[i]] > 1);
  const tested = judged.length > 0 ? pick(pictures, judged) : pictures;
  const logits = tf.tidy(() =>
    tf.tensor2d(head.leftOut, [pictures.count, classes.length])
      .gather(judged.length > 0 ? judged : [...pictures.labels.keys()])
  );
  const temperature = judged.length > 0 ? fitTemperature(softmax(logits, 1), tested.labels) : 1;
  divideLogits(network, temperature);
  roundToHalf(network);
  const probabilities = softmax(logits, temperature);
  logits.dispose();
  const leftOut = evaluateProbabilities(probabilities, tested.labels, classes);
  const evaluation = test.count > 0
    ? await evaluate(team, network, test, classes, observer)
    : leftOut;
  const { metrics, ...card } = describeClassifier(
    evaluation,
    leftOut,
    chooseRejection(probabilities, classes.length, FALSE_REJECTIONS),
  );
  return {
    network,
    history: [],
    evaluation,
    tested: test.count > 0 ? test : tested,
    card: {
      base,
      mode: "closed form",
      seed,
      seconds: (performance.now() - started) / 1000,
      ...card,
      metrics: test.count > 0 ? metrics : { ...metrics, testCount: judged.length, leftOut: true },
    },
  };
}

/** Every picture as it is, and its copies behind it. */
function drawCopies({ count, images }: Dataset, copies: number, seed: number): Uint8Array {
  const drawn = new Uint8Array(count * copies * IMAGE_PIXELS);
  const copy = new Float32Array(IMAGE_PIXELS);
  for (let i = 0; i < count; i++) {
    const picture = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    for (let c = 0; c < copies; c++) {
      augment(picture, copy, c === 0 ? [] : LIGHT_AUGMENTATION, new Random(seed, i, c));
      drawn.set(copy.map((value) => Math.round(255 * value)), (i * copies + c) * IMAGE_PIXELS);
    }
  }
  return drawn;
}

function softmax(logits: tf.Tensor, temperature: number): Float32Array {
  return tf.tidy(() => tf.softmax(logits.div(temperature)).dataSync<"float32">());
}

/** Names of the files beside a model that hold what it was learnt from. */
const EXAMPLES = {
  images: "examples-images-idx3-ubyte.gz",
  labels: "examples-labels-idx1-ubyte.gz",
};

/** What a model was learnt from, as files of its folder; of more than 3 000 pictures, nothing. */
export async function encodeExamples(
  { train, validation }: Splits,
): Promise<Record<string, Uint8Array>> {
  const { count, images, labels } = join(train, validation);
  if (count > MOST_PICTURES) return {};
  return {
    [EXAMPLES.images]: await packIdx({ shape: [count, IMAGE_SIDE, IMAGE_SIDE], values: images }),
    [EXAMPLES.labels]: await packIdx({ shape: [count], values: labels }),
  };
}

/**
 * Adds the pictures that a model was learnt from to others, of the same classes or more.
 *
 * @param directory Folder of the model.
 * @throws {Error} If the model has none beside it.
 */
export async function addExamples(data: Splits, directory: string): Promise<Splits> {
  using model = await loadModel(directory);
  const { classes } = model.card;
  const known = await readIdxPair(
    joinPath(directory, EXAMPLES.images),
    joinPath(directory, EXAMPLES.labels),
  );
  const all = [...classes, ...data.classes.filter((name) => !classes.includes(name))];
  const renumber = (dataset: Dataset, from: string[]) => ({
    ...dataset,
    labels: dataset.labels.map((label) => all.indexOf(from[label])),
  });
  const [train, validation, test] = [data.train, data.validation, data.test]
    .map((part) => renumber(part, data.classes));
  return { ...data, classes: all, train: join(renumber(known, classes), train), validation, test };
}
