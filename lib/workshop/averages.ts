/** The average picture of each class, and how far other pictures are from it. */

import { type Dataset, slice } from "../data/dataset.ts";
import { IMAGE_PIXELS } from "../image/size.ts";

/**
 * Averages the pictures of each class, pixel by pixel.
 *
 * @param classCount Number of classes.
 * @returns An average for each class, rounded, `[28, 28]`; black for a class without pictures.
 */
export function averagePictures(
  { count, images, labels }: Dataset,
  classCount: number,
): Uint8Array[] {
  const sums = Array.from({ length: classCount }, () => new Float64Array(IMAGE_PIXELS));
  const counts = new Uint32Array(classCount);
  for (let i = 0; i < count; i++) {
    const sum = sums[labels[i]];
    counts[labels[i]]++;
    for (let pixel = 0; pixel < IMAGE_PIXELS; pixel++) {
      sum[pixel] += images[i * IMAGE_PIXELS + pixel];
    }
  }
  return sums.map((sum, label) =>
    Uint8Array.from(sum, (value) => Math.round(value / Math.max(1, counts[label])))
  );
}

/**
 * Finds the picture that is most like another: the least Euclidean distance over all pixels.
 *
 * @param candidates At least one picture, all of one size.
 * @param pixels The picture to compare with.
 * @returns Index of the nearest candidate, and its distance.
 */
export function nearestPicture(
  candidates: Uint8Array[],
  pixels: Uint8Array,
): { index: number; distance: number } {
  const distances = candidates.map((candidate) => distanceBetween(candidate, pixels));
  const distance = Math.min(...distances);
  return { index: distances.indexOf(distance), distance };
}

/**
 * Finds the pictures of a class that are least like its average.
 *
 * @param average The average of the class.
 * @returns Indices into `dataset`, the least typical first.
 */
export function unusualPictures(
  dataset: Dataset,
  { label, average, count }: { label: number; average: Uint8Array; count: number },
): number[] {
  return Array.from({ length: dataset.count }, (_, index) => index)
    .filter((index) => dataset.labels[index] === label)
    .map((index) => ({
      index,
      distance: distanceBetween(average, slice(dataset, index, 1).images),
    }))
    .sort((a, b) => b.distance - a.distance || a.index - b.index)
    .slice(0, count)
    .map(({ index }) => index);
}

function distanceBetween(one: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] - other[i]) ** 2;
  return Math.sqrt(sum);
}
