/** Confidence that means what it says, and an answer of "don't know". */

/** How a classifier's probabilities are to be read, chosen on validation pictures. */
export interface Calibration {
  /** What the logits are divided by (Guo et al. 2017). */
  temperature: number;
  /** Below this confidence the answer is "don't know" (Hendrycks and Gimpel 2017). */
  leastConfidence: number;
  /** Share of the validation digits to which the answer is "don't know". */
  falseRejections: number;
}

/**
 * Share of digits that may be rejected: half of the half per cent that is promised, because a
 * share this small, counted on 5 000 pictures, can be off by as much elsewhere.
 */
const FALSE_REJECTIONS = 0.0025;

/** Probabilities below this count as this, whose logarithm would be infinite. */
const SMALLEST_PROBABILITY = 1e-30;

/**
 * Divides the logits behind probabilities by a temperature.
 *
 * @param probabilities Of one picture, one a class.
 * @returns Probabilities again; the same ones if the temperature is 1.
 *
 * @example A higher temperature is less sure
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * assertAlmostEquals(calibrate([0.8, 0.2], 2)[0], 2 / 3);
 * ```
 */
export function calibrate(probabilities: ArrayLike<number>, temperature = 1): number[] {
  const row = Array.from(probabilities);
  if (temperature === 1) return row;
  const powers = row.map((p) => Math.max(p, SMALLEST_PROBABILITY) ** (1 / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * Chooses the temperature with the smallest cross-entropy, by golden-section search, and the
 * confidence below which 0.25 % of the digits are rejected.
 *
 * @param probabilities `[count, classes]`, of validation pictures.
 * @param labels True class indices, `[count]`.
 */
export function fitCalibration(probabilities: Float32Array, labels: Uint8Array): Calibration {
  const classes = probabilities.length / labels.length;
  const rows = Array.from(labels, (_, i) => probabilities.subarray(i * classes, (i + 1) * classes));
  const loss = (logTemperature: number) =>
    rows.reduce(
      (sum, row, i) => sum - Math.log(calibrate(row, Math.exp(logTemperature))[labels[i]]),
      0,
    );
  let [low, high] = [Math.log(0.1), Math.log(10)];
  const golden = (Math.sqrt(5) - 1) / 2;
  while (high - low > 1e-3) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  const temperature = Math.exp((low + high) / 2);
  const confidences = rows.map((row) => Math.max(...calibrate(row, temperature)))
    .sort((a, b) => a - b);
  const rejected = Math.floor(FALSE_REJECTIONS * confidences.length);
  return {
    temperature,
    leastConfidence: confidences[rejected],
    falseRejections: rejected / confidences.length,
  };
}
