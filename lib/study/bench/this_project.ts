/**
 * This project's side of the benchmark: training and computing on a team of workers, as its tasks
 * do. Training steps are epochs of `trainStage`, so that picking a batch, loss, accuracy and the sum
 * over workers are inside; the epochs have one validation picture. N workers share a training batch;
 * forward, each runs batches of its own.
 */

import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import { type BackendOptions, shareMemory, startBackend, Team } from "../../backend/mod.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { Random } from "../../data/random.ts";
import {
  addHead,
  type BaseName,
  buildBase,
  FEATURES,
  splitNetwork,
} from "../../model/architecture.ts";
import { dateAndVersions } from "../../model/saved_network.ts";
import { networkToData } from "../../model/network.ts";
import { AUGMENTATIONS } from "../../model/recipe.ts";
import { computeOutputs } from "../../model/evaluation.ts";
import { trainStage } from "../../model/training.ts";
import { median } from "../report.ts";
import type { Answer } from "./engines.ts";
import { MODELS } from "./models.ts";
import type { jobs } from "./worker.ts";

const CLASSES = 10;
const options = parseOptions();

/**
 * Steps of an epoch, of whatever batch size. An epoch ends with handing over weights and moments for
 * the checkpoint: real ones have 430 steps, and very short ones would measure little else.
 */
const STEPS = Math.max(1, Math.floor(options.pictures / 16));
const { kernels } = options;

await startBackend({ kernels });
const team = new Team<typeof jobs>({
  module: new URL("./worker.ts", import.meta.url),
  size: options.threads,
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

/** Reads flags as `startEngines` gives them. */
function parseOptions() {
  const given = Object.fromEntries(Deno.args.map((arg) => arg.slice(2).split("=")));
  const names = (flag: string): string[] => given[flag].split(",").filter((name: string) => name);
  return {
    threads: Number(given.threads),
    stepBatches: names("step-batches").map(Number),
    forwardBatches: names("forward-batches").map(Number),
    pictures: Number(given.pictures),
    repeats: Number(given.repeats),
    bases: names("bases") as BaseName[],
    models: names("models"),
    kernels: given.kernels as BackendOptions["kernels"],
  };
}

async function measure() {
  const { stepBatches, forwardBatches, bases, models, threads } = options;
  return {
    step: await timeEach(stepBatches, (size) => timeStep("cnn", size)),
    augmentedStep: await timeEach(stepBatches, timeAugmentedStep),
    forward: await timeEach(forwardBatches, (size) => timeForward("cnn", size)),
    features: await timeFeatures(),
    bases: await timeEach(bases, async (base) => ({
      step: await timeStep(base, Math.max(...stepBatches)),
      forward: await timeForward(base, Math.max(...forwardBatches)),
    })),
    models: await timeEach(
      threads === 1 ? models : [],
      (model) => timeModel(model, Math.max(...stepBatches, ...forwardBatches)),
    ),
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

/**
 * Gives the name of the last layer of the base to a new first layer: to `trainStage` the pixels are
 * then cached features and the whole network is the head, which it trains without augmentation.
 */
function nameNothingBase(network: tf.Sequential): tf.Sequential {
  const { base, head } = splitNetwork(network);
  return tf.sequential({
    layers: [
      tf.layers.activation({ name: FEATURES, activation: "linear", inputShape: [IMAGE_PIXELS] }),
      tf.layers.reshape({ name: "square", targetShape: [IMAGE_SIDE, IMAGE_SIDE, 1] }),
      ...base.slice(0, -1),
      tf.layers.flatten({ name: "flatten" }),
      ...head,
    ],
  });
}

async function timeStep(base: BaseName, size: number): Promise<number> {
  const wholeAsHead = nameNothingBase(build(base));
  const images = randomImages(STEPS * size);
  const features = shareMemory(Float32Array.from(images, (value) => value / 255));
  const source = { kind: "features", features, labels: labelsOf(images) } as const;
  const time = await timeEpochs(wholeAsHead, size, source, {
    inputs: features.subarray(0, IMAGE_PIXELS),
    labels: Uint8Array.of(0),
  });
  wholeAsHead.dispose();
  return time;
}

function timeAugmentedStep(size: number): Promise<number> {
  const images = randomImages(STEPS * size);
  return timeEpochs(network, size, {
    kind: "images",
    images,
    labels: labelsOf(images),
    augmentation: AUGMENTATIONS.light,
  }, {
    inputs: images.slice(0, IMAGE_PIXELS),
    labels: Uint8Array.of(0),
  });
}

/** Median over epochs, in µs a picture; the first epoch warms up. */
async function timeEpochs(
  network: tf.Sequential,
  batchSize: number,
  source: Parameters<typeof trainStage>[2]["source"],
  validation: Parameters<typeof trainStage>[2]["validation"],
): Promise<number> {
  const history = await trainStage(team, network, {
    stage: "from-scratch",
    source,
    validation,
    recipe: { epochs: 1 + options.repeats, batchSize },
    seed: 1,
  });
  return median(history.slice(1).map(({ seconds }) => seconds * 1e6 / (STEPS * batchSize)));
}

async function timeForward(base: BaseName, batch: number): Promise<number> {
  const network = build(base);
  const calls = Math.max(1, Math.floor(options.pictures / batch));
  const [times] = await team.run(
    "forward",
    {
      network: await networkToData(network),
      batch,
      calls,
      repeats: options.repeats,
    },
    { sumLength: 1 },
  );
  network.dispose();
  return median(times) * 1000 / (calls * batch * team.size);
}

/** A training step with Adam, and a forward pass, both with their answer read. */
async function timeModel(name: string, batch: number) {
  const { build, inputShape, loss, labelsOf } = MODELS[name];
  const network = build();
  network.compile({ optimizer: tf.train.adam(0.001), loss });
  const pictures = tf.randomUniform([batch, ...inputShape]);
  const labels = labelsOf(pictures);
  const step = await timeCalls(() => network.trainOnBatch(pictures, labels), batch);
  const forward = await timeCalls(
    () => tf.tidy(() => void (network.predictOnBatch(pictures) as tf.Tensor).dataSync()),
    batch,
  );
  network.dispose();
  tf.dispose([pictures, labels]);
  return { step, forward };
}

/** Median over readings, in µs a picture, after a warm-up. */
async function timeCalls(run: () => unknown, batch: number): Promise<number> {
  await run();
  const calls = Math.max(1, Math.floor(options.pictures / batch));
  const times: number[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const started = performance.now();
    for (let call = 0; call < calls; call++) await run();
    times.push((performance.now() - started) * 1000 / (calls * batch));
  }
  return median(times);
}

/** The job that `deno task train` runs, copies of the network to the workers included. */
function timeFeatures(): Promise<number> {
  const count = 4 * options.pictures;
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
