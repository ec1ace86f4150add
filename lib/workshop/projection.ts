/** Many numbers a picture brought down to two, to look at. */

import { Random } from "../data/random.ts";

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
 * @returns Indices, `[count]`; -1 if there is no other.
 * @throws {RangeError} If the vectors do not fill whole rows.
 */
export function nearestNeighbours(vectors: Float32Array, count: number): number[] {
  const rows = rowsOf(vectors, count);
  return rows.map((row, i) => {
    let [nearest, least] = [-1, Infinity];
    rows.forEach((other, j) => {
      const distance = i === j ? Infinity : squaredDistance(row, other, least);
      if (distance < least) [nearest, least] = [j, distance];
    });
    return nearest;
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
    .filter((nearest, i) => labels[nearest] === labels[i]);
  return agreeing.length / labels.length;
}

/** Stops when the distance is beyond `limit`. */
function squaredDistance(one: number[], other: number[], limit: number): number {
  let sum = 0;
  for (let i = 0; i < one.length && sum < limit; i++) sum += (one[i] - other[i]) ** 2;
  return sum;
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
