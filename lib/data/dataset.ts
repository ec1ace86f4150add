/** Labelled pictures, as every stage of the project passes them on. */

import { basename } from "@std/path";
import { IMAGE_PIXELS } from "../image/size.ts";
import { Random } from "./random.ts";

/** Labelled grey pictures: white ink (255) on black (0). */
export interface Dataset {
  count: number;
  /** Pixels 0–255, `[count, 28, 28]`, row by row. */
  images: Uint8Array;
  /** Class indices, `[count]`; {@linkcode NO_CLASS} for what is of no class. */
  labels: Uint8Array;
  /** Files that the pictures came from, if each is of one. */
  names?: string[];
}

/** Label of a picture of no class: a network is to learn that it cannot know. */
export const NO_CLASS = 255;

/** Labelled pictures, split: what is learnt from, what choices are made on, and what is looked at once. */
export interface Splits {
  train: Dataset;
  validation: Dataset;
  test: Dataset;
  /** Kinds of pictures that are not learnt from, for a classifier's card to say how often it does not know. */
  apart?: Record<string, Dataset>;
  /** Names of the classes, in the order of the labels. */
  classes: string[];
  /** Where they came from. */
  source: string;
}

/** Puts datasets one behind the other, in shared memory. */
export function join(...datasets: Dataset[]): Dataset {
  const count = datasets.reduce((sum, dataset) => sum + dataset.count, 0);
  const images = new Uint8Array(new SharedArrayBuffer(count * IMAGE_PIXELS));
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  let start = 0;
  for (const dataset of datasets) {
    images.set(dataset.images, start * IMAGE_PIXELS);
    labels.set(dataset.labels, start);
    start += dataset.count;
  }
  const names = datasets.flatMap(({ names = [] }) => names);
  return { count, images, labels, ...(names.length === count && { names }) };
}

/** The pictures of `dataset` with these indices. */
export function pick({ images, labels, names }: Dataset, indices: number[]): Dataset {
  const picked = new Uint8Array(indices.length * IMAGE_PIXELS);
  indices.forEach((from, i) =>
    picked.set(images.subarray(from * IMAGE_PIXELS, (from + 1) * IMAGE_PIXELS), i * IMAGE_PIXELS)
  );
  return {
    count: indices.length,
    images: picked,
    labels: Uint8Array.from(indices, (i) => labels[i]),
    ...(names && { names: indices.map((i) => names[i]) }),
  };
}

/** The pictures of `dataset` from index `start` on, `most` of them if there are as many, sharing its memory. */
export function slice(dataset: Dataset, start: number, most: number): Dataset {
  const end = Math.min(start + most, dataset.count);
  return {
    count: end - start,
    images: dataset.images.subarray(start * IMAGE_PIXELS, end * IMAGE_PIXELS),
    labels: dataset.labels.subarray(start, end),
    ...(dataset.names && { names: dataset.names.slice(start, end) }),
  };
}

/**
 * Finds the pictures that are an earlier one's copy to the last pixel, within each group.
 *
 * @param groupOf The group of a picture, by its index; if not given, all are one.
 * @returns The index of the first such picture by that of each copy.
 */
export function findCopies(
  { count, images }: Dataset,
  groupOf: (index: number) => unknown = () => "",
): Map<number, number> {
  const [copies, seen] = [new Map<number, number>(), new Map<string, number>()];
  for (let i = 0; i < count; i++) {
    const pixels = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS).toHex();
    const key = `${groupOf(i)} ${pixels}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, i);
    else copies.set(i, first);
  }
  return copies;
}

// Splitting what has no split of its own

/** Share of the pictures that are held out to choose on, and again to test on. */
const HELD_OUT = 0.1;

/** Fewer writers than this are not told apart. */
const LEAST_WRITERS = 3;

/** Tells the random numbers of the split from those of others with the same seed. */
const STREAM = 0x73706c69;

/**
 * Holds out from what is learnt from what is lacking: a tenth to choose on and a tenth to test on, at least one
 * of each class that has more; if all files' names show their writers, whole writers.
 *
 * @throws {RangeError} If there are too few for both.
 */
export function holdOut(data: Splits, seed: number): Splits {
  const { train, classes } = data;
  const indices = [...train.labels.keys()];
  const writers = (train.names ?? []).map((name) => writerOf(name, classes));
  const areKnown = new Set(writers).size >= LEAST_WRITERS && !writers.includes(undefined);
  const pools = areKnown
    ? [[...Map.groupBy(indices, (i) => writers[i]).values()]]
    : classes.map((_, label) => indices.filter((i) => train.labels[i] === label).map((i) => [i]));
  const random = new Random(seed, STREAM);
  const held = { validation: new Set<number>(), test: new Set<number>() };
  for (const pool of pools) {
    const count = Math.max(1, Math.round(HELD_OUT * pool.length));
    for (const part of ["validation", "test"] as const) {
      if (data[part].count > 0) continue;
      for (let k = 0; k < count && pool.length > 1; k++) {
        for (const i of pool.splice(random.integer(pool.length), 1)[0]) held[part].add(i);
      }
    }
  }
  const taken = (part: "validation" | "test") =>
    data[part].count > 0 ? data[part] : pick(train, [...held[part]].sort((a, b) => a - b));
  if (taken("validation").count === 0 || taken("test").count === 0) {
    throw new RangeError(
      `Expected ${data.source} to hold three pictures of a class at least but found ${train.count} in all`,
    );
  }
  return {
    ...data,
    train: pick(train, indices.filter((i) => !held.validation.has(i) && !held.test.has(i))),
    validation: taken("validation"),
    test: taken("test"),
  };
}

/** Words that name no writer. */
const NO_WRITERS = new Set(
  "img image picture pic photo scan dsc screenshot sample file digit letter symbol class train test"
    .split(" "),
);

/** Who wrote a picture, where its file says so: `anna_3.png`, `writer12-7.jpg`. */
function writerOf(path: string, classes: string[]): string | undefined {
  const name = basename(path).replace(/\.[^.]*$/, "");
  const numbered = /(?:^|[_-])((?:writer|person|user|subject)[_-]?\d+)(?:[_-]|$)/i.exec(name);
  const named = /^(\p{L}{2,})[_-]\d+$/u.exec(name);
  const writer = (numbered ?? named)?.[1].toLowerCase();
  return writer && !NO_WRITERS.has(writer) && !classes.includes(writer) ? writer : undefined;
}
