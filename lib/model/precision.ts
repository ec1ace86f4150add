/** Weights in fewer bits: half precision, or bytes on a grid. */

import type * as tf from "@tensorflow/tfjs";

/** A weight as it is stored. */
interface StoredWeight {
  name: string;
  shape: number[];
  /** Floats as floats or as the bits of half floats, or places on a grid. */
  values: Float32Array | Uint16Array | Uint8Array;
  /** Of a grid: the distance of its values, and the place of the value 0. */
  grid?: { scale: number; zero: number };
}

/** What tfjs calls how a weight is stored. */
type Quantization = NonNullable<tf.io.WeightsManifestEntry["quantization"]>;

/**
 * Rounds a network's weights to fewer bits. Half precision is for all weights; bytes are for kernels
 * alone, each with a grid of its own that has a place for 0, while the few biases and statistics of
 * normalisation stay as they are (Jacob et al. 2018, without the quantisation of activations).
 *
 * @param data With weights of 32-bit floats.
 * @param precision In how many bytes they are stored: 4, 2 or 1. tfjs makes 32-bit floats of all when it reads them.
 * @returns The network with its weights rounded, and fewer bytes.
 */
export function roundWeights(
  data: tf.io.ModelArtifacts,
  precision: "float32" | "float16" | "uint8",
): tf.io.ModelArtifacts {
  if (precision === "float32") return data;
  const rounded = storedWeights(data).map(({ name, shape, values }, i) => {
    const { dtype } = data.weightSpecs![i];
    const spec = { name, shape, dtype };
    if (precision === "float16") {
      const quantization: Quantization = { dtype: "float16" };
      return { spec: { ...spec, quantization }, bytes: bytesOf(Float16Array.from(values)) };
    }
    if (shape.length < 2) return { spec, bytes: bytesOf(values) };
    let [least, most] = [0, 0];
    for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
    const scale = Math.fround((most - least) / 255) || 1;
    const zero = Math.round(-least / scale);
    const places = Uint8ClampedArray.from(values, (value) => Math.round(value / scale) + zero);
    const quantization: Quantization = { dtype: "uint8", scale, min: -zero * scale };
    return { spec: { ...spec, quantization }, bytes: bytesOf(places) };
  });
  const weightData = new Uint8Array(rounded.reduce((sum, { bytes }) => sum + bytes.length, 0));
  rounded.reduce((offset, { bytes }) => {
    weightData.set(bytes, offset);
    return offset + bytes.length;
  }, 0);
  return { ...data, weightSpecs: rounded.map(({ spec }) => spec), weightData: weightData.buffer };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** @returns How many bytes a weight takes. */
export function storedLength({ shape, quantization }: tf.io.WeightsManifestEntry): number {
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
