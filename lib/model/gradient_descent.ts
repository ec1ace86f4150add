/** Gradient descent, as every member of a team does it: batch → gradient → average over the team → update. */

import * as tf from "@tensorflow/tfjs";
import { adamWStep, type Member, share, valuesInPlace } from "../backend/mod.ts";
import { augment, type Augmentation } from "../data/augment/augment.ts";
import { NO_CLASS } from "../data/dataset.ts";
import { drawLetters, type GlyphMasters } from "../data/letters/draw.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { EpochRecord, Stage } from "../observer.ts";
import { splitNetwork } from "./architecture.ts";
import {
  applyInBatches,
  applyLayers,
  imagesToTensor,
  networkFromData,
  readWeights,
  writeWeights,
} from "./network.ts";
import type { Recipe } from "./recipe.ts";

/** Where the inputs and labels of training come from. */
type TrainingSource =
  /** Cached features `[count, width]`, shared: only the head learns. */
  | { kind: "features"; features: Float32Array; labels: Uint8Array }
  /** Pictures `[count, 28, 28]`, shared, augmented afresh in every epoch. */
  | {
    kind: "images";
    images: Uint8Array;
    labels: Uint8Array;
    augmentation: Augmentation;
    /** Characters that the labels stand for, if other hands are to write them in their own way. */
    classes?: readonly string[];
  }
  /** Letters, drawn afresh in every epoch. */
  | { kind: "letters"; masters: GlyphMasters; count: number };

/** What is trained, on what, and how. */
interface TrainingTask {
  network: tf.io.ModelArtifacts;
  stage: Stage;
  source: TrainingSource;
  /** Features or pictures, as the source has them (pictures for letters), and their labels. */
  validation: { inputs: Float32Array | Uint8Array; labels: Uint8Array };
  recipe: Recipe;
  seed: number;
  /** Where to go on, if not at the beginning. */
  state?: TrainingState;
}

/** Everything that decides how training goes on after an epoch. */
interface TrainingState {
  /** Epochs done. */
  epoch: number;
  /** Of all layers that take part, in their order. */
  weights: Float32Array[];
  optimiser: OptimiserState;
}

/** Reported by the first member while it trains, where nothing else is said. */
type TrainingReport =
  | { step: number; steps: number; epoch: number; loss: number; accuracy: number }
  | { record: EpochRecord; state: TrainingState }
  /** The loss is no number in this epoch; any member reports that, and none goes on. */
  | { lost: number; epoch: number };

/** Milliseconds between two reports of progress. */
const REPORT_INTERVAL = 100;

/**
 * Pictures of the smallest batch that members share. Of 8, one worker takes 795 µs a picture and two take 990,
 * of 32 they take 453 and 349 (`study bench`, AMD EPYC): summing all gradients costs as much as a few pictures.
 */
const LEAST_SHARED = 16;

/**
 * Job: trains a network by synchronous data parallelism. Every member works on its share of each
 * batch; gradients are averaged over the batch; every member takes the same step, so that all
 * replicas stay equal to the last bit. Small batches are the first member's alone; the others take
 * over its weights after each epoch.
 */
export async function train(
  member: Member<TrainingReport>,
  task: TrainingTask,
): Promise<void> {
  const { stage, source, validation, recipe, state } = task;
  const isShared = recipe.batchSize >= LEAST_SHARED || member.size === 1;
  const trainer = isShared ? member : { ...member, size: 1, sum() {} };
  const network = await networkFromData(task.network);
  const { base, head } = splitNetwork(network);
  const trainsBase = source.kind !== "features";
  const layers = trainsBase ? [...base, ...head] : head;
  const learning = (layers: tf.layers.Layer[], rateFactor: number): Parameter[] =>
    layers.flatMap(({ trainableWeights }) =>
      trainableWeights.map((weight) => ({ variable: variableOf(weight), rateFactor }))
    );
  const optimiser = new AdamW(
    [...(trainsBase ? learning(base, recipe.baseRate) : []), ...learning(head, 1)],
    recipe.weightDecay,
    state?.optimiser,
  );
  const statistics = layers.filter(({ trainable }) => trainable)
    .flatMap(({ nonTrainableWeights }) => nonTrainableWeights.map(variableOf));
  if (state) writeWeights(layers, state.weights);
  for (let epoch = (state?.epoch ?? 0) + 1; epoch <= recipe.epochs; epoch++) {
    const started = performance.now();
    const replica = { layers, optimiser, statistics };
    const trained = trainer.rank < trainer.size
      ? trainEpoch(trainer, task, epoch, replica)
      : undefined;
    if (!isShared) takeOver(member, layers);
    const validated = validate(member, layers, validation);
    if (!trained || member.rank > 0) continue;
    const seconds = (performance.now() - started) / 1000;
    member.report({
      record: { stage, epoch, ...trained, ...validated, seconds },
      state: { epoch, weights: readWeights(layers), optimiser: optimiser.state() },
    });
  }
  optimiser.dispose();
  network.dispose();
}

/** Gives the weights of the first member to all others. */
function takeOver(member: Member<never>, layers: tf.layers.Layer[]): void {
  const weights = readWeights(layers);
  if (member.rank > 0) weights.forEach((values) => values.fill(0));
  member.sum(weights);
  writeWeights(layers, weights);
}

function variableOf(weight: tf.layers.Layer["trainableWeights"][number]): tf.Variable {
  return weight.read() as tf.Variable;
}

/** A member's replica of what learns. */
interface Replica {
  layers: tf.layers.Layer[];
  optimiser: AdamW;
  /** Means and variances of batch normalisation, which follow the batches without a gradient. */
  statistics: tf.Variable[];
}

/** One pass over the pictures: batch → gradient → average over the team → update, step by step. */
function trainEpoch(
  member: Member<TrainingReport>,
  { source, recipe, seed }: TrainingTask,
  epoch: number,
  { layers, optimiser, statistics }: Replica,
): Pick<EpochRecord, "trainLoss" | "trainAccuracy" | "learningRate"> {
  const count = source.kind === "letters" ? source.count : source.labels.length;
  const order = source.kind === "letters"
    ? undefined
    : new Random(seed, ORDER, epoch).permutation(count);
  const steps = Math.ceil(count / recipe.batchSize);
  const totals = new Float32Array(2);
  let seen = 0;
  let lastReport = performance.now();
  let learningRate = 0;
  for (let step = 0; step < steps; step++) {
    const first = step * recipe.batchSize;
    const batchSize = Math.min(recipe.batchSize, count - first);
    const [start, end] = share(batchSize, member);
    const batch = makeBatch(source, order, first + start, end - start, seed, epoch);
    const { loss, correct, gradients } = computeGradients(layers, optimiser.variables, batch, {
      weight: (end - start) / batchSize,
      labelSmoothing: recipe.labelSmoothing,
      dropout: new Random(seed, DROPOUT, epoch, step, member.rank),
    });
    if (!Number.isFinite(loss)) {
      member.report({ lost: loss, epoch });
      throw new RangeError(`Expected a finite loss but found ${loss}`);
    }
    sumOverTeam(member, gradients, statistics);
    learningRate = recipe.learningRate *
      oneCycle((epoch - 1) * steps + step, recipe.epochs * steps);
    optimiser.apply(gradients, learningRate);
    tf.dispose(gradients);
    totals[0] += loss;
    totals[1] += correct;
    seen += end - start;
    if (member.rank === 0 && performance.now() - lastReport > REPORT_INTERVAL) {
      lastReport = performance.now();
      const [loss, accuracy] = [totals[0] / seen, totals[1] / seen];
      member.report({ step: step + 1, steps, epoch, loss, accuracy });
    }
  }
  member.sum([totals]);
  return { trainLoss: totals[0] / count, trainAccuracy: totals[1] / count, learningRate };
}

/** Names of random streams, so that no two uses share one. */
const [ORDER, DROPOUT, AUGMENTATION] = [1, 2, 3];

interface Batch {
  /** Features or pixels 0–1. */
  inputs: tf.Tensor;
  labels: Uint8Array;
}

/**
 * A member draws its own pictures, when it needs them: they cost it a few hundredths of a step. A
 * worker beside it that draws ahead gives the same bits, and would compete for the members' cores.
 */
function makeBatch(
  source: TrainingSource,
  order: Uint32Array | undefined,
  first: number,
  count: number,
  seed: number,
  epoch: number,
): Batch {
  if (source.kind === "letters") {
    const { images, labels } = drawLetters(source.masters, {
      split: "train",
      count,
      seed,
      epoch,
      firstIndex: first,
    });
    return { inputs: imagesToTensor(images), labels };
  }
  const chosen = order!.subarray(first, first + count);
  const labels = Uint8Array.from(chosen, (index) => source.labels[index]);
  if (source.kind === "features") {
    const width = source.features.length / source.labels.length;
    const rows = new Float32Array(count * width);
    chosen.forEach((index, i) =>
      rows.set(source.features.subarray(index * width, (index + 1) * width), i * width)
    );
    return { inputs: tf.tensor2d(rows, [count, width]), labels };
  }
  const pixels = new Float32Array(count * IMAGE_PIXELS);
  chosen.forEach((index, i) => {
    const random = new Random(seed, AUGMENTATION, epoch, index);
    const image = source.images.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
    const target = pixels.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    augment(image, target, source.augmentation, random, source.classes?.[labels[i]]);
  });
  return { inputs: tf.tensor(pixels, [count, 28, 28, 1]), labels };
}

interface GradientOptions {
  /** The batch's share in the batch of all members: gradients are multiplied by it. */
  weight: number;
  labelSmoothing: number;
  dropout: Random;
}

/** One pass forward and back. Disposes of the batch. */
function computeGradients(
  layers: tf.layers.Layer[],
  variables: tf.Variable[],
  { inputs, labels }: Batch,
  { weight, labelSmoothing, dropout }: GradientOptions,
): Score & { gradients: tf.Tensor[] } {
  if (labels.length === 0) {
    inputs.dispose();
    return { loss: 0, correct: 0, gradients: variables.map(({ shape }) => tf.zeros(shape)) };
  }
  let score: Score;
  const { value, grads } = tf.variableGrads(() => {
    const logits = applyLayers(layers, inputs, dropout) as tf.Tensor2D;
    score = scoreOf(logits, labels);
    return crossEntropy(logits, labels, labelSmoothing).mul(weight);
  }, variables);
  tf.dispose([inputs, value]);
  return { ...score!, gradients: variables.map(({ name }) => grads[name]) };
}

/**
 * Sums gradients over the team, in place: each is weighted by its share of the batch, so that the sum is the mean
 * over all pictures. Averages the statistics of batch normalisation.
 */
function sumOverTeam(
  member: Member<never>,
  gradients: tf.Tensor[],
  statistics: tf.Variable[],
): void {
  if (member.size === 1) return;
  const averages = statistics.map((variable) =>
    variable.dataSync<"float32">().map((value) => value / member.size)
  );
  member.sum([...gradients.map(valuesInPlace), ...averages]);
  statistics.forEach((variable, i) =>
    tf.tidy(() => variable.assign(tf.tensor(averages[i], variable.shape)))
  );
}

function validate(
  member: Member<never>,
  layers: tf.layers.Layer[],
  { inputs, labels }: TrainingTask["validation"],
): { validationLoss: number; validationAccuracy: number } {
  const count = labels.length;
  const totals = new Float32Array(2);
  applyInBatches(layers, inputs, count, share(count, member), (logits, first, last) => {
    const { loss, correct } = scoreOf(logits as tf.Tensor2D, labels.subarray(first, last));
    totals[0] += loss;
    totals[1] += correct;
  });
  member.sum([totals]);
  return { validationLoss: totals[0] / count, validationAccuracy: totals[1] / count };
}

/**
 * Mean cross-entropy in nats of softmax(logits) against the smoothed labels; against equal shares for
 * what is of no class (outlier exposure, Hendrycks et al. 2019, https://arxiv.org/abs/1812.04606).
 */
function crossEntropy(logits: tf.Tensor2D, labels: Uint8Array, labelSmoothing: number): tf.Scalar {
  const classes = logits.shape[1];
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    if (label === NO_CLASS) targets.fill(1 / classes, row * classes, (row + 1) * classes);
    else targets[row * classes + label] = 1;
  });
  return tf.losses.softmaxCrossEntropy(
    tf.tensor2d(targets, logits.shape),
    logits,
    undefined,
    labelSmoothing,
  );
}

/** Sums over pictures. */
interface Score {
  /** Cross-entropy in nats minus its least; without label smoothing. */
  loss: number;
  /** Right answers; for what is of no class, answers that are less than half sure. */
  correct: number;
}

function scoreOf(logits: tf.Tensor2D, labels: Uint8Array): Score {
  const values = logits.dataSync<"float32">();
  const classes = logits.shape[1];
  let [loss, correct] = [0, 0];
  labels.forEach((label, i) => {
    const row = values.subarray(i * classes, (i + 1) * classes);
    let best = 0;
    for (let k = 1; k < classes; k++) if (row[k] > row[best]) best = k;
    const sum = row.reduce((sum, logit) => sum + Math.exp(logit - row[best]), 0);
    const isOfClass = label !== NO_CLASS;
    const target = isOfClass
      ? row[label]
      : row.reduce((sum, logit) => sum + logit, 0) / classes + Math.log(classes);
    loss += row[best] + Math.log(sum) - target;
    const confidence = 1 / sum;
    if (isOfClass ? best === label : confidence < 0.5) correct++;
  });
  return { loss, correct };
}

/** Part of a one-cycle schedule that warms up. */
const WARM_UP = 0.15;

/**
 * Share of the peak learning rate at a step: a linear rise from 5 % over the
 * first 15 % of the steps, then half a cosine down to 1 % (after Smith 2018,
 * "Super-convergence").
 *
 * @param step From 0.
 * @param steps Steps of the whole stage.
 */
function oneCycle(step: number, steps: number): number {
  const t = step / steps;
  if (t < WARM_UP) return 0.05 + 0.95 * t / WARM_UP;
  return 0.01 + 0.99 * (1 + Math.cos(Math.PI * (t - WARM_UP) / (1 - WARM_UP))) / 2;
}

/** What learns. */
interface Parameter {
  variable: tf.Variable;
  /** On the learning rate of a step. */
  rateFactor: number;
}

/** The memory of the optimiser: steps taken, and both moments of every variable, in order. */
interface OptimiserState {
  step: number;
  first: Float32Array[];
  second: Float32Array[];
}

const CONSTANTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2). */
class AdamW {
  /** In the order of the parameters. */
  readonly variables: tf.Variable[];
  #rateFactors: number[];
  #weightDecay: number;
  #step: number;
  #first: tf.Variable[];
  #second: tf.Variable[];

  /** @param state What {@linkcode AdamW.state} gave, to go on from there. */
  constructor(parameters: Parameter[], weightDecay: number, state?: OptimiserState) {
    this.variables = parameters.map(({ variable }) => variable);
    this.#rateFactors = parameters.map(({ rateFactor }) => rateFactor);
    this.#weightDecay = weightDecay;
    this.#step = state?.step ?? 0;
    const moments = (values?: Float32Array[]) =>
      this.variables.map(({ shape }, i) =>
        tf.tidy(() => tf.variable(values ? tf.tensor(values[i], shape) : tf.zeros(shape), false))
      );
    this.#first = moments(state?.first);
    this.#second = moments(state?.second);
  }

  /**
   * Takes a step.
   *
   * @param gradients Of every variable, in the order of {@linkcode AdamW.variables}.
   * @param learningRate Of a parameter whose factor is 1.
   */
  apply(gradients: tf.Tensor[], learningRate: number): void {
    this.#step++;
    this.variables.forEach((weight, i) => {
      const [gradient, first, second] = [gradients[i], this.#first[i], this.#second[i]];
      adamWStep({ weight, gradient, first, second }, {
        step: this.#step,
        learningRate: learningRate * this.#rateFactors[i],
        weightDecay: this.#weightDecay,
        ...CONSTANTS,
      });
    });
  }

  /** @returns A copy of the memory, to go on from later. */
  state(): OptimiserState {
    const copy = (tensor: tf.Tensor) => tensor.dataSync<"float32">().slice();
    return { step: this.#step, first: this.#first.map(copy), second: this.#second.map(copy) };
  }

  /** Frees the memory; the variables stay. */
  dispose(): void {
    tf.dispose([...this.#first, ...this.#second]);
  }
}
