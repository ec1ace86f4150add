import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { adamWStep } from "../../lib/backend/adamw_step.ts";
import { startBackend } from "../../lib/backend/backend.ts";
import { applyBlock } from "../../lib/backend/fused_block.ts";
import { withCanaries } from "./canaries.ts";
import { assertSameValues, normalValues, onBothBackends, type Values } from "./cpu_oracle.ts";

/** Winograd's error (see fast_kernels_test.ts), divided by the deviation of a small batch. */
const TOLERANCE = 1e-4;

/** What a block is made of. */
interface Kind {
  /** Of the filter: 1, 3, or 3 for every channel by itself. */
  size?: 1 | 3 | "depthwise";
  pools?: boolean;
  rectifies?: boolean;
}

/** Layers of a block whose weights are set to the given values. */
function blockOf(
  channels: number,
  filters: number,
  weights: tf.Tensor[],
  { size = 3, pools = true, rectifies = true }: Kind = {},
): tf.layers.Layer[] {
  const convolution = size === "depthwise"
    ? tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", useBias: false })
    : tf.layers.conv2d({ filters, kernelSize: size, padding: "same", useBias: false });
  const norm = tf.layers.batchNormalization({ momentum: 0.9 });
  convolution.build([null, null, null, channels]);
  norm.build([null, null, null, filters]);
  const layers = [
    convolution,
    ...(pools ? [tf.layers.maxPooling2d({ poolSize: 2 })] : []),
    norm,
    ...(rectifies ? [tf.layers.activation({ activation: "relu" })] : []),
  ];
  layers.flatMap((layer) => layer.weights).forEach((weight, i) => weight.write(weights[i]));
  return layers;
}

function applyInTurn(layers: tf.layers.Layer[], x: tf.Tensor, training: boolean): tf.Tensor {
  return layers.reduce((tensor, layer) => layer.apply(tensor, { training }) as tf.Tensor, x);
}

function blockInputs(
  [batch, height, width, channels]: number[],
  filters: number,
  { size = 3, pools = true }: Kind = {},
): Values[] {
  const positive = (values: Values) => ({
    ...values,
    values: values.values.map((x) => x ** 2 + 0.5),
  });
  return [
    normalValues([batch, height, width, channels], 1),
    normalValues(
      size === "depthwise" ? [3, 3, channels, 1] : [size, size, channels, filters],
      2,
    ),
    normalValues([filters], 3),
    normalValues([filters], 4),
    normalValues([filters], 5),
    positive(normalValues([filters], 6)),
    normalValues(
      pools ? [batch, height >> 1, width >> 1, filters] : [batch, height, width, filters],
      7,
    ),
  ];
}

const BLOCKS: [shape: number[], filters: number, kind?: Kind][] = [
  [[3, 28, 28, 1], 8],
  [[2, 5, 3, 1], 8],
  [[7, 14, 14, 8], 16],
  [[2, 7, 7, 16], 8],
  [[1, 7, 6, 8], 8],
  [[1, 13, 11, 24], 16],
  [[1, 5, 8, 8], 24, { pools: false }],
  [[5, 2, 3, 8], 8],
  [[2, 11, 13, 24], 16],
  [[2, 7, 7, 16], 8, { pools: false }],
  [[3, 3, 4, 8], 8, { pools: false, rectifies: false }],
  [[1, 14, 14, 8], 16, { size: 1 }],
  [[7, 7, 7, 16], 8, { size: 1 }],
  [[6, 3, 2, 8], 24, { size: 1 }],
  [[30, 3, 3, 8], 16, { size: 1, pools: false }],
  [[2, 14, 15, 8], 8, { size: 1, pools: false, rectifies: false }],
  [[5, 7, 6, 12], 12, { size: "depthwise", pools: false }],
  [[2, 4, 3, 8], 8, { size: "depthwise", pools: false, rectifies: false }],
];

function describe({ size = 3, pools = true, rectifies = true }: Kind = {}): string {
  return [size, ...(pools ? ["pool"] : []), "norm", ...(rectifies ? ["ReLU"] : [])].join(", ");
}

for (const [shape, filters, kind] of BLOCKS) {
  Deno.test(`applyBlock() fuses ${shape.join("×")} to ${filters} channels by ${describe(kind)} as the layers compute it`, async () => {
    await startBackend();
    await withCanaries(async () => {
      await startBackend({ kernels: "composed" });
      await startBackend({ kernels: "fast" });
      const { wasm, cpu } = await onBothBackends(
        blockInputs(shape, filters, kind),
        (x, ...rest) => {
          const dy = rest.pop()!;
          const layers = blockOf(shape[3], filters, rest, kind);
          const apply = (x: tf.Tensor, training: boolean) => {
            if (tf.getBackend() !== "wasm") return applyInTurn(layers, x, training);
            const { output, layerCount } = applyBlock(layers, 0, x, training)!;
            assertEquals(layerCount, layers.length);
            return output;
          };
          const used = apply(x, false);
          const trained = layers.flatMap((layer) => layer.trainableWeights)
            .map((weight) => weight.read() as tf.Variable);
          const { grads } = tf.variableGrads(
            () => apply(x, true).mul(dy).sum() as tf.Scalar,
            trained,
          );
          const dx = shape[3] === 1 ? [] : [tf.grad((x) => apply(x, true))(x, dy)];
          const moving = layers.find((layer) => layer.weights.length === 4)!.getWeights().slice(2);
          const results = [used, ...trained.map(({ name }) => grads[name]), ...dx, ...moving];
          const copies = results.map((tensor) => tensor.clone());
          tf.dispose(layers.flatMap((layer) => layer.weights.map((weight) => weight.read())));
          return copies;
        },
      );
      wasm.forEach((values, i) => assertSameValues(values, cpu[i], TOLERANCE, `output ${i}`));
    });
  });
}

Deno.test("applyBlock() leaves other layers alone", async () => {
  await startBackend();
  const conv = (options = {}) =>
    tf.layers.conv2d({ filters: 8, kernelSize: 3, padding: "same", useBias: false, ...options });
  const depthwise = (options = {}) =>
    tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", useBias: false, ...options });
  const pool = (options = {}) => tf.layers.maxPooling2d({ poolSize: 2, ...options });
  const norm = (options = {}) => tf.layers.batchNormalization(options);
  const relu = tf.layers.activation({ activation: "relu" });
  const others = [
    [conv({ useBias: true }), pool(), norm(), relu],
    [conv({ activation: "relu" }), pool(), norm(), relu],
    [conv({ padding: "valid" }), pool(), norm(), relu],
    [conv({ kernelSize: 5 }), pool(), norm(), relu],
    [conv({ strides: 2 }), pool(), norm(), relu],
    [conv({ dilationRate: 2 }), pool(), norm(), relu],
    [conv({ filters: 6 }), pool(), norm(), relu],
    [conv(), pool({ padding: "same" }), norm(), relu],
    [conv(), pool({ strides: 1 }), norm(), relu],
    [conv(), pool(), norm({ scale: false }), relu],
    [conv(), pool(), norm(), tf.layers.activation({ activation: "tanh" })],
    [conv(), pool(), norm({ trainable: false }), relu],
    [conv(), pool(), norm()],
    [conv({ filters: 1 }), norm()],
    [conv({ kernelSize: 1 }), pool({ padding: "same" }), norm(), relu],
    [depthwise(), pool(), norm(), relu],
    [depthwise({ depthMultiplier: 2 }), norm()],
    [depthwise({ strides: 2 }), norm()],
    [depthwise({ kernelSize: 1 }), norm()],
    [norm(), relu],
  ];
  for (const layers of others) {
    tf.tidy(() => {
      const x = tf.zeros([1, 8, 8, 8]);
      applyInTurn(layers, x, false);
      assertEquals(applyBlock(layers, 0, x, false), undefined);
    });
    layers.forEach((layer) => layer !== relu && layer.built && layer.dispose());
  }
});

Deno.test("applyBlock() lets gradients pass through a block in use", async () => {
  await startBackend();
  const inputs = blockInputs([2, 6, 6, 8], 8);
  const { wasm, cpu } = await onBothBackends(inputs, (x, ...rest) => {
    const dy = rest.pop()!;
    const layers = blockOf(8, 8, rest);
    const apply = (x: tf.Tensor) =>
      applyBlock(layers, 0, x, false)?.output ?? applyInTurn(layers, x, false);
    const dx = tf.grad(apply)(x, dy);
    tf.dispose(layers.flatMap((layer) => layer.weights.map((weight) => weight.read())));
    return [dx];
  });
  assertSameValues(wasm[0], cpu[0], TOLERANCE, "dx");
});

/** A small network with everything that the project's networks have, but dropout. */
function smallNetwork(seed: number, side: number): tf.Sequential {
  const kernelInitializer = () => tf.initializers.glorotUniform({ seed });
  const block = (filters: number, inputShape?: number[]) => [
    tf.layers.conv2d({
      ...{ filters, kernelSize: 3, padding: "same", useBias: false, inputShape },
      kernelInitializer: kernelInitializer(),
    }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.batchNormalization({ momentum: 0.9 }),
    tf.layers.activation({ activation: "relu" }),
  ];
  return tf.sequential({
    layers: [
      ...block(8, [side, side, 1]),
      ...block(8),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, kernelInitializer: kernelInitializer() }),
    ],
  });
}

/** Trains a network on noise with AdamW, fusing where possible. */
class Trainer {
  #network: tf.Sequential;
  #weights: tf.Variable[];
  #moments: { first: tf.Variable; second: tf.Variable }[];
  #x: tf.Tensor;
  #labels = tf.oneHot([0, 1, 1], 2);
  #steps = 0;

  constructor(seed: number, side = 8) {
    this.#network = smallNetwork(seed, side);
    this.#weights = this.#network.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const zeros = ({ shape }: tf.Variable) => tf.tidy(() => tf.variable(tf.zeros(shape)));
    this.#moments = this.#weights.map((weight) => ({
      first: zeros(weight),
      second: zeros(weight),
    }));
    const { values, shape } = normalValues([3, side, side, 1], seed);
    this.#x = tf.tensor(values, shape);
  }

  step(): number {
    const { value, grads } = tf.variableGrads(() => {
      const { layers } = this.#network;
      let tensor = this.#x;
      for (let i = 0; i < layers.length;) {
        const block = applyBlock(layers, i, tensor, true);
        tensor = block?.output ?? layers[i].apply(tensor, { training: true }) as tf.Tensor;
        i += block?.layerCount ?? 1;
      }
      return tf.losses.softmaxCrossEntropy(this.#labels, tensor) as tf.Scalar;
    }, this.#weights);
    this.#steps++;
    this.#weights.forEach((weight, i) => {
      adamWStep({ weight, gradient: grads[weight.name], ...this.#moments[i] }, {
        step: this.#steps,
        ...{ learningRate: 0.003, weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      });
    });
    const loss = value.dataSync()[0];
    tf.dispose([value, grads]);
    return loss;
  }

  dispose(): void {
    tf.dispose([this.#x, this.#labels, this.#moments]);
    this.#network.dispose();
  }
}

function losses(seed: number, steps: number): number[] {
  const trainer = new Trainer(seed);
  const losses = Array.from({ length: steps }, () => trainer.step());
  trainer.dispose();
  return losses;
}

Deno.test("fast and composed kernels learn along the same curve", async () => {
  await startBackend({ kernels: "composed" });
  const composed = losses(1, 30);
  await startBackend({ kernels: "fast" });
  const fast = losses(1, 30);
  assert(fast[29] < fast[0] / 4, `loss went from ${fast[0]} to ${fast[29]}`);
  // Adam divides by the size of the gradient, so that errors of small gradients count in full.
  fast.forEach((loss, i) => assert(Math.abs(loss - composed[i]) < 0.01 * composed[0], `step ${i}`));
});

Deno.test("two networks learn in turn as each does alone", async () => {
  await startBackend();
  const alone = [losses(1, 5), losses(2, 5)];
  const trainers = [new Trainer(1), new Trainer(2)];
  const together: number[][] = [[], []];
  for (let i = 0; i < 5; i++) trainers.forEach((trainer, k) => together[k].push(trainer.step()));
  trainers.forEach((trainer) => trainer.dispose());
  assertEquals(together, alone);
});

Deno.test("training goes on the same when the WASM memory grows in between", async () => {
  await startBackend();
  const undisturbed = losses(1, 6);
  const trainer = new Trainer(1);
  const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const disturbed = Array.from({ length: 6 }, (_, i) => {
    if (i !== 3) return trainer.step();
    const before = heap.HEAPU8.length;
    const large = tf.zeros([before / 4 + 1]);
    assert(heap.HEAPU8.length > before);
    const loss = trainer.step();
    large.dispose();
    return loss;
  });
  trainer.dispose();
  assertEquals(disturbed, undisturbed);
});

Deno.test("3000 steps leave as many tensors and as large a heap as ten", async () => {
  await startBackend();
  const trainer = new Trainer(1, 4);
  const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const measure = () => [tf.memory().numTensors, tf.memory().numDataBuffers, heap.HEAPU8.length];
  for (let i = 0; i < 10; i++) trainer.step();
  const early = measure();
  for (let i = 10; i < 3000; i++) trainer.step();
  assertEquals(measure(), early);
  trainer.dispose();
});
