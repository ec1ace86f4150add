/** Classes of one's own: from a folder of pictures a class, an archive of them or a table to a data set. */

import { shareMemory, Team } from "../backend/team.ts";
import { type Dataset, findCopies, join, pick, type Splits } from "../data/dataset.ts";
import { isDirectory, readPacked } from "../data/file_system.ts";
import { CSV_NAME, readPixelCsv } from "../data/pixel_csv.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { listArchive, listFolder, NATURAL } from "./class_folders.ts";
import type { jobs } from "./symbol_worker.ts";

/** Labels are bytes, and one of them means "of no class". */
const MOST_CLASSES = 255;

/** Characters of a class's name. */
const LONGEST_NAME = 100;

/** Names that are told of each fault; of the rest, their number. */
const MOST_NAMES = 5;

interface ReadOptions {
  observer?: Observer;
  /**
   * Pictures that are read at a time.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
  /**
   * Classes that there have to be: more than one, to learn from these pictures alone.
   * @default {2}
   */
  leastClasses?: number;
  /** Take copies as often as they are there, as what is measured does. */
  keepsCopies?: boolean;
}

/** Pictures, and what each is for. */
interface Labelled {
  classes: string[];
  all: Dataset;
  parts: ("train" | "validation" | "test")[];
}

/** Files as MNIST's. */
const IDX_NAME = /idx\d-ubyte(\.gz)?$/i;

/**
 * Reads pictures of classes of one's own. In a folder or a zip archive with a folder for each class, each
 * picture is one symbol, normalised as {@linkcode findSymbol} does. Folders `train`, `validation` and `test` are
 * splits if there are no others; where there are none, everything is to be learnt from (`holdOut` splits it).
 * In a table (`label,pixel0,…,pixel783`, as {@linkcode readPixelCsv} reads it) pictures are taken as they are.
 * What is passed over (hidden files, other files, empty folders, what cannot be read or shows nothing) is told
 * as notes, and so are copies, of which one is taken of each class and split.
 *
 * @param path Folder, `.zip` or `.csv`.
 * @returns Classes in natural order, pictures with their files' names.
 * @throws {Error} If there are fewer classes than that or more than 255, or a class's name is longer than 100
 * characters; as {@linkcode listArchive} and {@linkcode readPixelCsv}.
 */
export async function readOwnPictures(
  path: string,
  { observer = () => {}, workers, leastClasses = 2, keepsCopies }: ReadOptions = {},
): Promise<Splits> {
  const note = (what: string, names: string[]) => {
    if (names.length === 0) return;
    const rest = names.length - MOST_NAMES;
    const shown = names.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
    observer({ kind: "note", text: `${what}: ${shown}` });
  };
  const { classes, all, parts } = CSV_NAME.test(path)
    ? await readTable(path, leastClasses)
    : await readFolders(path, note, { observer, workers, leastClasses });
  const name = ([copy, first]: [number, number]) => `${all.names![copy]} is ${all.names![first]}`;
  const copies = keepsCopies
    ? new Map<number, number>()
    : findCopies(all, (i) => `${all.labels[i]} ${parts[i]}`);
  note("Passed over, copies", [...copies].map(name));
  const strange = [...findCopies(all)].filter(([copy]) => !copies.has(copy));
  note("There twice, in other classes or splits", strange.map(name));
  const [train, validation, test] = (["train", "validation", "test"] as const)
    .map((part) => pick(all, [...parts.keys()].filter((i) => parts[i] === part && !copies.has(i))));
  const lacking = classes.filter((_, label) => !train.labels.includes(label));
  if (lacking.length > 0) {
    throw new Error(
      `Expected pictures of every class to learn from in ${path} but found none of ${
        lacking.slice(0, MOST_NAMES).join(", ")
      }`,
    );
  }
  return { train, validation, test, classes, source: path };
}

/**
 * Reads all such pictures, whatever split they are in, labelled as a model numbers its classes.
 *
 * @throws {Error} If a class is none of the model's, or as {@linkcode readOwnPictures}.
 */
export async function readLabelledPictures(
  path: string,
  classes: readonly string[],
  options?: ReadOptions,
): Promise<Dataset> {
  const { classes: found, ...parts } = await readOwnPictures(path, {
    ...options,
    leastClasses: 1,
    keepsCopies: true,
  });
  const strange = found.find((name) => !classes.includes(name));
  if (strange !== undefined) {
    throw new Error(`Expected ${path} to hold classes of the model but found ${strange}`);
  }
  const { labels, ...rest } = join(parts.train, parts.validation, parts.test);
  return { ...rest, labels: labels.map((label) => classes.indexOf(found[label])) };
}

async function readTable(path: string, leastClasses: number): Promise<Labelled> {
  const { count, images, labels } = await readPixelCsv(path, { isLabelled: true });
  const classes = classesOf(path, labels, leastClasses);
  return {
    classes,
    all: {
      count,
      images,
      labels: indicesOf(labels, classes),
      names: labels.map((_, row) => `row ${row + 1}`),
    },
    parts: labels.map(() => "train"),
  };
}

async function readFolders(
  path: string,
  note: (what: string, names: string[]) => void,
  options: Required<Pick<ReadOptions, "leastClasses">> & ReadOptions,
): Promise<Labelled> {
  const isFolder = await isDirectory(path);
  if (!isFolder && !/\.zip$/i.test(path)) {
    throw new Error(
      `Expected ${path} to be a folder of class folders, a .zip of it or a .csv but it is none`,
    );
  }
  const { entries, passedOver, empty } = isFolder
    ? await listFolder(path)
    : listArchive(await readPacked(path), path);
  if (entries.length === 0 && passedOver.some((name) => IDX_NAME.test(name))) {
    throw new Error(`Expected class folders in ${path} but found IDX files, which --data reads`);
  }
  note("Passed over, no pictures", passedOver);
  note("Passed over, empty folders", empty);
  const classes = classesOf(path, entries.map(({ label }) => label), options.leastClasses);
  const images = shareMemory(new Uint8Array(entries.length * IMAGE_PIXELS));
  const { unreadable, blank } = await readSymbols(
    entries.map(({ source }) => source),
    images,
    options,
  );
  note("Passed over, cannot be read", unreadable.map((i) => entries[i].name));
  note("Passed over, nothing is drawn", blank.map((i) => entries[i].name));
  const all: Dataset = {
    count: entries.length,
    images,
    labels: indicesOf(entries.map(({ label }) => label), classes),
    names: entries.map(({ name }) => name),
  };
  const missed = new Set([...unreadable, ...blank]);
  const found = [...entries.keys()].filter((i) => !missed.has(i));
  return { classes, all: pick(all, found), parts: found.map((i) => entries[i].part) };
}

/** The classes that labels name, in natural order. */
function classesOf(path: string, labels: string[], least: number): string[] {
  const classes = [...new Set(labels)].sort(NATURAL.compare);
  if (classes.length < least || classes.length > MOST_CLASSES) {
    throw new Error(
      `Expected ${path} to hold pictures of ${least} to ${MOST_CLASSES} classes but found ${classes.length}`,
    );
  }
  const long = classes.find((name) => name.length > LONGEST_NAME || name === "");
  if (long !== undefined) {
    throw new Error(
      `Expected names of classes to have 1 to ${LONGEST_NAME} characters but found ${long.length}${
        long && ` in ${long.slice(0, 20)}…`
      }`,
    );
  }
  return classes;
}

function indicesOf(labels: string[], classes: string[]): Uint8Array {
  const indices = new Map(classes.map((name, i) => [name, i]));
  return Uint8Array.from(labels, (label) => indices.get(label)!);
}

/** Reads files side by side; indices of what is none. */
async function readSymbols(
  files: (string | Uint8Array)[],
  images: Uint8Array,
  { workers = navigator.hardwareConcurrency, observer }: ReadOptions,
): Promise<{ unreadable: number[]; blank: number[] }> {
  await using team = new Team<typeof jobs>({
    module: new URL("./symbol_worker.ts", import.meta.url),
    size: Math.min(workers, files.length),
  });
  let done = 0;
  const onReport = () =>
    observer?.({ kind: "progress", what: "pictures", done: ++done, total: files.length });
  const shared = files.map((file) => typeof file === "string" ? file : shareMemory(file));
  const missed = await team.run("readSymbols", { files: shared, images }, { onReport });
  return {
    unreadable: missed.flatMap(({ unreadable }) => unreadable).sort((a, b) => a - b),
    blank: missed.flatMap(({ blank }) => blank).sort((a, b) => a - b),
  };
}
