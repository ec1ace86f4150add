/** Networks and cards for tests. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { zipSync } from "fflate";
import { startBackend } from "../../lib/backend/backend.ts";
import { DIGITS } from "../../lib/data/mnist.ts";
import { addHead, buildBase } from "../../lib/model/architecture.ts";
import type { Classifier } from "../../lib/model/classifier.ts";
import { saveNetwork } from "../../lib/model/saved_network.ts";

/** @returns The small network with random weights. */
export async function randomNetwork(seed = 1, classes = 10): Promise<tf.Sequential> {
  await startBackend();
  return addHead(buildBase("cnn-small", seed), { classes, seed });
}

/** Saves the small network with random weights. */
export async function saveRandomNetwork(path: string, card = CARD, seed = 1): Promise<void> {
  const network = await randomNetwork(seed, card.classes.length);
  await saveNetwork(path, network, card);
  network.dispose();
}

/** A network that adds up the ink with a weight for each pixel, for the second of two classes. */
export function weighted(weights: Float32Array): tf.Sequential {
  const network = tf.sequential();
  network.add(tf.layers.flatten({ inputShape: [28, 28, 1], name: "features" }));
  network.add(tf.layers.dense({ units: 2, name: "logits" }));
  network.add(tf.layers.softmax());
  const kernel = new Float32Array(784 * 2);
  weights.forEach((weight, i) => kernel[2 * i + 1] = weight);
  network.layers[1].setWeights([tf.tensor2d(kernel, [784, 2]), tf.zeros([2])]);
  return network;
}

/** The files of a folder as a zip, as the page packs what it was taught. */
export async function zipFolder(folder: string): Promise<Uint8Array> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const files = names.map((name) => [name, Deno.readFileSync(join(folder, name))]);
  return zipSync(Object.fromEntries(files), { level: 0 });
}

/** The card of a classifier whose pixels go from 0 to 255. */
export const CARD: Classifier["card"] = {
  classes: DIGITS,
  input: {
    shape: [28, 28, 1],
    pixelRange: 255,
    ink: "white on black",
    placement: "as MNIST",
  },
  base: "cnn-small",
  mode: "from scratch",
  seed: 1,
  date: "2026-01-31",
  versions: {},
  metrics: { testAccuracy: 0.5, testCount: 10, validationAccuracy: 0.5 },
};

/**
 * Throws unless two lists of weights are equal to the last bit. (A general comparison would take
 * minutes to word the difference of so many numbers.)
 */
export function assertSameWeights(actual: Float32Array[], expected: Float32Array[]): void {
  assertEquals(actual.map(({ length }) => length), expected.map(({ length }) => length));
  for (const [i, values] of actual.entries()) {
    const place = values.findIndex((value, j) => !Object.is(value, expected[i][j]));
    assert(
      place < 0,
      `Expected ${expected[i][place]} at ${place} of array ${i} but found ${values[place]}`,
    );
  }
}
