/** Networks on disk: a tfjs LayersModel (`model.json`, `weights.bin`) beside a card that says what it is. */

import * as tf from "@tensorflow/tfjs";
import { dirname, join } from "@std/path";
import { isDirectory, unzip } from "../data/file_system.ts";
import { networkFromData, networkToData, readWeights } from "./network.ts";

const WEIGHTS = "weights.bin";

/** Names of zips of these files, as the page saves what it was taught. */
const ARCHIVE_NAME = /\.zip$/i;

/**
 * Writes a network and its card as a folder, all or nothing: an older network
 * there stays whole until the new one is.
 *
 * @param directory Folder to write, for example `outputs/model`.
 * @param card What the network is, as plain JSON.
 * @param precision How to store weights.
 * @param files Further files of the folder, by name.
 */
export async function saveNetwork(
  directory: string,
  network: tf.LayersModel,
  card: unknown,
  precision: Parameters<typeof roundWeights>[1] = "float16",
  files: Record<string, Uint8Array> = {},
): Promise<void> {
  const all = { ...files, ...await encodeNetwork(network, card, precision) };
  await Deno.mkdir(dirname(directory), { recursive: true });
  const [fresh, previous] = [`${directory}.new`, `${directory}.previous`];
  await removeIfThere(fresh);
  try {
    await Deno.mkdir(fresh);
    for (const [name, bytes] of Object.entries(all)) await Deno.writeFile(join(fresh, name), bytes);
  } catch (error) {
    await removeIfThere(fresh);
    throw error;
  }
  if (await isThere(directory)) {
    await removeIfThere(previous);
    await Deno.rename(directory, previous);
  }
  await Deno.rename(fresh, directory);
  await removeIfThere(previous);
}

/** @returns What cards say of when and with what something was made: today as `YYYY-MM-DD`, and versions. */
export function dateAndVersions(): { date: string; versions: Record<string, string> } {
  return {
    date: new Date().toISOString().slice(0, 10),
    // The page, too, makes classifiers: in browsers, which have no Deno.
    versions: { ...("Deno" in globalThis && { deno: Deno.version.deno }), tfjs: tf.version.tfjs },
  };
}

/** @returns The files of a network and its card, by name. */
export async function encodeNetwork(
  network: tf.LayersModel,
  card: unknown,
  precision: Parameters<typeof roundWeights>[1],
): Promise<Record<string, Uint8Array>> {
  const { weightData, weightSpecs, ...topology } = roundWeights(
    await networkToData(network),
    precision,
  );
  const model = { ...topology, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    [WEIGHTS]: new Uint8Array(weightData as ArrayBuffer),
    "model.json": encode(JSON.stringify(model)),
    "card.json": encode(JSON.stringify(card, null, 2) + "\n"),
  };
}

/**
 * Reads the files of a saved network.
 *
 * @param directory Its folder, or a zip of the files in it.
 * @param names Which of them.
 * @returns The files by name.
 * @throws {Error} If there is no such folder or zip, or one of the files is not in it.
 */
export async function readNetworkFiles(
  directory: string,
  names: string[] = ["model.json", WEIGHTS, "card.json"],
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  // A run that was stopped between the two renames of saveNetwork left the older network there.
  const folder = await isThere(directory) || !await isThere(`${directory}.previous`)
    ? directory
    : `${directory}.previous`;
  if (!await isThere(folder)) {
    throw new Error(`Expected ${directory} to be the folder of a saved network but there is none`);
  }
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  if (ARCHIVE_NAME.test(folder) && !await isDirectory(folder)) {
    const unpacked = unzip(await read(folder), folder, (name) => names.includes(name));
    for (const name of names) {
      if (!unpacked[name]) throw new Error(`Expected ${name} in ${folder} but there is none`);
      files[name] = unpacked[name];
    }
  } else for (const name of names) files[name] = await read(join(folder, name));
  return files;
}

/** Reads the card of a saved network, as plain JSON. */
export async function readCard(directory: string): Promise<unknown> {
  const { "card.json": card } = await readNetworkFiles(directory, ["card.json"]);
  return parseJson(card, join(directory, "card.json"));
}

/**
 * Reads a network and its card.
 *
 * @param directory Its folder, or a zip of the files in it.
 * @returns The network and the card, as plain JSON.
 * @throws {Error} If the folder, one of its files or their content is not what {@linkcode saveNetwork} writes.
 */
export async function loadNetwork(
  directory: string,
): Promise<{ network: tf.LayersModel; card: unknown }> {
  const files = await readNetworkFiles(directory);
  const path = join(directory, "model.json");
  const model = parseJson(files["model.json"], path);
  const card = parseJson(files["card.json"], join(directory, "card.json"));
  const { [WEIGHTS]: weights } = files;
  const { modelTopology, weightsManifest, ...rest } = (model ?? {}) as {
    modelTopology: tf.io.ModelArtifacts["modelTopology"];
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const specs = weightsManifest?.[0]?.weights;
  if (!modelTopology || !specs?.every?.((spec) => Array.isArray(spec?.shape))) {
    throw new SyntaxError(`Expected ${path} to describe a tfjs LayersModel but it does not`);
  }
  const length = specs.reduce((total, spec) => total + storedLength(spec), 0);
  if (weights.length !== length) {
    throw new SyntaxError(
      `Expected ${join(directory, WEIGHTS)} to have ${length} bytes but found ${weights.length}`,
    );
  }
  const network = await networkFromData({
    ...rest,
    modelTopology,
    weightSpecs: specs,
    weightData: weights.buffer,
  }).catch((error: Error) => {
    throw new SyntaxError(
      `Expected ${path} to describe a tfjs LayersModel but ${error.message.split(/\. |\n/)[0]}`,
    );
  });
  if (readWeights(network.layers).every((values) => values.every(Number.isFinite))) {
    return { network, card };
  }
  network.dispose();
  throw new SyntaxError(`Expected ${join(directory, WEIGHTS)} to hold numbers but found NaN`);
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Expected to read ${path} but there is no such file`);
  }
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new SyntaxError(`Expected ${path} to be JSON but it is not`);
  }
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreNotFound);
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
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
