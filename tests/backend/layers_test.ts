import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { table, writeSection } from "../../lib/study/report.ts";
import { withCanaries } from "./canaries.ts";
import {
  ALIASES,
  LAYER_CASES,
  type LayerCase,
  type Optimization,
  OPTIMIZATIONS,
  SKIPPED_LAYERS,
} from "./layers.ts";

const README = fromFileUrl(import.meta.resolve("../../lib/backend/README.md"));

/** Relative to the largest magnitude of a tensor. */
const TOLERANCE = 5e-5;

const BATCHES = [1, 3];

/** Numbers of tensors by name, or why there are none. */
type Numbers = Record<string, ArrayLike<number>> | string;

/** What a network of a case gave. */
interface Outcome {
  name: string;
  case: string;
  forward: Numbers;
  training: Numbers;
}

async function attempt(compute: () => Promise<Numbers>): Promise<Numbers> {
  try {
    return await compute();
  } catch (error) {
    return (error as Error).message;
  }
}

const DRAWS: Record<LayerCase["content"], (random: Random, row: number) => number> = {
  floats: (random) => random.normal(),
  ids: (random) => random.integer(6),
  masked: (random, row) => row % 3 === 1 ? 0 : random.normal(),
};

function draw(shape: number[], content: LayerCase["content"], seed: number): tf.Tensor {
  const random = new Random(seed, ...shape);
  const width = shape[shape.length - 1];
  const size = tf.util.sizeFromShape(shape);
  const values = Array.from(
    { length: size },
    (_, i) => DRAWS[content](random, Math.floor(i / width)),
  );
  return tf.tensor(values, shape);
}

function build({ inputs, apply, batch }: LayerCase): tf.LayersModel {
  const symbols = inputs.map((shape) =>
    batch ? tf.input({ batchShape: [batch, ...shape] }) : tf.input({ shape })
  );
  const model = tf.model({ inputs: symbols, outputs: apply(...symbols) });
  drawWeights(model);
  return model;
}

function drawWeights(model: tf.LayersModel): void {
  model.setWeights(model.weights.map(({ shape, originalName }, i) => {
    const values = draw(shape as number[], "floats", 100 + i).mul(0.5);
    return originalName.includes("variance") ? values.abs().add(0.1) : values;
  }));
}

function forward(model: tf.LayersModel, inputs: tf.Tensor[]): Numbers {
  const output = model.predict(inputs) as tf.Tensor;
  const expected = model.outputs[0].shape.map((size, axis) => size ?? output.shape[axis]);
  assertEquals(output.shape, expected);
  return { output: output.dataSync() };
}

/** Gradients by inputs and weights, then two steps. */
async function train(
  model: tf.LayersModel,
  inputs: tf.Tensor[],
  { content }: LayerCase,
): Promise<Numbers> {
  const variables = content === "ids" ? [] : inputs.map((tensor) => tf.variable(tensor));
  const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  if (variables.length + weights.length === 0) return {};
  let target: tf.Tensor | undefined;
  const { grads } = tf.variableGrads(() => {
    const given = content === "ids" ? inputs : variables;
    const output = model.apply(given, { training: true }) as tf.Tensor;
    target = tf.keep(draw(output.shape, "floats", 9));
    return output.mul(target).sum() as tf.Scalar;
  }, [...variables, ...weights]);
  const gradients = Object.values(grads).map((gradient, i) =>
    [`gradient ${i}`, gradient.dataSync()] as const
  );
  model.compile({ optimizer: tf.train.sgd(0.05), loss: "meanSquaredError" });
  const steps = weights.length > 0 ? await takeSteps(model, inputs, target!, 2) : {};
  return { ...Object.fromEntries(gradients), ...steps };
}

async function takeSteps(
  model: tf.LayersModel,
  inputs: tf.Tensor[],
  target: tf.Tensor,
  count: number,
): Promise<Record<string, ArrayLike<number>>> {
  const losses: number[] = [];
  for (let step = 0; step < count; step++) {
    losses.push(await model.trainOnBatch(inputs, target) as number);
  }
  const weights = model.getWeights().map((weight, i) =>
    [`weight ${i}`, weight.dataSync().slice()] as const
  );
  return { losses, ...Object.fromEntries(weights) };
}

async function runLayer(layerCase: LayerCase, batch: number): Promise<Outcome> {
  const { layer, variant, content } = layerCase;
  const inputs = layerCase.inputs.map((shape, i) => draw([batch, ...shape], content, i));
  let model: tf.LayersModel | undefined;
  const predicted = await attempt(async () => {
    model = build(layerCase);
    return await forward(model, inputs);
  });
  const training = typeof predicted === "string"
    ? predicted
    : await attempt(() => train(model!, inputs, layerCase));
  return { name: layer, case: variant, forward: predicted, training };
}

/** Five steps of a small network. */
async function runOptimizer(
  { optimizer, variant, make }: Optimization,
  batch: number,
): Promise<Outcome> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 5, 1], filters: 8, kernelSize: 3, useBias: false }),
      tf.layers.batchNormalization(),
      tf.layers.activation({ activation: "relu" }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
  drawWeights(model);
  model.compile({ optimizer: make(), loss: "categoricalCrossentropy" });
  const labels = tf.oneHot(Array.from({ length: batch }, (_, i) => i % 3), 3);
  const inputs = [draw([batch, 6, 5, 1], "floats", 1)];
  const training = await attempt(() => takeSteps(model, inputs, labels, 5));
  return { name: optimizer, case: variant, forward: {}, training };
}

/** All cases on the active backend; layers that draw random numbers draw the same ones. */
async function runAll(): Promise<{ layers: Outcome[]; optimizers: Outcome[] }> {
  const { random } = Math;
  const seeded = async (run: () => Promise<Outcome>) => {
    const numbers = new Random(1);
    Math.random = () => numbers.integer(2 ** 30) / 2 ** 30;
    tf.engine().startScope();
    const outcome = await run();
    tf.engine().endScope();
    return outcome;
  };
  const [layers, optimizers]: Outcome[][] = [[], []];
  try {
    for (const batch of BATCHES) {
      for (const layerCase of LAYER_CASES) {
        layers.push(await seeded(() => runLayer(layerCase, layerCase.batch ?? batch)));
      }
      for (const optimization of OPTIMIZATIONS) {
        optimizers.push(await seeded(() => runOptimizer(optimization, batch)));
      }
    }
  } finally {
    Math.random = random;
  }
  return { layers, optimizers };
}

/** How `actual` differs from `expected`, `undefined` where it does not. */
function difference(actual: Numbers, expected: Numbers): string | undefined {
  if (typeof actual === "string" || typeof expected === "string") {
    return actual === expected
      ? undefined
      : `expected ${reason(expected)} but found ${reason(actual)}`;
  }
  for (const [name, values] of Object.entries(expected)) {
    const found = actual[name];
    const magnitude = Math.max(1e-30, ...Array.from(values, (value) => Math.abs(value) || 0));
    const unlike = Array.from(values).findIndex((value, i) =>
      !Object.is(value, found[i]) && !(Math.abs(value - found[i]) <= TOLERANCE * magnitude)
    );
    if (unlike >= 0 || found.length !== values.length) {
      return `expected ${values[unlike]} at ${unlike} of ${name} but found ${found[unlike]}`;
    }
  }
  return undefined;
}

const reason = (numbers: Numbers) => typeof numbers === "string" ? numbers : "numbers";

/** A row for each name: how many networks, and what cannot be done, and what is said then. */
function describe(head: string, outcomes: Outcome[]): string {
  const rows = Object.entries(Object.groupBy(outcomes, ({ name }) => name)).map(([name, all]) => {
    const refused = all!.flatMap(({ case: variant, forward, training }) => {
      const part = typeof forward === "string" ? "" : "training";
      const why = typeof forward === "string" ? forward : training;
      const what = [variant || "as it comes", part].filter((text) => text).join(", ");
      return typeof why === "string" ? [`${what}: _${why}_`] : [];
    });
    return [`\`${name}\``, `${all!.length}`, [...new Set(refused)].join("; ") || "nothing"];
  });
  return table([head, "networks", "what is refused, and how"], rows);
}

/**
 * The gradients of resizing, which the cpu backend has wrong: resizing is linear, and so what every
 * pixel alone is resized to says where each gradient goes.
 */
function mendOracle(): void {
  for (const name of ["ResizeBilinear", "ResizeNearestNeighbor"]) {
    tf.unregisterKernel(`${name}Grad`, "cpu");
    const kernelFunc = (
      { inputs, attrs }: { inputs: Record<string, tf.TensorInfo>; attrs?: object },
    ) =>
      tf.tidy(() => {
        const [, height, width] = inputs.images.shape;
        const dy = inputs.dy as tf.Tensor4D;
        const pixels = tf.eye(height * width).reshape([-1, height, width, 1]);
        const resized = tf.engine().runKernel(name, { images: pixels }, attrs as tf.NamedAttrMap);
        return tf.einsum("pyxo,nyxc->npc", resized as tf.Tensor, dy)
          .reshape([-1, height, width, dy.shape[3]]);
      });
    tf.registerKernel({
      kernelName: `${name}Grad`,
      backendName: "cpu",
      kernelFunc: kernelFunc as unknown as tf.KernelFunc,
    });
  }
}

Deno.test("every layer and optimiser gives what it gives on the cpu backend", async () => {
  await startBackend();
  let found!: Awaited<ReturnType<typeof runAll>>;
  await withCanaries(async () => {
    found = await runAll();
  });
  await tf.setBackend("cpu");
  mendOracle();
  const expected = await runAll();
  await tf.setBackend("wasm");
  const unlike = (["layers", "optimizers"] as const).flatMap((kind) =>
    found[kind].flatMap((outcome, i) =>
      (["forward", "training"] as const).flatMap((part) => {
        const problem = difference(outcome[part], expected[kind][i][part]);
        return problem ? [`${outcome.name}, ${outcome.case}, ${part}: ${problem}`] : [];
      })
    )
  );
  assertEquals(unlike, []);
  const section = [describe("layer", found.layers), describe("optimiser", found.optimizers)]
    .join("\n\n");
  if (Deno.args.includes("--readme")) await writeSection("layers", section, README);
  const [, written] = (await Deno.readTextFile(README)).split(/<!-- layers: (?:begin|end) -->/);
  assertEquals(
    written.trim(),
    section,
    "the table of lib/backend/README.md: write it with --readme",
  );
});

/** The slope of a sum of squares along a direction, by differences and by gradients. */
function slopes<Inputs extends tf.Tensor[]>(
  f: (...inputs: Inputs) => tf.Tensor,
  shapes: number[][],
): number[] {
  const inputs = shapes.map((shape, i) => draw(shape, "floats", i).abs().add(0.5));
  const steps = shapes.map((shape, i) => draw(shape, "floats", 20 + i).mul(1e-2));
  const loss = (...inputs: tf.Tensor[]) => f(...inputs as Inputs).square().sum();
  const at = (sign: number) => loss(...inputs.map((x, i) => x.add(steps[i].mul(sign))));
  const gradients = tf.grads(loss)(inputs);
  const along = tf.addN(gradients.map((gradient, i) => gradient.mul(steps[i]).sum()));
  return [at(1).sub(at(-1)).div(2).dataSync()[0], along.dataSync()[0]];
}

Deno.test("the gradient of conv3dTranspose is what differences say", async () => {
  await startBackend();
  const transposed = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv3dTranspose(x as tf.Tensor5D, filter as tf.Tensor5D, [2, 4, 6, 6, 3], 2, "same");
  const [expected, found] = slopes(transposed, [[2, 2, 3, 3, 2], [2, 3, 3, 3, 2]]);
  assert(Math.abs(found - expected) < 1e-2 * Math.abs(expected), `${found} and ${expected}`);
});

function seededLstm(): tf.layers.Layer {
  const [kernelInitializer, recurrentInitializer] = [1, 2].map((seed) =>
    tf.initializers.glorotUniform({ seed })
  );
  return tf.layers.lstm({
    ...{ units: 8, recurrentActivation: "sigmoid", kernelInitializer, recurrentInitializer },
  });
}

Deno.test("the gradient of an LSTM of one step, which tfjs cannot train, is what differences say", async () => {
  await startBackend();
  const layer = seededLstm();
  const step = (x: tf.Tensor, ...initialState: tf.Tensor[]) =>
    layer.apply(x, { initialState }) as tf.Tensor;
  const [expected, found] = slopes(step, [[2, 1, 3], [2, 8], [2, 8]]);
  assertAlmostEquals(found, expected, 1e-2 * Math.abs(expected));
});

Deno.test("gradients of gradients go through an LSTM as on the cpu backend", async () => {
  const second = () => {
    const layer = seededLstm();
    const first = tf.grad((x: tf.Tensor) => (layer.apply(x) as tf.Tensor).square().sum());
    const squares = tf.grad((x: tf.Tensor) => first(x).square().sum());
    return { gradient: squares(draw([2, 3, 3], "floats", 9)).dataSync() };
  };
  await startBackend();
  const found = second();
  await tf.setBackend("cpu");
  assertEquals(difference(found, second()), undefined);
  await tf.setBackend("wasm");
});

for (
  const [name, shape, make] of [
    ["conv1d", [7, 3], tf.layers.conv1d],
    ["conv2d", [6, 7, 3], tf.layers.conv2d],
    ["separableConv2d", [6, 7, 3], tf.layers.separableConv2d],
    ["conv3d", [5, 6, 5, 2], tf.layers.conv3d],
  ] as const
) {
  Deno.test(`a dilated ${name} trains as differences of what it gives in use say`, async () => {
    await startBackend();
    for (const padding of ["same", "valid"] as const) {
      const layer = make({ filters: 4, kernelSize: 2, dilationRate: 3, padding });
      const x = draw([2, ...shape], "floats", 1);
      layer.apply(x);
      layer.setWeights(layer.weights.map(({ shape }, i) => draw(shape as number[], "floats", i)));
      const loss = () => (layer.apply(x) as tf.Tensor).square().sum() as tf.Scalar;
      const inUse = loss();
      const { value, grads } = tf.variableGrads(loss);
      const [expected] = inUse.dataSync();
      assertAlmostEquals(value.dataSync()[0], expected, 1e-5 * expected);
      for (const [i, weight] of layer.trainableWeights.entries()) {
        const before = weight.read().clone();
        const step = draw(before.shape, "floats", 20 + i).mul(1e-2);
        const at = (sign: number) => {
          weight.write(before.add(step.mul(sign)));
          return loss();
        };
        const [expected] = at(1).sub(at(-1)).div(2).dataSync();
        const [found] = grads[(weight.read() as tf.Variable).name].mul(step).sum().dataSync();
        assertAlmostEquals(found, expected, 2e-2 * Math.abs(expected), weight.name);
        weight.write(before);
      }
    }
  });
}

Deno.test("every layer and optimiser that tfjs has is compared or skipped for a reason", () => {
  const compared = new Set(LAYER_CASES.map(({ layer }) => layer));
  const missing = Object.keys(tf.layers).filter((name) =>
    !compared.has(name) && !compared.has(ALIASES[name]) && !SKIPPED_LAYERS[name]
  );
  const tried = new Set(OPTIMIZATIONS.map(({ optimizer }) => optimizer));
  assertEquals([...missing, ...Object.keys(tf.train).filter((name) => !tried.has(name))], []);
});
