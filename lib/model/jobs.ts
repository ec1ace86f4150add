/** What the workers of a team do, each on its share. */

import type * as tf from "@tensorflow/tfjs";
import { type BackendOptions, type Member, share, startBackend } from "../backend/mod.ts";
import { corrupt, CORRUPTION_NAMES } from "../data/augment/corruptions.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { splitNetwork } from "./architecture.ts";
import { train } from "./gradient_descent.ts";
import { applyInBatches, networkFromData } from "./network.ts";

/** The jobs by name. */
export const jobs = {
  start: (_member: Member, options: BackendOptions) => startBackend(options),
  train,
  computeShare,
  corruptShare,
};

/** Which outputs of which pictures. */
interface OutputsTask {
  network: tf.io.ModelArtifacts;
  /** Features end at the base's last layer, probabilities at the network's. */
  which: "features" | "probabilities";
  /** Pixels 0–255, `[count, 28, 28]`, shared. */
  images: Uint8Array;
  /** `[count, width]`, shared: every member fills in its rows. */
  outputs: Float32Array;
}

/** Job: the outputs of a member's share of the pictures. Reports how many more are done. */
async function computeShare(
  member: Member<number>,
  { network: data, which, images, outputs }: OutputsTask,
): Promise<void> {
  const network = await networkFromData(data);
  const layers = which === "features" ? splitNetwork(network).base : network.layers;
  const count = images.length / IMAGE_PIXELS;
  const width = outputs.length / count;
  applyInBatches(layers, images, count, share(count, member), (output, first, last) => {
    outputs.set(output.dataSync<"float32">(), first * width);
    member.report(last - first);
  });
  network.dispose();
}

/** Which pictures to corrupt, and how. */
interface CorruptionTask {
  name: typeof CORRUPTION_NAMES[number];
  /** Pixels 0–255, `[count, 28, 28]`, shared. */
  images: Uint8Array;
  /** As many, shared: every member fills in its share. */
  corrupted: Uint8Array;
}

/** Seed of all corruptions, and name of their random stream, apart from those of training. */
const [SEED, STREAM] = [1, 4];

/** Job: corrupts a member's share of the pictures. */
function corruptShare(
  member: Member,
  { name, images, corrupted }: CorruptionTask,
): void {
  const kind = CORRUPTION_NAMES.indexOf(name);
  const [start, end] = share(images.length / IMAGE_PIXELS, member);
  for (let i = start; i < end; i++) {
    const image = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    const random = new Random(SEED, STREAM, kind, i);
    corrupted.set(corrupt(image, name, random), i * IMAGE_PIXELS);
  }
}
