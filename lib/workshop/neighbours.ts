/** Pictures as points: the average of each class, nearest neighbours, and maps. */

import { type Dataset, slice } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
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
  const distances = candidates.map((candidate) => squaredDistance(candidate, pixels));
  const least = Math.min(...distances);
  return { index: distances.indexOf(least), distance: Math.sqrt(least) };
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
      distance: squaredDistance(average, slice(dataset, index, 1).images),
    }))
    .sort((a, b) => b.distance - a.distance || a.index - b.index)
    .slice(0, count)
    .map(({ index }) => index);
}

function squaredDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] - other[i]) ** 2;
  return sum;
}

/**
 * Lays vectors out in the plane so that neighbours stay neighbours: UMAP (McInnes et al. 2018) with
 * its usual 15 neighbours. Distances between groups and their sizes mean little on such a map.
 *
 * @param vectors `[count, width]`, row by row; at least 16 of them.
 * @param seed Of the random numbers: the same seed gives the same map.
 * @returns A place for each vector.
 * @throws {RangeError} If there are fewer vectors than neighbours, or they do not fill whole rows.
 */
export async function projectToPlane(
  vectors: Float32Array,
  { count, seed }: { count: number; seed: number },
): Promise<{ x: number; y: number }[]> {
  if (count <= NEIGHBOURS) {
    throw new RangeError(`Expected more than ${NEIGHBOURS} vectors but found ${count}`);
  }
  const { UMAP } = await import("umap-js");
  const random = new Random(seed);
  const umap = new UMAP({ nNeighbors: NEIGHBOURS, random: () => random.uniform() });
  return umap.fit(rowsOf(vectors, count)).map(([x, y]) => ({ x, y }));
}

const NEIGHBOURS = 15;

/**
 * Finds the nearest other vector of each, by Euclidean distance.
 *
 * @param vectors `[count, width]`, row by row.
 * @returns Indices, `[count]`; its own if there is no other.
 * @throws {RangeError} If the vectors do not fill whole rows.
 */
export function nearestNeighbours(vectors: Float32Array, count: number): number[] {
  const rows = rowsOf(vectors, count);
  return rows.map((row, i) => {
    const distances = rows.map((other, j) => i === j ? Infinity : squaredDistance(row, other));
    return distances.indexOf(Math.min(...distances));
  });
}

/**
 * Finds the share of vectors whose nearest other vector has the same label, by Euclidean distance.
 *
 * @param vectors `[count, width]`, row by row.
 * @param labels `[count]`.
 * @returns The share, 0–1.
 * @throws {RangeError} If the vectors do not fill whole rows.
 */
export function neighbourAgreement(vectors: Float32Array, labels: Uint8Array): number {
  const agreeing = nearestNeighbours(vectors, labels.length)
    .filter((nearest, i) => nearest !== i && labels[nearest] === labels[i]);
  return agreeing.length / labels.length;
}

function rowsOf(vectors: Float32Array, count: number): number[][] {
  const width = vectors.length / count;
  if (!Number.isInteger(width)) {
    throw new RangeError(
      `Expected ${count} vectors of one length but found ${vectors.length} numbers`,
    );
  }
  return Array.from(
    { length: count },
    (_, i) => Array.from(vectors.subarray(i * width, (i + 1) * width)),
  );
}
