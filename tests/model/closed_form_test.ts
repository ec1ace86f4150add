import { assert, assertAlmostEquals } from "@std/assert";
import { startBackend } from "../../lib/backend/mod.ts";
import { Random } from "../../lib/data/random.ts";
import { solveHead } from "../../lib/model/closed_form.ts";

const [PICTURES, COPIES, WIDTH] = [12, 2, 6];
const LABELS = Uint8Array.from({ length: PICTURES }, (_, i) => i % 3);

/** Features of three classes, each around a corner of its own. */
function drawFeatures(): Float32Array {
  const random = new Random(4);
  return Float32Array.from({ length: PICTURES * COPIES * WIDTH }, (_, i) => {
    const label = LABELS[Math.floor(i / WIDTH / COPIES)];
    return (i % WIDTH === label ? 1.5 : 0) + 0.4 * random.normal();
  });
}

const logits = (
  features: Float32Array,
  { kernel, bias }: { kernel: Float32Array; bias: Float32Array },
) =>
  [0, 1, 2].map((k) =>
    bias[k] + features.reduce((sum, value, j) => sum + value * kernel[3 * j + k], 0)
  );

await startBackend();

Deno.test("solveHead() gives each class the largest logit for its own", () => {
  const features = drawFeatures();
  const head = solveHead(features, LABELS, { classes: 3, copies: COPIES });
  for (let picture = 0; picture < PICTURES; picture++) {
    const start = picture * COPIES * WIDTH;
    const answer = logits(features.subarray(start, start + WIDTH), head);
    assert(answer.indexOf(Math.max(...answer)) === LABELS[picture]);
  }
});

Deno.test("solveHead() says of each picture what a head says that is solved without it", () => {
  const features = drawFeatures();
  const { leftOut, explained } = solveHead(features, LABELS, { classes: 3, copies: COPIES });
  let squares = 0;
  leftOut.forEach((logit, i) =>
    squares += (logit / 10 - (LABELS[Math.floor(i / 3)] === i % 3 ? 2 / 3 : -1 / 3)) ** 2
  );
  assertAlmostEquals(explained, 1 - squares / PICTURES / (2 / 3), 1e-5);
  const size = COPIES * WIDTH;
  // The penalty goes with the spread of the features, which changes a little with every picture.
  for (let picture = 0; picture < PICTURES; picture++) {
    const others = new Float32Array([
      ...features.subarray(0, picture * size),
      ...features.subarray((picture + 1) * size),
    ]);
    const labels = LABELS.filter((_, i) => i !== picture);
    const head = solveHead(others, labels, { classes: 3, copies: COPIES });
    logits(features.subarray(picture * size, picture * size + WIDTH), head)
      .forEach((logit, k) => assertAlmostEquals(leftOut[3 * picture + k], logit, 0.05));
  }
});
