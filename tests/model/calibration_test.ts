import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { calibrate, fitCalibration } from "../../lib/model/calibration.ts";
import { Random } from "../../lib/data/random.ts";

Deno.test("calibrate() keeps probabilities at temperature 1, and their order at any", () => {
  const row = [0.1, 0.7, 0.2];
  assertEquals(calibrate(row), row);
  for (const temperature of [0.3, 4]) {
    const [a, b, c] = calibrate(row, temperature);
    assertAlmostEquals(a + b + c, 1, 1e-12);
    assert(b > c && c > a);
  }
});

Deno.test("calibrate() takes probabilities of 0", () => {
  assertEquals(calibrate([1, 0], 2).every(Number.isFinite), true);
});

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

Deno.test("fitCalibration() finds the temperature that answers were sharpened by", () => {
  for (const sharpness of [0.5, 1, 2]) {
    const { probabilities, labels } = answers(4000, sharpness);
    const { temperature } = fitCalibration(probabilities, labels);
    assertAlmostEquals(temperature, sharpness, 0.1 * sharpness);
  }
});

Deno.test("fitCalibration() rejects at most the share of digits that it states", () => {
  const { probabilities, labels } = answers(2000, 1);
  const { temperature, leastConfidence, falseRejections } = fitCalibration(probabilities, labels);
  const rejected = Array.from(labels, (_, i) => probabilities.subarray(3 * i, 3 * i + 3))
    .filter((row) => Math.max(...calibrate(row, temperature)) < leastConfidence);
  assertEquals(rejected.length / labels.length, falseRejections);
  assert(falseRejections > 0 && falseRejections <= 0.005);
});
