/** Pictures of digits, letters or both: MNIST, EMNIST's own files, or characters drawn with fonts. */

import { fromFileUrl } from "@std/path";
import { CLASS_SETS, classIndex, type ClassSet } from "./class_sets.ts";
import { type Dataset, pick, slice, type Splits } from "./dataset.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { findIdx, readIdxPair } from "./idx.ts";
import { loadMnist } from "./mnist.ts";

/** Folders in which letters are looked for: EMNIST, which the user has put there, before drawn ones. */
const FOLDERS = ["../../data/emnist/", "../../data/letters/"]
  .map((folder) => fromFileUrl(new URL(folder, import.meta.url)));

/**
 * Loads pictures of the characters of a set: digits as {@linkcode loadMnist} does; letters from
 * `directory`, else from `data/emnist/`, else from `data/letters/`, where `deno task make letters`
 * draws them.
 *
 * EMNIST's files are taken as EMNIST ships them (Cohen et al. 2017, https://arxiv.org/abs/1702.05373):
 * `emnist-letters-…` for 26 letters or else `emnist-byclass-…`, plain or .gz; the last twelfth of
 * what is to be learnt from is kept for validation. Of drawn letters, validation and test are in
 * fonts of their own.
 *
 * @throws {Error} If a file is missing, cut off, swapped or foreign, in one sentence.
 */
export async function loadCharacters(
  classSet: ClassSet,
  { directory, limit = Infinity }: Parameters<typeof loadMnist>[0] = {},
): Promise<Splits> {
  if (classSet === "digits") return await loadMnist({ directory, limit });
  const { folder, start } = await findFiles(classSet, directory);
  const { train, validation, test } = start === DRAWN
    ? await readDrawn(folder, classSet)
    : await readEmnist(folder, start, classSet);
  const limited = (dataset: Dataset) => slice(dataset, 0, Math.min(dataset.count, limit));
  return {
    train: limited(train),
    validation: limited(validation),
    test: limited(test),
    classes: CLASS_SETS[classSet],
    source: folder,
  };
}

/** How the names of files begin: of drawn characters, and of EMNIST's two divisions. */
const [DRAWN, EMNIST_LETTERS, EMNIST_BY_CLASS] = ["", "emnist-letters-", "emnist-byclass-"];

/** What the labels in the files stand for; EMNIST numbers its 26 letters from 1 on. */
const LABELS: Record<string, string[]> = {
  [DRAWN]: CLASS_SETS["cased-alphanumeric"],
  [EMNIST_LETTERS]: ["\0", ...CLASS_SETS.letters],
  [EMNIST_BY_CLASS]: CLASS_SETS["cased-alphanumeric"],
};

/** The folder to read, and how the names of its files begin. */
async function findFiles(classSet: ClassSet, directory?: string) {
  const folders = directory === undefined ? FOLDERS : [directory];
  const starts = [EMNIST_BY_CLASS, DRAWN];
  if (classSet === "letters") starts.unshift(EMNIST_LETTERS);
  for (const folder of folders) {
    for (const start of starts) {
      const isThere = await findIdx(folder, `${start}train`, "images")
        .then(() => true, () => false);
      if (isThere) return { folder, start };
    }
  }
  const names = starts.map((start) => `${start}train-…`).join(" or ");
  throw new Error(
    `Expected ${names} in ${
      folders.join(" or ")
    } but found none: deno task make letters draws some`,
  );
}

type Parts = Pick<Splits, "train" | "validation" | "test">;

async function readEmnist(folder: string, start: string, classSet: ClassSet): Promise<Parts> {
  const [all, test] = await Promise.all(["train", "test"].map(async (part) => {
    const dataset = await read(folder, `${start}${part}`, LABELS[start], classSet);
    return { ...dataset, images: transpose(dataset.images) };
  }));
  const validationCount = Math.ceil(all.count / 12);
  const trainCount = all.count - validationCount;
  return {
    train: slice(all, 0, trainCount),
    validation: slice(all, trainCount, validationCount),
    test,
  };
}

async function readDrawn(folder: string, classSet: ClassSet): Promise<Parts> {
  const [train, validation, test] = await Promise.all(
    ["train", "validation", "test"].map((part) => read(folder, part, LABELS[DRAWN], classSet)),
  );
  return { train, validation, test };
}

/**
 * Reads a pair of files and keeps the characters that have a class.
 *
 * @param characters What the labels in the file mean.
 */
async function read(
  folder: string,
  start: string,
  characters: string[],
  classSet: ClassSet,
): Promise<Dataset> {
  const labelsPath = await findIdx(folder, start, "labels");
  const imagesPath = await findIdx(folder, start, "images");
  const { images, labels } = await readIdxPair(imagesPath, labelsPath);
  const classes = characters.map((character) => classIndex(character, CLASS_SETS[classSet]));
  const kept: number[] = [];
  labels.forEach((label, i) => {
    if (label >= characters.length) {
      throw new RangeError(
        `Expected ${labelsPath} to hold labels from 0 to ${
          characters.length - 1
        } but found ${label}`,
      );
    }
    if (classes[label] >= 0) kept.push(i);
  });
  if (kept.length === 0) {
    throw new RangeError(`Expected ${labelsPath} to hold labels of ${classSet} but found none`);
  }
  const picked = pick({ count: labels.length, images, labels }, kept);
  return { ...picked, labels: picked.labels.map((label) => classes[label]) };
}

/** Turns rows into columns in every picture: NIST's files are written that way. */
function transpose(images: Uint8Array): Uint8Array {
  const upright = new Uint8Array(images.length);
  for (let start = 0; start < images.length; start += IMAGE_PIXELS) {
    for (let y = 0; y < IMAGE_SIDE; y++) {
      for (let x = 0; x < IMAGE_SIDE; x++) {
        upright[start + y * IMAGE_SIDE + x] = images[start + x * IMAGE_SIDE + y];
      }
    }
  }
  return upright;
}
