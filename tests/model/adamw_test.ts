import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { AdamW } from "../../lib/model/adamw.ts";

/** Loshchilov & Hutter 2019, algorithm 2, for one number; their schedule η is the learning rate, their α is 1. */
function reference(parameter: number, decay: number) {
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

function normals(length: number, ...keys: number[]): Float32Array {
  const random = new Random(...keys);
  return Float32Array.from({ length }, () => random.normal());
}

const STEPS = 40;
const learningRate = (step: number) => 0.05 * (1 + Math.cos(step / 10)) / 2;

Deno.test("AdamW takes the steps of the paper's algorithm, each group at its own rate", async () => {
  await startBackend();
  const shapes = [[3], [2, 5], [1]];
  const initial = shapes.map((shape, i) => normals(tf.util.sizeFromShape(shape), 1, i));
  const variables = initial.map((values, i) => tf.variable(tf.tensor(values, shapes[i])));
  const [first, ...others] = variables;
  const optimiser = new AdamW([
    { variables: [first], rate: 0.25 },
    { variables: others, rate: 1 },
  ], 0.02);
  const expected = initial.map((values) => [...values].map((value) => reference(value, 0.02)));
  for (let step = 0; step < STEPS; step++) {
    const gradients = initial.map(({ length }, i) => normals(length, 2, step, i));
    const tensors = gradients.map((values, i) => tf.tensor(values, shapes[i]));
    optimiser.apply(tensors, learningRate(step));
    tf.dispose(tensors);
    expected.forEach((parameters, i) => {
      const values = variables[i].dataSync();
      const rate = learningRate(step) * (i === 0 ? 0.25 : 1);
      parameters.forEach((follow, j) =>
        assertAlmostEquals(values[j], follow(gradients[i][j], rate), 1e-5)
      );
    });
  }
  optimiser.dispose();
  tf.dispose(variables);
});

Deno.test("AdamW decays weights without a gradient, and leaves them at learning rate 0", async () => {
  await startBackend();
  const variable = tf.variable(tf.tensor1d([2, -4]));
  const optimiser = new AdamW([{ variables: [variable], rate: 1 }], 0.5);
  const [zeros, ones] = [tf.zeros([2]), tf.ones([2])];
  optimiser.apply([zeros], 0.1);
  assertAlmostEquals(variable.dataSync()[0], 2 * (1 - 0.1 * 0.5), 1e-6);
  assertAlmostEquals(variable.dataSync()[1], -4 * (1 - 0.1 * 0.5), 1e-6);
  const before = [...variable.dataSync()];
  optimiser.apply([ones], 0);
  assertEquals([...variable.dataSync()], before);
  optimiser.dispose();
  tf.dispose([variable, zeros, ones]);
});

Deno.test("AdamW.restore() goes on from AdamW.state() to the last bit", async () => {
  await startBackend();
  const variable = tf.variable(tf.tensor1d(normals(20, 3)));
  const groups = [{ variables: [variable], rate: 1 }];
  const optimiser = new AdamW(groups, 0.02);
  const go = (optimiser: AdamW, from: number, to: number) => {
    for (let step = from; step < to; step++) {
      const gradient = tf.tensor1d(normals(20, 4, step));
      optimiser.apply([gradient], 0.01);
      gradient.dispose();
    }
  };
  go(optimiser, 0, 3);
  const [state, weights] = [optimiser.state(), variable.dataSync().slice()];
  go(optimiser, 3, 6);
  const straight = variable.dataSync().slice();
  assertEquals(state.step, 3);

  tf.tidy(() => variable.assign(tf.tensor1d(weights)));
  const other = new AdamW(groups, 0.02);
  other.restore(state);
  go(other, 3, 6);
  assertEquals(variable.dataSync(), straight);
  tf.dispose(variable);
  optimiser.dispose();
  other.dispose();
});

Deno.test("AdamW leaves no tensors behind", async () => {
  await startBackend();
  const ones = tf.ones([4]);
  const before = tf.memory().numTensors;
  const variable = tf.variable(ones);
  const optimiser = new AdamW([{ variables: [variable], rate: 1 }], 0.02);
  for (let step = 0; step < 3; step++) optimiser.apply([ones], 0.01);
  optimiser.restore(optimiser.state());
  assert(tf.memory().numTensors > before);
  optimiser.dispose();
  variable.dispose();
  assertEquals(tf.memory().numTensors, before);
  ones.dispose();
});
