/**
 * jax-js on its WebAssembly device, which uses all cores: the same network without dropout, and AdamW
 * without bias correction.
 */

import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { IMAGE_SIDE } from "../../image/size.ts";
import { Random } from "../../data/random.ts";
import { BASE_FILTERS } from "../../model/architecture.ts";
import { RECIPES } from "../../model/recipe.ts";
import { bySize, microseconds, parseOptions, serve } from "./peer.ts";

const CLASSES = 10;
const { learningRate, weightDecay, labelSmoothing } = RECIPES["from-scratch"];
const FILTERS = [1, ...BASE_FILTERS.cnn];
const FEATURE_COUNT = 9 * FILTERS[3];
const HIDDEN_UNITS = 256;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

type Parameters = {
  stages: { filter: np.Array; gain: np.Array; shift: np.Array }[];
  hidden: { weight: np.Array; bias: np.Array };
  logits: { weight: np.Array; bias: np.Array };
};

const options = parseOptions();
const random = new Random(1);
await init("wasm");
defaultDevice("wasm");

function uniform(shape: number[], limit: number): np.Array {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, () => random.uniform(-limit, limit));
  return np.array(values).reshape(shape);
}

function initialise(): Parameters {
  return {
    stages: [0, 1, 2].map((i) => ({
      filter: uniform([FILTERS[i + 1], FILTERS[i], 3, 3], 0.1),
      gain: np.ones([1, FILTERS[i + 1], 1, 1]),
      shift: np.zeros([1, FILTERS[i + 1], 1, 1]),
    })),
    hidden: {
      weight: uniform([FEATURE_COUNT, HIDDEN_UNITS], 0.05),
      bias: np.zeros([HIDDEN_UNITS]),
    },
    logits: { weight: uniform([HIDDEN_UNITS, CLASSES], 0.1), bias: np.zeros([CLASSES]) },
  };
}

/** From pixels 0–1, `[count, 1, 28, 28]`, to logits; batch normalisation by the batch's statistics. */
function forward({ stages, hidden, logits }: Parameters, pixels: np.Array): np.Array {
  let x = pixels.sub(0.13).div(0.31);
  for (const { filter, gain, shift } of stages) {
    x = lax.conv(x, filter, [1, 1], "SAME");
    const [count, channels, side] = x.shape;
    const half = side >> 1;
    if (side % 2) x = x.slice([], [], [0, 2 * half], [0, 2 * half]);
    x = np.max(x.reshape([count, channels, half, 2, half, 2]), [3, 5]);
    x = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }));
    const variance = np.mean(np.square(x.ref), [0, 2, 3], { keepdims: true });
    x = nn.relu(x.div(np.sqrt(variance.add(1e-3))).mul(gain).add(shift));
  }
  x = x.reshape([-1, FEATURE_COUNT]);
  x = nn.relu(np.dot(x, hidden.weight).add(hidden.bias));
  return np.dot(x, logits.weight).add(logits.bias);
}

function loss(parameters: Parameters, pixels: np.Array, targets: np.Array): np.Array {
  const logProbabilities = nn.logSoftmax(forward(parameters, pixels));
  return np.mean(np.sum(logProbabilities.mul(targets), 1)).neg();
}

/** A step of AdamW: parameters and both moments before and after. */
const step = jit((
  parameters: Parameters,
  first: Parameters,
  second: Parameters,
  pixels: np.Array,
  targets: np.Array,
) => {
  const [, gradients] = valueAndGrad(loss)(tree.ref(parameters), pixels, targets);
  const mix = (decay: number) => (old: np.Array, now: np.Array) =>
    old.mul(decay).add(now.mul(1 - decay));
  const newFirst = tree.map(mix(BETA1), first, tree.ref(gradients));
  const newSecond = tree.map(mix(BETA2), second, tree.map(np.square, gradients));
  const updated = tree.map(
    (value: np.Array, first: np.Array, second: np.Array) =>
      value.mul(1 - learningRate * weightDecay).sub(
        first.div(np.sqrt(second).add(EPSILON)).mul(learningRate),
      ),
    parameters,
    tree.ref(newFirst),
    tree.ref(newSecond),
  );
  return [updated, newFirst, newSecond];
});

await serve(
  { versions: { "jax-js": "0.1.25" }, configuration: "wasm device, jit, no dropout" },
  async () => ({
    step: await bySize(options.stepBatches, timeStep),
    forward: await bySize(options.forwardBatches, timeForward),
  }),
);

function timeStep(size: number): Promise<number> {
  const pixels = uniform([size, 1, IMAGE_SIDE, IMAGE_SIDE], 1);
  const answers = np.array(Int32Array.from({ length: size }, (_, i) => i % CLASSES));
  const targets = nn.oneHot(answers, CLASSES).mul(1 - labelSmoothing)
    .add(labelSmoothing / CLASSES);
  const zeros = () =>
    tree.map((value: np.Array) => np.zerosLike(value), initialise()) as Parameters;
  let state = [initialise(), zeros(), zeros()];
  return microseconds(
    async () => {
      state = step(state[0], state[1], state[2], pixels.ref, targets.ref) as Parameters[];
      await blockUntilReady(state);
    },
    size,
    options,
  );
}

function timeForward(size: number): Promise<number> {
  const parameters = initialise();
  const pixels = uniform([size, 1, IMAGE_SIDE, IMAGE_SIDE], 1);
  const run = jit(forward);
  return microseconds(() => run(tree.ref(parameters), pixels.ref).data(), size, options);
}
