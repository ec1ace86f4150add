/** Which pixels an answer hangs on, and what a network makes of a picture on the way. */

import * as tf from "@tensorflow/tfjs";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { splitNetwork } from "./architecture.ts";
import { applyLayers, imagesToTensor } from "./network.ts";

/** Pixels of the black square on either side of its centre. */
const REACH = 2;

/**
 * Covers a square of 5 × 5 around each pixel in turn and notes by how much the evidence for a class shrinks: the
 * occlusion map (Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks",
 * section 4.2), in log-odds (Robnik-Šikonja & Kononenko 2008), which do not saturate as
 * probabilities do.
 *
 * @param network From pixels to probabilities.
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param digit The class whose log-odds are watched: its logit minus the log of the summed
 * exponentials of the others.
 * @returns For each pixel the log-odds without the square minus those with it, in nats, `[28, 28]`:
 * positive where ink speaks for `digit`.
 * @throws {TypeError} If the network has no layer of logits.
 */
export function occlusionMap(
  network: tf.LayersModel,
  pixels: Uint8Array,
  digit: number,
): Float32Array {
  // The last picture is the whole one, beside the covered ones so that rounding is the same.
  const covered = new Uint8Array((IMAGE_PIXELS + 1) * IMAGE_PIXELS);
  covered.set(pixels, IMAGE_PIXELS * IMAGE_PIXELS);
  for (let centre = 0; centre < IMAGE_PIXELS; centre++) {
    const copy = covered.subarray(centre * IMAGE_PIXELS, (centre + 1) * IMAGE_PIXELS);
    copy.set(pixels);
    cover(copy, Math.floor(centre / IMAGE_SIDE), centre % IMAGE_SIDE);
  }
  const logOdds = logOddsOf(network, covered, digit);
  return logOdds.subarray(0, IMAGE_PIXELS).map((value) => logOdds[IMAGE_PIXELS] - value);
}

function cover(pixels: Uint8Array, row: number, column: number): void {
  const first = Math.max(0, column - REACH);
  const end = Math.min(IMAGE_SIDE, column + REACH + 1);
  for (let y = Math.max(0, row - REACH); y <= Math.min(IMAGE_SIDE - 1, row + REACH); y++) {
    pixels.fill(0, y * IMAGE_SIDE + first, y * IMAGE_SIDE + end);
  }
}

/** Log-odds of `digit` in each of several pictures. */
function logOddsOf(network: tf.LayersModel, images: Uint8Array, digit: number): Float32Array {
  return tf.tidy(() => {
    const { base, head } = splitNetwork(network);
    const logits = applyLayers([...base, ...head], imagesToTensor(images)) as tf.Tensor2D;
    const own = tf.oneHot(digit, logits.shape[1]);
    const others = logits.sub(own.mul(1e9)).logSumExp(1);
    return logits.mul(own).sum(1).sub(others).dataSync<"float32">().slice();
  });
}

/** The output of a layer for one picture: a square map for each channel. */
interface FeatureMaps {
  /** Pixels of a map along a side. */
  side: number;
  /** `[channels]`, each `[side, side]` row by row. */
  maps: Float32Array[];
}

/**
 * Runs one picture through a network up to a layer.
 *
 * @param network A network whose layers follow one another.
 * @param pixels Ink 0–255, `[28, 28]`.
 * @param layerName Name of a layer whose output is `[count, side, side, channels]`.
 * @throws {RangeError} If there is no such layer.
 * @throws {TypeError} If its output has another shape.
 */
export function featureMaps(
  network: tf.LayersModel,
  pixels: Uint8Array,
  layerName: string,
): FeatureMaps {
  const index = network.layers.findIndex(({ name }) => name === layerName);
  if (index < 0) {
    const names = network.layers.map(({ name }) => name).join(", ");
    throw new RangeError(`Expected a layer of ${names} but found ${layerName}`);
  }
  return tf.tidy(() => {
    const output = applyLayers(network.layers.slice(0, index + 1), imagesToTensor(pixels));
    if (output.rank !== 4) {
      throw new TypeError(
        `Expected ${layerName} to give maps but its output is ${output.shape.join(" × ")}`,
      );
    }
    const maps = output.squeeze<tf.Tensor3D>([0]).unstack(2)
      .map((channel) => channel.dataSync<"float32">().slice());
    return { side: output.shape[1]!, maps };
  });
}
