/** The worker of the page with the network that is taught: fetched when somebody wants to teach. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { startBackend } from "../../backend/mod.ts";
import { Random } from "../../data/random.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { Classifier, predict } from "../../model/classifier.ts";
import { drawCopies, solveClassifier } from "../../model/closed_form.ts";
import {
  applyLayers,
  imagesToTensor,
  networkFromData,
  networkToData,
} from "../../model/network.ts";
import { encodeNetwork } from "../../model/saved_network.ts";
import { listArchive } from "../../picture/class_folders.ts";
import type { GreyPicture } from "../../picture/decode.ts";
import { findSymbol } from "../../picture/find_digits.ts";
import { explain, type Explanation } from "../explain.ts";
import { help } from "./helper.ts";
import { cleanClassName, Lesson } from "./lesson.ts";
import type { ReadDigit } from "./reader.ts";

type Examples = Lesson["examples"];

/** The base that is taught, the one that `deno task train` takes. */
const BASE = "cnn";

/**
 * Rows of the least squares: so few that a head is solved in less than a tenth of a second. What a second and
 * a fourth copy of 200 of MNIST's digits are worth, 0.2 points each on validation, is not worth the wait.
 */
const MOST_ROWS = 320;

const SEED = 1;

/** Features of each example and of its copies, as far as they were needed. */
const features = new Map<string, Float32Array[]>();

/** What is learnt, if anything is, and what it was learnt from. */
let model: Classifier | undefined;
let taught: Examples = new Map();

/** Resolves once all is learnt that was asked for. */
let learnt: Promise<void> = Promise.resolve();

let started: Promise<{ base: tf.Sequential; data: tf.io.ModelArtifacts }> | undefined;

/** The network that is taught: fetched once. */
function fetchBase() {
  started ??= startBase();
  started.catch(() => started = undefined);
  return started;
}

async function startBase() {
  setWasmPaths("./");
  await startBackend();
  const base = await tf.loadLayersModel("base/model.json") as tf.Sequential;
  return { base, data: await networkToData(base) };
}

const skills = {
  /**
   * Learns anew from all examples; from those of fewer than two classes, nothing.
   *
   * @returns The classes that it tells apart.
   * @throws {Error} If the network cannot be fetched.
   */
  async learn(examples: Examples): Promise<string[]> {
    const network = await fetchBase();
    await (learnt = learnt.catch(() => {}).then(() => solve(examples, network)));
    return classes();
  },

  /** Reads the symbol in a picture; without probabilities as long as nothing is learnt. */
  read(picture: GreyPicture): ReadDigit[] {
    const [found] = findSymbol(picture).digits;
    if (!found) return [];
    if (!model) {
      return [{ ...found, label: "", confidence: 0, accepted: false, probabilities: [] }];
    }
    return [{ ...found, ...predict(model, [found.pixels])[0] }];
  },

  /** Explains why pixels are read as a class. */
  explain: (pixels: Uint8Array, name: string): Explanation =>
    explain(model!, pixels, classes().indexOf(name)),

  /** Packs what it has learnt as a zip of the files that `deno task predict --model` takes. */
  async pack(): Promise<Uint8Array<ArrayBuffer>> {
    const pictures = [...taught.values()].flat();
    const images = Uint8Array.from(pictures.flatMap((pixels) => [...pixels]));
    const examples = { count: pictures.length, images, labels: labelsOf(taught) };
    const { network, card } = model!;
    return zipSync(await encodeNetwork(network, card, "float16", examples), { level: 0 });
  },

  packExamples,
  unpackPictures,
};

/** What it can do. */
export type TeachingSkills = typeof skills;

help(skills);

function classes(): string[] {
  return model?.card.classes ?? [];
}

async function solve(
  all: Examples,
  { base, data }: { base: tf.Sequential; data: tf.io.ModelArtifacts },
): Promise<void> {
  const examples = new Map([...all].filter(([, pictures]) => pictures.length > 0));
  const pictures = [...examples.values()].flat();
  let solved: Classifier | undefined;
  if (examples.size > 1) {
    const { network, card } = await solveClassifier(
      await networkFromData(data) as tf.Sequential,
      labelsOf(examples),
      {
        classes: [...examples.keys()],
        seed: SEED,
        mostRows: MOST_ROWS,
        featuresOf: (copies) => {
          const rows = pictures.flatMap((picture) => featuresOf(picture, copies, base));
          const inputs = new Float32Array(rows.length * rows[0].length);
          rows.forEach((row, i) => inputs.set(row, i * row.length));
          return inputs;
        },
      },
    );
    solved = new Classifier(network, { base: BASE, ...card });
  }
  model?.[Symbol.dispose]();
  [model, taught] = [solved, examples];
  const known = new Set(pictures.map(keyOf));
  for (const key of features.keys()) if (!known.has(key)) features.delete(key);
}

/** Features of a picture and of its first copies, which are its own, whatever else is learnt. */
function featuresOf(picture: Uint8Array, copies: number, base: tf.Sequential): Float32Array[] {
  const known = features.get(keyOf(picture)) ?? [];
  const ink = picture.reduce((sum, value) => sum + value, 0);
  if (known.length < copies) {
    const random = (copy: number) => new Random(SEED, ink, copy);
    const missing = drawCopies(picture, [known.length, copies], random);
    const outputs = tf.tidy(() =>
      applyLayers(base.layers, imagesToTensor(missing)).dataSync<"float32">().slice()
    );
    const width = outputs.length * IMAGE_PIXELS / missing.length;
    for (let i = 0; i < outputs.length; i += width) known.push(outputs.subarray(i, i + width));
    features.set(keyOf(picture), known);
  }
  return known.slice(0, copies);
}

/** Equal pictures have equal keys. */
function keyOf(picture: Uint8Array): string {
  return String.fromCharCode(...picture);
}

/** Index of its class for every example. */
function labelsOf(examples: Examples): Uint8Array {
  return Uint8Array.from(
    [...examples.values()].flatMap((pictures, label) => pictures.map(() => label)),
  );
}

/** Packs examples as `deno task train --pictures` takes them: a folder a class with a PNG file an example, white ink on black. */
function packExamples(examples: Examples): Uint8Array<ArrayBuffer> {
  const files: [string, Uint8Array][] = [];
  for (const [name, pictures] of examples) {
    for (const [i, data] of pictures.entries()) {
      const size = { width: IMAGE_SIDE, height: IMAGE_SIDE };
      files.push([`${name}/${i + 1}.png`, encode({ ...size, data, channels: 1, depth: 8 })]);
    }
  }
  return zipSync(Object.fromEntries(files), { level: 0 });
}

/**
 * Unpacks the pictures of such a zip, or of any other with a folder of pictures a class.
 *
 * @returns Picture files with the names of their classes, each class in natural order.
 * @throws {Error} If there are no pictures or more than a lesson has; as {@linkcode listArchive}.
 */
function unpackPictures(zip: Uint8Array): { name: string; bytes: Uint8Array<ArrayBuffer> }[] {
  const { entries } = listArchive(zip, "the file");
  if (entries.length === 0 || entries.length > Lesson.MOST_EXAMPLES) {
    throw new RangeError(
      `Expected 1 to ${Lesson.MOST_EXAMPLES} pictures in folders of classes but found ${entries.length}`,
    );
  }
  return entries.map(({ label, source }) => ({
    name: cleanClassName(label),
    bytes: source as Uint8Array<ArrayBuffer>,
  }));
}
