import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { calibrate } from "../../lib/model/calibration.ts";
import { readWeights } from "../../lib/model/network.ts";
import { answers } from "./answers.ts";
import { randomNetwork } from "./saved_networks.ts";

Deno.test("calibrate() finds the temperature that answers were sharpened by", async () => {
  const network = await randomNetwork();
  for (const sharpness of [0.5, 1, 2]) {
    const { probabilities, labels } = answers(4000, sharpness);
    assertAlmostEquals(calibrate(network, probabilities, labels), sharpness, 0.1 * sharpness);
  }
  network.dispose();
});

Deno.test("calibrate() takes probabilities of 0, and no pictures at all", async () => {
  const network = await randomNetwork();
  const probabilities = Float32Array.of(1, 0, 0, 1, 1, 0);
  assert(Number.isFinite(calibrate(network, probabilities, Uint8Array.of(0, 1, 1))));
  assertEquals(calibrate(network, new Float32Array(), new Uint8Array()), 1);
  network.dispose();
});

Deno.test("calibrate() keeps the order of answers, and raises probabilities to 1 / temperature", async () => {
  const network = await randomNetwork();
  const picture = tf.randomUniform([1, 28, 28, 1], 0, 1, "float32", 1);
  const answer = () => Array.from((network.predict(picture) as tf.Tensor).dataSync());
  const before = answer();
  const { probabilities, labels } = answers(4000, 2);
  const temperature = calibrate(network, probabilities, labels);
  const powers = before.map((value) => value ** (1 / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  // The weights are in half precision.
  answer().forEach((value, i) => assertAlmostEquals(value, powers[i] / sum, 1e-3));
  const weights = readWeights(network.layers).flatMap((values) => [...values]);
  assertEquals(weights, [...Float16Array.from(weights)]);
  network.dispose();
});
