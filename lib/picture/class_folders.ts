/** Classes of one's own: a folder of pictures a class, as Keras, torchvision and others have them. */

import { join as joinPath, relative } from "@std/path";
import { shareMemory } from "../backend/shared_memory.ts";
import { Team } from "../backend/team.ts";
import { type Dataset, join, pick, type Splits } from "../data/dataset.ts";
import { isDirectory } from "../data/file_system.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import type { jobs } from "./symbol_worker.ts";

/** Files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|jpe?g|webp|gif|bmp)$/i;

/** Names of folders that are splits, where all are such names. */
const SPLIT_NAMES: Record<string, Part> = {
  train: "train",
  training: "train",
  validation: "validation",
  valid: "validation",
  val: "validation",
  test: "test",
  testing: "test",
};

/** Labels are bytes, and one of them means "of no class". */
const MOST_CLASSES = 255;

/** Characters of a class's name. */
const LONGEST_NAME = 100;

/** Names that are told of each fault; of the rest, their number. */
const MOST_NAMES = 5;

/** What pictures are for. */
type Part = "train" | "validation" | "test";

/** A file, its class and what it is for. */
interface Entry {
  path: string;
  /** From the folder on. */
  name: string;
  label: string;
  part: Part;
}

interface ReadOptions {
  observer?: Observer;
  /**
   * Pictures that are read at a time.
   * @default {navigator.hardwareConcurrency}
   */
  workers?: number;
}

/**
 * Reads a folder with a folder of pictures for each class; each picture is one symbol, normalised as
 * {@linkcode findSymbol} does. Folders `train`, `validation` and `test` are splits if there are no others;
 * where there are none, everything is to be learnt from (`holdOut` splits it). What is passed over
 * (hidden files, other files, empty folders, what cannot be read or shows nothing) is told as notes, and so
 * are pictures that are there twice.
 *
 * @returns Classes in natural order, pictures with their files' names.
 * @throws {Error} If there are fewer than two classes or more than 255, or a class's name is longer than 100
 * characters.
 */
export async function readClassFolders(
  directory: string,
  { observer = () => {}, workers }: ReadOptions = {},
): Promise<Splits> {
  if (!await isDirectory(directory)) {
    throw new Error(`Expected ${directory} to be a folder of class folders but it is none`);
  }
  const note = (what: string, names: string[]) => {
    if (names.length === 0) return;
    const rest = names.length - MOST_NAMES;
    const shown = names.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
    observer({ kind: "note", text: `${what}: ${shown}` });
  };
  const { entries, passedOver, empty } = await listEntries(directory);
  const classes = [...new Set(entries.map(({ label }) => label))].sort(NATURAL.compare);
  note("Passed over, no pictures", passedOver);
  note("Passed over, empty folders", empty);
  checkClasses(directory, classes);
  const read = new Map<string, Entry>();
  const images = shareMemory(new Uint8Array(entries.length * IMAGE_PIXELS));
  const { unreadable, blank } = await readSymbols(entries, images, { workers, observer });
  const missed = new Set([...unreadable, ...blank]);
  const found = [...entries.keys()].filter((i) => !missed.has(i));
  note("Passed over, cannot be read", unreadable.map((i) => entries[i].name));
  note("Passed over, nothing is drawn", blank.map((i) => entries[i].name));
  const twice = found.flatMap((i) => {
    const picture = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS).toHex();
    const [entry, other] = [entries[i], read.get(picture)];
    read.set(picture, entry);
    return other && (other.label !== entry.label || other.part !== entry.part)
      ? [`${entry.name} is ${other.name}`]
      : [];
  });
  note("There twice, in other classes or splits", twice);
  const all: Dataset = {
    count: entries.length,
    images,
    labels: Uint8Array.from(entries, ({ label }) => classes.indexOf(label)),
    names: entries.map(({ name }) => name),
  };
  const [train, validation, test] = (["train", "validation", "test"] as const).map((part) =>
    pick(all, found.filter((i) => entries[i].part === part))
  );
  const lacking = classes.filter((_, label) => !train.labels.includes(label));
  if (lacking.length > 0) {
    throw new Error(
      `Expected pictures of every class to learn from in ${directory} but found none of ${
        lacking.slice(0, MOST_NAMES).join(", ")
      }`,
    );
  }
  return { train, validation, test, classes, source: directory };
}

const NATURAL = new Intl.Collator("en", { numeric: true });

/**
 * Reads all pictures of such a folder, whatever split they are in, labelled as a model numbers its classes.
 *
 * @throws {Error} If a class is none of the model's, or as {@linkcode readClassFolders}.
 */
export async function readLabelledFolders(
  directory: string,
  classes: readonly string[],
  options?: ReadOptions,
): Promise<Dataset> {
  const { classes: found, ...parts } = await readClassFolders(directory, options);
  const strange = found.find((name) => !classes.includes(name));
  if (strange !== undefined) {
    throw new Error(`Expected ${directory} to hold classes of the model but found ${strange}`);
  }
  const { labels, ...rest } = join(parts.train, parts.validation, parts.test);
  return { ...rest, labels: labels.map((label) => classes.indexOf(found[label])) };
}

/** The pictures of a folder by class and split, and what is none. */
async function listEntries(directory: string) {
  const root = await Deno.realPath(directory);
  const passedOver: string[] = [];
  const empty: string[] = [];
  const foldersIn = async (folder: string): Promise<string[]> => {
    const folders: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (await isInside(joinPath(folder, name)) && await isDirectory(joinPath(folder, name))) {
        if (!name.startsWith(".") && name !== "__MACOSX") folders.push(name);
      } else passedOver.push(relative(directory, joinPath(folder, name)));
    }
    return folders.sort(NATURAL.compare);
  };
  /** Links may not lead out of the folder. */
  const isInside = async (path: string) => {
    const target = await Deno.realPath(path).catch(() => "");
    return target.startsWith(`${root}/`) || target.startsWith(`${root}\\`);
  };
  const top = await foldersIn(directory);
  const areSplits = top.length > 0 && top.every((name) => name.toLowerCase() in SPLIT_NAMES) &&
    top.some((name) => SPLIT_NAMES[name.toLowerCase()] === "train");
  const entries: Entry[] = [];
  const addClass = async (folder: string, label: string, part: Part) => {
    let found = 0;
    for (const { name, isDirectory } of (await Array.fromAsync(Deno.readDir(folder)))) {
      const path = joinPath(folder, name);
      if (
        isDirectory || name.startsWith(".") || !PICTURE_NAME.test(name) || !await isInside(path)
      ) {
        passedOver.push(relative(directory, path));
        continue;
      }
      entries.push({ path, name: relative(directory, path), label, part });
      found++;
    }
    if (found === 0) empty.push(relative(directory, folder));
  };
  for (const name of top) {
    const folder = joinPath(directory, name);
    if (!areSplits) await addClass(folder, name.normalize("NFC"), "train");
    else {
      for (const label of await foldersIn(folder)) {
        await addClass(
          joinPath(folder, label),
          label.normalize("NFC"),
          SPLIT_NAMES[name.toLowerCase()],
        );
      }
    }
  }
  entries.sort((one, other) => NATURAL.compare(one.path, other.path));
  return { entries, passedOver: passedOver.sort(NATURAL.compare), empty };
}

function checkClasses(directory: string, classes: string[]): void {
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    throw new Error(
      `Expected ${directory} to hold a folder of pictures for each of 2 to ${MOST_CLASSES} classes but found ${classes.length}`,
    );
  }
  const long = classes.find((name) => name.length > LONGEST_NAME);
  if (long !== undefined) {
    throw new Error(
      `Expected names of classes to have at most ${LONGEST_NAME} characters but found ${long.length} in ${
        long.slice(0, 20)
      }…`,
    );
  }
}

/** Reads the pictures of entries side by side; indices of what is none. */
async function readSymbols(
  entries: Entry[],
  images: Uint8Array,
  { workers = navigator.hardwareConcurrency, observer }: ReadOptions,
): Promise<{ unreadable: number[]; blank: number[] }> {
  await using team = new Team<typeof jobs>({
    module: new URL("./symbol_worker.ts", import.meta.url),
    size: Math.min(workers, entries.length),
  });
  let done = 0;
  const onReport = () =>
    observer?.({ kind: "progress", what: "pictures", done: ++done, total: entries.length });
  const paths = entries.map(({ path }) => path);
  const missed = await team.run("readSymbols", { paths, images }, { onReport });
  return {
    unreadable: missed.flatMap(({ unreadable }) => unreadable).sort((a, b) => a - b),
    blank: missed.flatMap(({ blank }) => blank).sort((a, b) => a - b),
  };
}
