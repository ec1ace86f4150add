/** Networks on disk: a tfjs LayersModel (`model.json`, `weights.bin`) beside a card that says what it is. */

import * as tf from "@tensorflow/tfjs";
import { dirname, join } from "@std/path";
import {
  type Dataset,
  findCopies,
  join as joinDatasets,
  pick,
  type Splits,
} from "../data/dataset.ts";
import { isDirectory, parseJson, readWhole } from "../data/file_system.ts";
import { encodeIdxPair, readLabelled } from "../data/idx.ts";
import type { Observer } from "../observer.ts";
import { networkFromData, networkToData, readWeights } from "./network.ts";

/** The files of a network. */
const [MODEL, WEIGHTS, CARD] = ["model.json", "weights.bin", "card.json"];

/** How the names of the files beside a network begin that hold what it was learnt from. */
const EXAMPLES = "examples";

/** Of more pictures than this none are kept: from as many a head is solved. */
const MOST_EXAMPLES = 3000;

type Precision = Parameters<typeof networkToData>[1];

/**
 * Writes a network and its card as a folder, all or nothing: an older network
 * there stays whole until the new one is.
 *
 * @param directory Folder to write, for example `outputs/model`.
 * @param card What the network is, as plain JSON.
 * @param precision How to store weights.
 * @param examples What it was learnt from, if that is to be kept beside it, for {@linkcode addExamples}.
 */
export async function saveNetwork(
  directory: string,
  network: tf.LayersModel,
  card: unknown,
  precision: Precision = "float16",
  examples?: Dataset,
): Promise<void> {
  const files = await encodeNetwork(network, card, precision, examples);
  await Deno.mkdir(dirname(directory), { recursive: true });
  const [fresh, previous] = [`${directory}.new`, `${directory}.previous`];
  await removeIfThere(fresh);
  try {
    await Deno.mkdir(fresh);
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(fresh, name), bytes);
    }
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

/** @returns The files that {@linkcode saveNetwork} writes, by name. */
export async function encodeNetwork(
  network: tf.LayersModel,
  card: unknown,
  precision: Precision,
  examples?: Dataset,
): Promise<Record<string, Uint8Array>> {
  const { weightData, weightSpecs, ...topology } = await networkToData(network, precision);
  const model = { ...topology, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    [WEIGHTS]: new Uint8Array(weightData as ArrayBuffer),
    [MODEL]: encode(JSON.stringify(model)),
    [CARD]: encode(JSON.stringify(card, null, 2) + "\n"),
    ...(examples && examples.count <= MOST_EXAMPLES &&
      await encodeIdxPair(EXAMPLES, examples, { gzip: true })),
  };
}

/**
 * Adds the pictures that a classifier was learnt from to others, of the same classes or more.
 *
 * @param directory Its folder, or a zip of the files in it.
 * @returns All of them; copies among those to learn from once.
 * @throws {Error} If it has none beside it, or none of its classes.
 */
export async function addExamples(
  data: Splits,
  directory: string,
  observer: Observer = () => {},
): Promise<Splits> {
  const { classes = [] } = (await readCard(directory) ?? {}) as { classes?: string[] };
  const known = await readLabelled(
    join(directory, `${EXAMPLES}-images-idx3-ubyte.gz`),
    join(directory, `${EXAMPLES}-labels-idx1-ubyte.gz`),
  );
  if (known.labels.some((label) => label >= classes.length)) {
    throw new SyntaxError(
      `Expected examples in ${directory} to be of its ${classes.length} classes but found others`,
    );
  }
  const all = [...classes, ...data.classes.filter((name) => !classes.includes(name))];
  const renumber = (dataset: Dataset, from: string[]) => ({
    ...dataset,
    labels: dataset.labels.map((label) => all.indexOf(from[label])),
  });
  const [train, validation, test] = [data.train, data.validation, data.test]
    .map((part) => renumber(part, data.classes));
  const joined = joinDatasets(renumber(known, classes), train);
  const copies = findCopies(joined, (i) => joined.labels[i]);
  if (copies.size > 0) {
    observer({
      kind: "note",
      text: `${copies.size} of the pictures are among the model's already`,
    });
  }
  const others = [...joined.labels.keys()].filter((i) => !copies.has(i));
  return { ...data, classes: all, train: pick(joined, others), validation, test };
}

/**
 * Reads files of a saved network.
 *
 * @param directory Its folder, or a zip of the files in it.
 * @returns The files by name.
 * @throws {Error} If there is no such folder or zip, or one of the files is not in it.
 */
export async function readNetworkFiles(
  directory: string,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const folder = await findFolder(directory);
  const files = await Array.fromAsync(
    [MODEL, WEIGHTS, CARD],
    async (name) => [name, await readWhole(join(folder, name))],
  );
  return Object.fromEntries(files);
}

/** Reads the card of a saved network, as plain JSON. */
export async function readCard(directory: string): Promise<unknown> {
  const card = await readWhole(join(await findFolder(directory), CARD));
  return parseJson(card, join(directory, CARD));
}

/** A run that was stopped between the two renames of {@linkcode saveNetwork} left the older network in the second. */
async function findFolder(directory: string): Promise<string> {
  const isHere = await isThere(join(directory, CARD));
  if (!isHere && await isThere(join(directory, "model", CARD))) {
    throw new Error(
      `Expected ${directory} to be the folder of a saved network: that is ${
        join(directory, "model")
      }`,
    );
  }
  for (const folder of [directory, `${directory}.previous`]) {
    if (await isDirectory(folder) || /\.zip$/i.test(folder) && await isThere(folder)) return folder;
  }
  throw new Error(
    `Expected ${directory} to be the folder or .zip of a saved network but there is none`,
  );
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
  const path = join(directory, MODEL);
  const model = parseJson(files[MODEL], path);
  const card = parseJson(files[CARD], join(directory, CARD));
  const { modelTopology, weightsManifest, ...rest } = (model ?? {}) as {
    modelTopology: tf.io.ModelArtifacts["modelTopology"];
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const weightSpecs = weightsManifest?.[0]?.weights;
  if (!modelTopology || !weightSpecs?.every?.((spec) => Array.isArray(spec?.shape))) {
    throw new SyntaxError(`Expected ${path} to describe a tfjs LayersModel but it does not`);
  }
  const network = await networkFromData(
    { ...rest, modelTopology, weightSpecs, weightData: files[WEIGHTS].buffer },
    path,
  );
  if (readWeights(network.layers).every((values) => values.every(Number.isFinite))) {
    return { network, card };
  }
  network.dispose();
  throw new SyntaxError(`Expected ${join(directory, WEIGHTS)} to hold numbers but found NaN`);
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

async function removeIfThere(path: string): Promise<void> {
  if (await isThere(path)) await Deno.remove(path, { recursive: true });
}
