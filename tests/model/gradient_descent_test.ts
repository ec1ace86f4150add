import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Member } from "../../lib/backend/mod.ts";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { train } from "../../lib/model/gradient_descent.ts";
import { networkToData } from "../../lib/model/network.ts";
import type { EpochRecord } from "../../lib/observer.ts";

type Task = Parameters<typeof train>[1];
type State = NonNullable<Task["state"]>;

const [PIXELS, FEATURES, CLASSES, COUNT] = [784, 3, 4, 6];
const random = new Random(1);
const images = Uint8Array.from({ length: COUNT * PIXELS }, () => random.integer(256));
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES);

/** Steps on all pictures at once, by one member, of a network of two dense layers: one is the base. */
async function taskOf(change: Partial<Task["recipe"]> = {}): Promise<Task> {
  await startBackend();
  const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });
  const network = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1] }),
      tf.layers.dense({ units: FEATURES, kernelInitializer: glorot(1), name: "features" }),
      tf.layers.dense({ units: CLASSES, kernelInitializer: glorot(2), name: "logits" }),
    ],
  });
  const data = await networkToData(network);
  network.dispose();
  return {
    network: data,
    stage: "fine-tuning",
    source: { kind: "images", images, labels, augmentation: [] },
    validation: { inputs: images, labels },
    recipe: {
      epochs: 40,
      batchSize: COUNT,
      learningRate: 0.02,
      baseRate: 0.25,
      weightDecay: 0.5,
      labelSmoothing: 0,
      ...change,
    },
    seed: 1,
  };
}

/** Trains, and collects what is told of every epoch. */
async function run(task: Task) {
  const epochs: { record: EpochRecord; state: State }[] = [];
  const alone: Member<Parameters<Parameters<typeof train>[0]["report"]>[0]> = {
    rank: 0,
    size: 1,
    sum: () => {},
    report: (report) => void ("record" in report && epochs.push(report)),
  };
  await train(alone, task);
  return epochs;
}

/** Share of the peak learning rate: up from 5 % for 15 % of the steps, then half a cosine down to 1 %. */
function schedule(t: number): number {
  return t < 0.15 ? 0.05 + 0.95 * t / 0.15 : 0.505 + 0.495 * Math.cos(Math.PI * (t - 0.15) / 0.85);
}

/** Loshchilov & Hutter 2019, algorithm 2, for one number; their schedule η is the learning rate, their α is 1. */
function adamW(parameter: number, decay: number) {
  let [m, v, t] = [0, 0, 0];
  return (gradient: number, rate: number): number => {
    t += 1;
    m = 0.9 * m + (1 - 0.9) * gradient;
    v = 0.999 * v + (1 - 0.999) * gradient ** 2;
    const mHat = m / (1 - 0.9 ** t);
    const vHat = v / (1 - 0.999 ** t);
    parameter -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * parameter);
    return parameter;
  };
}

/** Mean cross-entropy, and its gradient by kernel and bias of both layers, written out. */
function gradientsOf([kernel, bias, headKernel, headBias]: number[][]) {
  const gradients = [kernel, bias, headKernel, headBias].map((values) => values.map(() => 0));
  let loss = 0;
  for (let i = 0; i < COUNT; i++) {
    const pixels = Array.from(
      images.subarray(i * PIXELS, (i + 1) * PIXELS),
      (value) => value / 255,
    );
    const times = (inputs: number[], weights: number[], biases: number[]) =>
      biases.map((start, unit) =>
        inputs.reduce((sum, input, k) => sum + input * weights[k * biases.length + unit], start)
      );
    const features = times(pixels, kernel, bias);
    const powers = times(features, headKernel, headBias).map(Math.exp);
    const sum = powers.reduce((total, power) => total + power);
    loss -= Math.log(powers[labels[i]] / sum) / COUNT;
    const errors = powers.map((power, k) => (power / sum - Number(k === labels[i])) / COUNT);
    const inner = features.map((_, k) =>
      errors.reduce((total, error, c) => total + error * headKernel[k * CLASSES + c], 0)
    );
    const add = (inputs: number[], outputs: number[], into: number[]) =>
      inputs.forEach((input, k) =>
        outputs.forEach((output, c) => into[k * outputs.length + c] += input * output)
      );
    add(pixels, inner, gradients[0]);
    add([1], inner, gradients[1]);
    add(features, errors, gradients[2]);
    add([1], errors, gradients[3]);
  }
  return { loss, gradients };
}

Deno.test("train() takes the steps of AdamW along the gradient, on a one-cycle schedule, the base at its own rate", async () => {
  const task = await taskOf();
  const { epochs, learningRate, baseRate, weightDecay } = task.recipe;
  const [{ state: { weights } }] = await run({
    ...task,
    recipe: { ...task.recipe, learningRate: 0 },
  });
  let parameters = weights.map((values) => Array.from(values));
  const follow = parameters.map((values) => values.map((value) => adamW(value, weightDecay)));
  for (const [step, { record, state }] of (await run(task)).entries()) {
    const { loss, gradients } = gradientsOf(parameters);
    const rate = learningRate * schedule(step / epochs);
    parameters = follow.map((layer, k) =>
      layer.map((next, i) => next(gradients[k][i], k < 2 ? baseRate * rate : rate))
    );
    assertAlmostEquals(record.learningRate, rate, 1e-12);
    assertAlmostEquals(record.trainLoss, loss, 1e-4);
    state.weights.forEach((values, k) =>
      values.forEach((value, i) => assertAlmostEquals(value, parameters[k][i], 1e-4))
    );
  }
});

Deno.test("train() goes on from the state after an epoch to the last bit", async () => {
  const task = await taskOf({ epochs: 4 });
  const straight = await run(task);
  const rest = await run({ ...task, state: structuredClone(straight[1].state) });
  assertEquals(rest.map(({ state }) => state), straight.slice(2).map(({ state }) => state));
  assertEquals(rest.at(-1)!.state.optimiser.step, 4);
});

Deno.test("train() leaves no tensors behind", async () => {
  const task = await taskOf({ epochs: 2 });
  const before = tf.memory().numTensors;
  const [, { state }] = await run(task);
  await run({ ...task, recipe: { ...task.recipe, epochs: 3 }, state });
  assertEquals(tf.memory().numTensors, before);
});
