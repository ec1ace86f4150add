/**
 * This project's side of the benchmark: training and computing on a team of workers, as its tasks
 * do. Training steps are epochs of `trainStage`, so that picking a batch, loss, accuracy and the sum
 * over workers are inside; the epochs have one validation picture. N workers share a training batch;
 * forward, each runs batches of its own.
 */

import * as tf from "@tensorflow/tfjs";
import { type BackendOptions, startBackend } from "../../backend/backend.ts";
import { Team } from "../../backend/team.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { Random } from "../../data/random.ts";
import { shareMemory } from "../../backend/shared_memory.ts";
import {
  addHead,
  type BaseName,
  buildBase,
  FEATURES,
  splitNetwork,
} from "../../model/architecture.ts";
import { versions } from "../../model/provenance.ts";
import type { TrainingSource } from "../../model/gradient_descent.ts";
import { networkToData } from "../../model/network.ts";
import { LIGHT_AUGMENTATION, RECIPES } from "../../model/recipe.ts";
import { computeOutputs } from "../../model/inference.ts";
import { trainStage } from "../../model/training.ts";
import { bySize, microseconds, parseOptions, serve, type Timings } from "./peer.ts";
import { median } from "../statistics.ts";
import type { jobs } from "./worker.ts";

const CLASSES = 10;
const options = parseOptions();

/**
 * Steps of an epoch, of whatever batch size. An epoch ends with handing over weights and moments for
 * the checkpoint: real ones have 430 steps, and very short ones would measure little else.
 */
const STEPS = Math.max(1, Math.floor(options.pictures / 16));
const kernels = options.kernels as BackendOptions["kernels"];

await startBackend({ kernels });
const team = new Team<typeof jobs>({
  module: new URL("./worker.ts", import.meta.url),
  size: options.threads,
});
await team.run("start", { kernels });
const network = build("cnn");

await serve(
  {
    versions: versions(),
    configuration: `${kernels ?? "default"} kernels, ${team.size} ${
      team.size === 1 ? "worker" : "workers"
    }`,
  },
  async () => ({
    step: await bySize(options.stepBatches, (size) => timeStep("cnn", size)),
    augmentedStep: await bySize(options.stepBatches, timeAugmentedStep),
    forward: await bySize(options.forwardBatches, (size) => timeForward("cnn", size)),
    features: await timeFeatures(),
    bases: await timeBases(),
  }),
);
team.close();

function build(base: BaseName): tf.Sequential {
  return addHead(buildBase(base, 1), { classes: CLASSES, seed: 1 });
}

async function timeBases(): Promise<Timings["bases"]> {
  const times: Timings["bases"] = {};
  for (const base of options.bases) {
    times[base] = {
      step: await timeStep(base as BaseName, Math.max(...options.stepBatches)),
      forward: await timeForward(base as BaseName, Math.max(...options.forwardBatches)),
    };
  }
  return times;
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
    augmentation: LIGHT_AUGMENTATION,
  }, {
    inputs: images.slice(0, IMAGE_PIXELS),
    labels: Uint8Array.of(0),
  });
}

/** Median over epochs, in µs a picture; the first epoch warms up. */
async function timeEpochs(
  network: tf.Sequential,
  batchSize: number,
  source: TrainingSource,
  validation: Parameters<typeof trainStage>[2]["validation"],
): Promise<number> {
  const history = await trainStage(team, network, {
    stage: "from-scratch",
    source,
    validation,
    recipe: { ...RECIPES["from-scratch"], epochs: 1 + options.repeats, batchSize },
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

/** The job that `deno task train` runs, copies of the network to the workers included. */
function timeFeatures(): Promise<number> {
  const images = randomImages(4 * options.pictures);
  const run = () => computeOutputs(team, network, images, "features");
  return microseconds(run, 4 * options.pictures, options);
}

function randomImages(count: number): Uint8Array {
  const random = new Random(1);
  return shareMemory(Uint8Array.from({ length: count * IMAGE_PIXELS }, () => random.integer(256)));
}

function labelsOf(images: Uint8Array): Uint8Array {
  const count = images.length / IMAGE_PIXELS;
  return shareMemory(Uint8Array.from({ length: count }, (_, i) => i % CLASSES));
}
