/** A network as plain data, its weights in fewer bits, and its computation layer by layer. */

import * as tf from "@tensorflow/tfjs";
import { applyBlock } from "../backend/mod.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { Random } from "../data/random.ts";

/** Pictures that go through a network at a time when nothing is learnt. */
const INFERENCE_BATCH = 250;

/** In how many bytes a weight is stored: 4, 2 or 1. tfjs makes 32-bit floats of all when it reads them. */
type Precision = "float32" | "float16" | "uint8";

/**
 * @returns Topology and a copy of the weights of `network`, rounded if `precision` says so, to send to a worker or
 *   to write to a file.
 */
export async function networkToData(
  network: tf.LayersModel,
  precision: Precision = "float32",
): Promise<tf.io.ModelArtifacts> {
  let data: tf.io.ModelArtifacts | undefined;
  await network.save(tf.io.withSaveHandler((artifacts) => {
    data = artifacts;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" },
    });
  }));
  return precision === "float32" ? data! : await roundWeights(data!, precision);
}

/**
 * @param name What to call the data in an error.
 * @returns A new network with this topology and these weights.
 * @throws {SyntaxError} If tfjs makes no network of the topology, or its weights take another number of bytes.
 */
export async function networkFromData(
  data: tf.io.ModelArtifacts,
  name: string = "the data",
): Promise<tf.LayersModel> {
  const { weightSpecs = [], weightData = new ArrayBuffer() } = data;
  const length = weightSpecs.reduce((sum, spec) => sum + storedLength(spec), 0);
  const { byteLength: found } = weightData as ArrayBuffer;
  if (found !== length) {
    throw new SyntaxError(
      `Expected the weights of ${name} to have ${length} bytes but found ${found}`,
    );
  }
  return await tf.loadLayersModel(tf.io.fromMemory(data)).catch((error: Error) => {
    const [reason] = error.message.split(/\. |\n/);
    throw new SyntaxError(`Expected ${name} to describe a network but tfjs says: ${reason}`);
  });
}

/** A weight as it is stored. */
interface StoredWeight {
  name: string;
  shape: number[];
  /** Floats as floats or as the bits of half floats, or places on a grid. */
  values: Float32Array | Uint16Array | Uint8Array;
  /** Of a grid: the distance of its values, and the place of the value 0. */
  grid?: { scale: number; zero: number };
}

/**
 * Rounds weights of 32-bit floats to fewer bits. Half precision is for all weights; bytes are for kernels
 * alone, each with a grid of its own that has a place for 0, while the few biases and statistics of
 * normalisation stay as they are (Jacob et al. 2018, without the quantisation of activations).
 */
async function roundWeights(
  data: tf.io.ModelArtifacts,
  precision: Exclude<Precision, "float32">,
): Promise<tf.io.ModelArtifacts> {
  const rounded = storedWeights(data).map(({ name, shape, values }, i) => {
    const { dtype } = data.weightSpecs![i];
    const spec = { name, shape, dtype };
    if (precision === "float16") {
      const quantization = { dtype: "float16" } as const;
      return { spec: { ...spec, quantization }, bytes: Float16Array.from(values) };
    }
    if (shape.length < 2) return { spec, bytes: values };
    let [least, most] = [0, 0];
    for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
    const scale = Math.fround((most - least) / 255) || 1;
    const zero = Math.round(-least / scale);
    const places = Uint8ClampedArray.from(values, (value) => Math.round(value / scale) + zero);
    const quantization = { dtype: "uint8", scale, min: -zero * scale } as const;
    return { spec: { ...spec, quantization }, bytes: places };
  });
  const weightData = await new Blob(rounded.map(({ bytes }) => bytes as BlobPart)).arrayBuffer();
  return { ...data, weightSpecs: rounded.map(({ spec }) => spec), weightData };
}

/** @returns How many bytes a weight takes. */
function storedLength({ shape, quantization }: tf.io.WeightsManifestEntry): number {
  const size = { uint8: 1, uint16: 2, float16: 2, float32: 4 }[quantization?.dtype ?? "float32"];
  return shape.reduce((product, length) => product * length, size);
}

/** @returns A network's weights as they are stored. */
export function storedWeights({ weightSpecs, weightData }: tf.io.ModelArtifacts): StoredWeight[] {
  let offset = 0;
  return weightSpecs!.map((spec) => {
    const length = storedLength(spec);
    const buffer = (weightData as ArrayBuffer).slice(offset, offset += length);
    const { name, shape, quantization } = spec;
    if (quantization?.dtype === "float16") return { name, shape, values: new Uint16Array(buffer) };
    if (quantization?.dtype !== "uint8") return { name, shape, values: new Float32Array(buffer) };
    const { scale = 1, min = 0 } = quantization;
    const grid = { scale, zero: Math.round(-min / scale) };
    return { name, shape, values: new Uint8Array(buffer), grid };
  });
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
