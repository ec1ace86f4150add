import { Random } from "../../lib/data/random.ts";

/** Answers whose logits were multiplied by `sharpness` after the labels were drawn from them. */
export function answers(count: number, sharpness: number) {
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
