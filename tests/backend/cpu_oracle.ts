/** tfjs's cpu backend as the oracle that kernels of the WASM backend are compared with. */

import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../lib/data/random.ts";

/** Values and shape of a tensor of any backend. */
export interface Values {
  shape: number[];
  values: Float32Array;
}

/** @returns Normally distributed values of the given shape, the same for the same seed. */
export function normalValues(shape: number[], seed: number): Values {
  const random = new Random(seed, ...shape);
  return {
    shape,
    values: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
  };
}

/**
 * Runs the same function on the active WASM backend and on the cpu backend.
 *
 * @param compute Gets a tensor for each of `inputs` and returns tensors.
 * @returns What `compute` gave on either backend; no tensor stays behind.
 */
export async function onBothBackends(
  inputs: Values[],
  compute: (...tensors: tf.Tensor[]) => tf.Tensor[],
): Promise<{ wasm: Values[]; cpu: Values[] }> {
  const run = () => {
    const before = tf.memory().numTensors;
    const results = tf.tidy(() => {
      const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
      return compute(...tensors).map((tensor) => ({
        shape: tensor.shape,
        values: tensor.dataSync().slice() as Float32Array,
      }));
    });
    assertEquals(tf.memory().numTensors, before);
    return results;
  };
  assertEquals(tf.getBackend(), "wasm");
  const wasm = run();
  await tf.setBackend("cpu");
  try {
    return { wasm, cpu: run() };
  } finally {
    await tf.setBackend("wasm");
  }
}

/**
 * Asserts that two tensors agree to within `tolerance` times the largest magnitude of the expected
 * one. Errors of sums in float32 grow with the magnitude of the summands, not of the sum, so a
 * relative error per element would be meaningless where summands cancel.
 */
export function assertSameValues(
  actual: Values,
  expected: Values,
  tolerance: number,
  message: string,
) {
  assertEquals(actual.shape, expected.shape, message);
  const magnitude = expected.values.reduce(
    (most, value) => Math.max(most, Math.abs(value) || 0),
    1e-30,
  );
  const unlike = expected.values.findIndex((value, i) => {
    const found = actual.values[i];
    return value !== found && !(Number.isNaN(value) && Number.isNaN(found)) &&
      !(Math.abs(value - found) <= tolerance * magnitude);
  });
  assert(
    unlike < 0,
    `${message}: expected element ${unlike} to be ${expected.values[unlike]} but found ${
      actual.values[unlike]
    }`,
  );
}
