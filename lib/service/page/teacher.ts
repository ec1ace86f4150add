/** The worker of the page with the network that is taught: fetched when somebody wants to teach. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { zipSync } from "fflate";
import { startBackend } from "../../backend/mod.ts";
import { Random } from "../../data/random.ts";
import { IMAGE_PIXELS } from "../../image/size.ts";
import { asClassifier, type Classifier, predict } from "../../model/classifier.ts";
import { drawCopies, encodeExamples, solveClassifier } from "../../model/closed_form.ts";
import {
  applyLayers,
  imagesToTensor,
  networkFromData,
  networkToData,
} from "../../model/network.ts";
import { encodeNetwork } from "../../model/saved_network.ts";
import type { GreyPicture } from "../../picture/decode.ts";
import { findSymbol, type FoundDigit } from "../../picture/find_digits.ts";
import { explain, type Explanation } from "../explain.ts";
import { help } from "./helper.ts";
import type { Lesson } from "./lesson.ts";
import { packExamples, unpackPictures } from "./lesson_zip.ts";
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

/** Learns from examples, and reads. */
class Teacher {
  #base: tf.Sequential;
  #data: tf.io.ModelArtifacts;
  /** Features of each example and of its copies, as far as they were needed. */
  #features = new Map<string, Float32Array[]>();
  #examples: Examples = new Map();
  #model: Classifier | undefined;
  #learnt: Promise<void> = Promise.resolve();

  private constructor(base: tf.Sequential, data: tf.io.ModelArtifacts) {
    this.#base = base;
    this.#data = data;
  }

  /**
   * Fetches the network.
   *
   * @throws {Error} If it cannot be fetched.
   */
  static async start(): Promise<Teacher> {
    setWasmPaths("./");
    await startBackend();
    const base = await tf.loadLayersModel("base/model.json") as tf.Sequential;
    return new Teacher(base, await networkToData(base));
  }

  /** Finds the symbol in a picture. */
  see(picture: GreyPicture): FoundDigit | undefined {
    return findSymbol(picture).digits[0];
  }

  /**
   * Learns anew from all examples; from those of fewer than two classes, nothing.
   *
   * @returns The classes that it tells apart.
   */
  async learn(examples: Examples): Promise<string[]> {
    this.#learnt = this.#learnt.then(() => this.#solve(examples));
    await this.#learnt;
    return this.#classes;
  }

  /** Reads the symbol in a picture; without probabilities as long as nothing is learnt. */
  read(picture: GreyPicture): ReadDigit[] {
    const found = this.see(picture);
    if (!found) return [];
    if (!this.#model) {
      return [{ ...found, character: "", confidence: 0, accepted: false, probabilities: [] }];
    }
    const [prediction] = predict(this.#model, [found.pixels]);
    return [{ ...found, ...prediction, character: prediction.label }];
  }

  get #classes(): string[] {
    return this.#model?.card.classes ?? [];
  }

  /** Explains why pixels are read as a class. */
  explain(pixels: Uint8Array, name: string): Explanation {
    return explain(this.#model!, pixels, this.#classes.indexOf(name));
  }

  /** What it has learnt, as a zip of the files that `deno task predict --model` takes. */
  async pack(): Promise<Uint8Array<ArrayBuffer>> {
    const { network, card } = this.#model!;
    const pictures = [...this.#examples.values()].flat();
    const images = new Uint8Array(pictures.length * IMAGE_PIXELS);
    pictures.forEach((pixels, i) => images.set(pixels, i * IMAGE_PIXELS));
    return zipSync({
      ...await encodeNetwork(network, card, "float16"),
      ...await encodeExamples({ count: pictures.length, images, labels: labelsOf(this.#examples) }),
    }, { level: 0 });
  }

  async #solve(all: Examples): Promise<void> {
    const examples = new Map([...all].filter(([, pictures]) => pictures.length > 0));
    let model: Classifier | undefined;
    if (examples.size > 1) {
      const pictures = [...examples.values()].flat();
      const base = await networkFromData(this.#data) as tf.Sequential;
      const { network, card } = await solveClassifier(base, labelsOf(examples), {
        classes: [...examples.keys()],
        seed: SEED,
        mostRows: MOST_ROWS,
        featuresOf: (copies) => {
          const rows = pictures.flatMap((picture) => this.#featuresOf(picture, copies));
          const features = new Float32Array(rows.length * rows[0].length);
          rows.forEach((row, i) => features.set(row, i * row.length));
          return features;
        },
      });
      model = asClassifier(network, { base: BASE, ...card });
    }
    this.#model?.[Symbol.dispose]();
    [this.#model, this.#examples] = [model, examples];
    const known = new Set([...examples.values()].flat().map(keyOf));
    for (const key of this.#features.keys()) if (!known.has(key)) this.#features.delete(key);
  }

  /** Features of a picture and of its first copies, which are its own, whatever else is learnt. */
  #featuresOf(picture: Uint8Array, copies: number): Float32Array[] {
    const known = this.#features.get(keyOf(picture)) ?? [];
    const ink = picture.reduce((sum, value) => sum + value, 0);
    if (known.length < copies) {
      const missing = drawCopies(
        picture,
        [known.length, copies],
        (copy) => new Random(SEED, ink, copy),
      );
      const features = tf.tidy(() =>
        applyLayers(this.#base.layers, imagesToTensor(missing)).dataSync<"float32">().slice()
      );
      const width = features.length * IMAGE_PIXELS / missing.length;
      for (let i = 0; i < features.length; i += width) known.push(features.subarray(i, i + width));
      this.#features.set(keyOf(picture), known);
    }
    return known.slice(0, copies);
  }
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

let started: Promise<Teacher> | undefined;

function teacher(): Promise<Teacher> {
  started ??= Teacher.start();
  started.catch(() => started = undefined);
  return started;
}

const skills = {
  learn: async (examples: Examples) => await (await teacher()).learn(examples),
  see: async (picture: GreyPicture) => (await teacher()).see(picture),
  read: async (picture: GreyPicture) => (await teacher()).read(picture),
  explain: async (pixels: Uint8Array, name: string) => (await teacher()).explain(pixels, name),
  pack: async () => await (await teacher()).pack(),
  packExamples,
  unpackPictures,
};

/** What it can do. */
export type TeachingSkills = typeof skills;

help(skills);
