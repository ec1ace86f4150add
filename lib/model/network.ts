/** A network as plain data, and its computation layer by layer. */

import * as tf from "@tensorflow/tfjs";
import { applyBlock } from "../backend/mod.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { Random } from "../data/random.ts";

/** Pictures that go through a network at a time when nothing is learnt. */
const INFERENCE_BATCH = 250;

/** @returns Topology and a copy of the weights of `network`, to send to a worker or to write to a file. */
export async function networkToData(network: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let data: tf.io.ModelArtifacts | undefined;
  await network.save(tf.io.withSaveHandler((artifacts) => {
    data = artifacts;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" },
    });
  }));
  return data!;
}

/** @returns A new network with this topology and these weights. */
export function networkFromData(data: tf.io.ModelArtifacts): Promise<tf.LayersModel> {
  return tf.loadLayersModel(tf.io.fromMemory(data));
}

/** @returns A copy of all weights, in the order of `layers`, trained or not (batch-norm statistics). */
export function readWeights(layers: tf.layers.Layer[]): Float32Array[] {
  return variablesOf(layers).map((variable) => variable.dataSync<"float32">().slice());
}

/** Sets all weights to values that {@linkcode readWeights} gave. */
export function writeWeights(layers: tf.layers.Layer[], weights: Float32Array[]): void {
  variablesOf(layers).forEach((variable, i) =>
    tf.tidy(() => variable.assign(tf.tensor(weights[i], variable.shape)))
  );
}

function variablesOf(layers: tf.layers.Layer[]): tf.Variable[] {
  return layers
    .flatMap(({ trainableWeights, nonTrainableWeights }) => [
      ...trainableWeights,
      ...nonTrainableWeights,
    ])
    .map((weight) => weight.read() as tf.Variable);
}

/**
 * Applies `layers` one after the other; convolution blocks at once where the kernels can.
 *
 * @param layers A stretch of a sequential network.
 * @param input What the first of them takes.
 * @param dropout Given in training: where the random numbers of dropout come from. Without it the layers work as
 *   in use: no dropout, batch normalisation by its moving statistics. Frozen layers always work as in use.
 */
export function applyLayers(
  layers: tf.layers.Layer[],
  input: tf.Tensor,
  dropout?: Random,
): tf.Tensor {
  let tensor = input;
  for (let i = 0; i < layers.length;) {
    const layer = layers[i];
    const training = dropout !== undefined && layer.trainable;
    const block = applyBlock(layers, i, tensor, training);
    if (block) {
      tensor = block.output;
      i += block.layerCount;
      continue;
    }
    if (layer instanceof tf.LayersModel) {
      tensor = applyNetwork(layer, tensor, training ? dropout : undefined);
    } else if (layer.getClassName() !== "Dropout") {
      tensor = layer.apply(tensor, { training }) as tf.Tensor;
    } else if (dropout) {
      tensor = drop(tensor, layer.getConfig().rate as number, dropout);
    }
    i++;
  }
  return tensor;
}

/**
 * Applies `layers`, as in use, to one batch after the other.
 *
 * @param inputs Pixels 0–255, `[count, 28, 28]`, or features, `[count, width]`.
 * @param count Of pictures, or of features' rows.
 * @param rows Index of the first, and of that behind the last.
 * @param use Told what came out, and which rows it is of.
 */
export function applyInBatches(
  layers: tf.layers.Layer[],
  inputs: Uint8Array | Float32Array,
  count: number,
  [start, end]: [number, number],
  use: (output: tf.Tensor, first: number, last: number) => void,
): void {
  const width = inputs.length / count;
  for (let first = start; first < end; first += INFERENCE_BATCH) {
    const last = Math.min(first + INFERENCE_BATCH, end);
    tf.tidy(() => {
      const rows = inputs.subarray(first * width, last * width);
      const batch = rows instanceof Uint8Array
        ? imagesToTensor(rows)
        : tf.tensor2d(rows.slice(), [last - first, width]);
      use(applyLayers(layers, batch), first, last);
    });
  }
}

/** Applies a network that is a layer, chain by chain, from its output back to its input. */
function applyNetwork(network: tf.LayersModel, input: tf.Tensor, dropout?: Random): tf.Tensor {
  const used = network.layers.flatMap(({ inboundNodes }) =>
    inboundNodes.flatMap(({ inputTensors }) => inputTensors.map(({ id }) => id))
  );
  const values = new Map([[network.inputs[0].id, input]]);
  const isInner = ({ id, inputs }: tf.SymbolicTensor) =>
    !values.has(id) && inputs.length === 1 && used.indexOf(id) === used.lastIndexOf(id);
  const compute = ({ id, inputs, sourceLayer }: tf.SymbolicTensor): tf.Tensor => {
    let value = values.get(id);
    if (value) return value;
    const chain = [sourceLayer];
    while (inputs.length === 1 && isInner(inputs[0])) {
      chain.unshift(inputs[0].sourceLayer);
      inputs = inputs[0].inputs;
    }
    const sources = inputs.map(compute);
    value = sources.length === 1
      ? applyLayers(chain, sources[0], dropout)
      : sourceLayer.apply(sources, { training: dropout !== undefined }) as tf.Tensor;
    values.set(id, value);
    return value;
  };
  return compute(network.outputs[0]);
}

/** Sets a share `rate` of the values to 0 and scales the others so that the mean stays. */
function drop(tensor: tf.Tensor, rate: number, random: Random): tf.Tensor {
  const kept = 1 / (1 - rate);
  const threshold = rate * 2 ** 32;
  const mask = new Float32Array(tensor.size);
  for (let i = 0; i < mask.length; i++) mask[i] = random.bits() < threshold ? 0 : kept;
  return tensor.mul(tf.tensor(mask, tensor.shape));
}

/**
 * Makes a tensor of pictures.
 *
 * @param images Pixels 0–255, `[count, 28, 28]` row by row.
 * @returns Pixels 0–1, `[count, 28, 28, 1]`.
 */
export function imagesToTensor(images: Uint8Array): tf.Tensor4D {
  const pixels = new Float32Array(images.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = images[i] / 255;
  return tf.tensor4d(pixels, [images.length / IMAGE_PIXELS, IMAGE_SIDE, IMAGE_SIDE, 1]);
}
