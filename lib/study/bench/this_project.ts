/**
 * This project's side of the benchmark: training and computing on a team of workers, as its tasks
 * do. Training steps are epochs of `trainStage`, so that picking a batch from bytes, loss, accuracy and
 * the sum over workers are inside; the epochs have one validation picture. N workers share a training
 * batch; forward, each runs batches of its own. Networks of others are trained and run as tfjs alone has
 * them, on one thread.
 */

import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import { type BackendOptions, shareMemory, startBackend, Team } from "../../backend/mod.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Augmentation } from "../../data/augment/augment.ts";
import { Random } from "../../data/random.ts";
import { addHead, type BaseName, buildBase } from "../../model/architecture.ts";
import { dateAndVersions } from "../../model/saved_network.ts";
import { networkToData } from "../../model/network.ts";
import { AUGMENTATIONS } from "../../model/recipe.ts";
import { computeOutputs } from "../../model/evaluation.ts";
import { trainStage } from "../../model/training.ts";
import { median } from "../report.ts";
import type { Answer } from "./report.ts";
import type { jobs } from "./worker.ts";

/** A network of another's shape, which is built in the same way in `torch_models.py`. */
interface Model {
  build: () => tf.LayersModel;
  inputShape: number[];
  loss: string;
  /** Labels of pictures. */
  labelsOf: (pictures: tf.Tensor) => tf.Tensor;
}

const CLASSES = 10;

/** Networks of others by the names that the benchmark knows. */
const MODELS: Record<string, Model> = {
  "U-Net": {
    build: buildUnet,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1],
    loss: "binaryCrossentropy",
    labelsOf: (pictures) => pictures.greater(0.5).toFloat(),
  },
  autoencoder: {
    build: buildAutoencoder,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1],
    loss: "binaryCrossentropy",
    labelsOf: (pictures) => pictures.clone(),
  },
  LSTM: {
    build: buildLstm,
    inputShape: [IMAGE_SIDE, IMAGE_SIDE],
    loss: "categoricalCrossentropy",
    labelsOf: ({ shape: [count] }) =>
      tf.oneHot(
        tf.tidy(() => tf.range(0, count, 1, "int32").mod(tf.scalar(CLASSES, "int32"))),
        CLASSES,
      ),
  },
};

/** What `bench` asks for. */
const [, threads, amount] = Deno.args;
const { stepBatches, forwardBatches, pictures, repeats, networks, kernels }: {
  stepBatches: number[];
  forwardBatches: number[];
  pictures: number;
  repeats: number;
  networks: string[];
  kernels?: BackendOptions["kernels"];
} = JSON.parse(amount);

/**
 * Steps of an epoch, of whatever batch size. An epoch ends with handing over weights and moments for
 * the checkpoint: real ones have 430 steps, and very short ones would measure little else.
 */
const STEPS = Math.max(1, Math.floor(pictures / 16));

await startBackend({ kernels });
const team = new Team<typeof jobs>({
  module: new URL("./worker.ts", import.meta.url),
  size: Number(threads),
});
await team.run("start", { kernels });
const network = build("cnn");

for await (const _ of Deno.stdin.readable) { // a line for each round
  const answer: Answer = {
    versions: dateAndVersions().versions,
    configuration: `${kernels ?? "default"} kernels, ${team.size} ${
      team.size === 1 ? "worker" : "workers"
    }`,
    ...await measure(),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  console.log(JSON.stringify(answer));
}
team.close();

async function measure() {
  const [step, forward] = [stepBatches, forwardBatches].map((sizes) => Math.max(...sizes));
  return {
    step: await timeEach(stepBatches, (size) => timeStep(network, size)),
    augmentedStep: await timeStep(network, step, AUGMENTATIONS.light),
    forward: await timeEach(forwardBatches, (size) => timeForward(network, size)),
    features: await timeFeatures(),
    networks: await timeEach(networks, async (name) => {
      if (name in MODELS) return await timeModel(MODELS[name], step);
      const network = build(name as BaseName);
      const times = {
        step: await timeStep(network, step),
        forward: await timeForward(network, forward),
      };
      network.dispose();
      return times;
    }),
  };
}

/** One after the other. */
async function timeEach<Name extends PropertyKey, Time>(
  names: Name[],
  time: (name: Name) => Promise<Time>,
): Promise<Record<Name, Time>> {
  const pairs = await Array.fromAsync(names, async (name) => [name, await time(name)] as const);
  return Object.fromEntries(pairs) as Record<Name, Time>;
}

function build(base: BaseName): tf.Sequential {
  return addHead(buildBase(base, 1), { classes: CLASSES, seed: 1 });
}

/** Median over epochs, in µs a picture; the first epoch warms up. */
async function timeStep(
  network: tf.Sequential,
  batchSize: number,
  augmentation: Augmentation = [],
): Promise<number> {
  const images = randomImages(STEPS * batchSize);
  const labels = labelsOf(images);
  const history = await trainStage(team, network, {
    stage: "from-scratch",
    source: { kind: "images", images, labels, augmentation },
    validation: { inputs: images.slice(0, IMAGE_PIXELS), labels: labels.slice(0, 1) },
    recipe: { epochs: 1 + repeats, batchSize },
    seed: 1,
  });
  return median(history.slice(1).map(({ seconds }) => seconds * 1e6 / (STEPS * batchSize)));
}

async function timeForward(network: tf.Sequential, batch: number): Promise<number> {
  const calls = Math.max(1, Math.floor(pictures / batch));
  const task = { network: await networkToData(network), batch, calls, repeats };
  const [times] = await team.run("forward", task, { sumLength: 1 });
  return median(times) * 1000 / (calls * batch * team.size);
}

/** A training step with Adam, and a forward pass, both with their answer read. */
async function timeModel({ build, inputShape, loss, labelsOf }: Model, batch: number) {
  const network = build();
  network.compile({ optimizer: tf.train.adam(0.001), loss });
  const inputs = tf.randomUniform([batch, ...inputShape]);
  const labels = labelsOf(inputs);
  const step = await timeCalls(() => network.trainOnBatch(inputs, labels), batch);
  const forward = await timeCalls(
    () => tf.tidy(() => void (network.predictOnBatch(inputs) as tf.Tensor).dataSync()),
    batch,
  );
  network.dispose();
  tf.dispose([inputs, labels]);
  return { step, forward };
}

/** Median over readings, in µs a picture, after a warm-up. */
async function timeCalls(run: () => unknown, batch: number): Promise<number> {
  await run();
  const calls = Math.max(1, Math.floor(pictures / batch));
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = performance.now();
    for (let call = 0; call < calls; call++) await run();
    times.push((performance.now() - started) * 1000 / (calls * batch));
  }
  return median(times);
}

/** The job that `deno task train` runs, copies of the network to the workers included. */
function timeFeatures(): Promise<number> {
  const count = 4 * pictures;
  const images = randomImages(count);
  return timeCalls(() => computeOutputs(team, network, images, "features"), count);
}

function randomImages(count: number): Uint8Array {
  const random = new Random(1);
  return shareMemory(Uint8Array.from({ length: count * IMAGE_PIXELS }, () => random.integer(256)));
}

function labelsOf(images: Uint8Array): Uint8Array {
  const count = images.length / IMAGE_PIXELS;
  return shareMemory(Uint8Array.from({ length: count }, (_, i) => i % CLASSES));
}

// Networks of others

function conv(filters: number): tf.layers.Layer {
  return tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" });
}

function pool(): tf.layers.Layer {
  return tf.layers.maxPooling2d({ poolSize: 2 });
}

/** Two convolutions a level, three levels, with a way across at two. */
function buildUnet(): tf.LayersModel {
  const two = (filters: number, inputs: tf.SymbolicTensor) =>
    conv(filters).apply(conv(filters).apply(inputs)) as tf.SymbolicTensor;
  const down = (inputs: tf.SymbolicTensor) => pool().apply(inputs) as tf.SymbolicTensor;
  const up = (inputs: tf.SymbolicTensor, across: tf.SymbolicTensor) => {
    const larger = tf.layers.upSampling2d({ size: [2, 2] }).apply(inputs) as tf.SymbolicTensor;
    return tf.layers.concatenate().apply([across, larger]) as tf.SymbolicTensor;
  };
  const inputs = tf.input({ shape: [IMAGE_SIDE, IMAGE_SIDE, 1] });
  const first = two(16, inputs);
  const second = two(32, down(first));
  const lowest = two(64, down(second));
  const last = two(16, up(two(32, up(lowest, second)), first));
  const outputs = tf.layers.conv2d({ filters: 1, kernelSize: 1, activation: "sigmoid" });
  return tf.model({ inputs, outputs: outputs.apply(last) as tf.SymbolicTensor });
}

/** As https://keras.io/examples/vision/autoencoder has it. */
function buildAutoencoder(): tf.LayersModel {
  const transposed = () =>
    tf.layers.conv2dTranspose({
      filters: 32,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
    });
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [IMAGE_SIDE, IMAGE_SIDE, 1] }),
      ...[conv(32), pool(), conv(32), pool(), transposed(), transposed()],
      tf.layers.conv2d({ filters: 1, kernelSize: 3, padding: "same", activation: "sigmoid" }),
    ],
  });
}

/** Reads a picture row by row. */
function buildLstm(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.lstm({
        units: 128,
        recurrentInitializer: "glorotUniform", // the default one is slow to draw, and says so
        inputShape: [IMAGE_SIDE, IMAGE_SIDE],
      }),
      tf.layers.dense({ units: CLASSES, activation: "softmax" }),
    ],
  });
}
