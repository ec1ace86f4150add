import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { describeClassifier, divideLogits, fitTemperature } from "../../lib/model/calibration.ts";
import { evaluateProbabilities } from "../../lib/model/evaluation.ts";
import { Random } from "../../lib/data/random.ts";
import { randomNetwork } from "./saved_networks.ts";

/** Answers whose logits were multiplied by `sharpness` after the labels were drawn from them. */
function answers(count: number, sharpness: number) {
  const random = new Random(1);
  const probabilities = new Float32Array(3 * count);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const logits = [0, 1, 2].map(() => 2 * random.normal());
    const softmax = (scale: number) => {
      const powers = logits.map((logit) => Math.exp(scale * logit));
      const sum = powers.reduce((total, power) => total + power);
      return powers.map((power) => power / sum);
    };
    const [a, b] = softmax(1);
    const draw = random.uniform();
    labels[i] = draw < a ? 0 : draw < a + b ? 1 : 2;
    probabilities.set(softmax(sharpness), 3 * i);
  }
  return { probabilities, labels };
}

Deno.test("fitTemperature() finds the temperature that answers were sharpened by", () => {
  for (const sharpness of [0.5, 1, 2]) {
    const { probabilities, labels } = answers(4000, sharpness);
    assertAlmostEquals(fitTemperature(probabilities, labels), sharpness, 0.1 * sharpness);
  }
});

Deno.test("fitTemperature() takes probabilities of 0", () => {
  const probabilities = Float32Array.of(1, 0, 0, 1, 1, 0);
  assert(Number.isFinite(fitTemperature(probabilities, Uint8Array.of(0, 1, 1))));
});

Deno.test("divideLogits() keeps the order of answers, and raises probabilities to 1 / temperature", async () => {
  const network = await randomNetwork();
  const picture = tf.randomUniform([1, 28, 28, 1], 0, 1, "float32", 1);
  const answer = () => Array.from((network.predict(picture) as tf.Tensor).dataSync());
  const before = answer();
  divideLogits(network, 2);
  const powers = before.map(Math.sqrt);
  const sum = powers.reduce((total, power) => total + power, 0);
  answer().forEach((value, i) => assertAlmostEquals(value, powers[i] / sum, 1e-5));
  network.dispose();
});

Deno.test("describeClassifier() rejects at most the share of digits that it states", () => {
  const { probabilities, labels } = answers(2000, 1);
  const validation = evaluateProbabilities(probabilities, labels, ["a", "b", "c"]);
  const { leastConfidence, falseRejections } = describeClassifier(validation, validation)
    .calibration!;
  const rejected = validation.answers.filter(({ confidence }) => confidence < leastConfidence);
  assertEquals(rejected.length / labels.length, falseRejections);
  assert(falseRejections > 0 && falseRejections <= 0.005);
});
