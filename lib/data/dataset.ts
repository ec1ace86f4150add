/** Labelled pictures, as every stage of the project passes them on. */

import { IMAGE_PIXELS } from "../image/size.ts";

/** Labelled grey pictures: white ink (255) on black (0). */
export interface Dataset {
  /** Number of pictures. */
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

/** The `count` pictures of `dataset` from index `start` on, sharing its memory. */
export function slice(dataset: Dataset, start: number, count: number): Dataset {
  return {
    count,
    images: dataset.images.subarray(start * IMAGE_PIXELS, (start + count) * IMAGE_PIXELS),
    labels: dataset.labels.subarray(start, start + count),
    ...(dataset.names && { names: dataset.names.slice(start, start + count) }),
  };
}
