/** Distances in binary pictures. */

/** Stands for "no such pixel": larger than any squared distance in a picture. */
const FAR = 1e20;

/**
 * Measures how far every pixel is from the nearest pixel that is set, by the
 * exact Euclidean distance transform of Felzenszwalb and Huttenlocher,
 * "Distance Transforms of Sampled Functions", Theory of Computing 8 (2012):
 * in each column, then in each row, the lower envelope of parabolas.
 *
 * @param mask Square binary picture, `[side, side]`: 0 or 1.
 * @param side Side of the picture in pixels.
 * @returns Distances between pixel centres in pixels, `[side, side]`, 0 where a pixel is set;
 * 1e10 everywhere if none is.
 * @throws {RangeError} If `mask` does not hold side × side pixels.
 */
export function distanceTransform(mask: Uint8Array, side: number): Float32Array {
  if (mask.length !== side * side) {
    throw new RangeError(`Expected mask to hold ${side * side} pixels but found ${mask.length}`);
  }
  const squared = new Float64Array(mask.length);
  for (let i = 0; i < mask.length; i++) squared[i] = mask[i] ? 0 : FAR;
  const parabolas = { vertices: new Int32Array(side), starts: new Float64Array(side + 1) };
  const line = new Float64Array(side);
  for (let x = 0; x < side; x++) transformLine(squared, x, side, line, parabolas);
  for (let y = 0; y < side; y++) transformLine(squared, y * side, 1, line, parabolas);
  const distances = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) distances[i] = Math.sqrt(squared[i]);
  return distances;
}

/** The lower envelope: parabola `k` stands on `vertices[k]` and is lowest from `starts[k]` on. */
interface Envelope {
  vertices: Int32Array;
  starts: Float64Array;
}

/** Replaces one row or column of squared distances, in place. */
function transformLine(
  squared: Float64Array,
  first: number,
  stride: number,
  line: Float64Array,
  { vertices, starts }: Envelope,
): void {
  const length = line.length;
  for (let i = 0; i < length; i++) line[i] = squared[first + i * stride];
  let last = 0;
  vertices[0] = 0;
  starts[0] = -Infinity;
  for (let i = 1; i < length; i++) {
    let crossing = crossingOf(line, vertices[last], i);
    while (crossing <= starts[last]) crossing = crossingOf(line, vertices[--last], i);
    vertices[++last] = i;
    starts[last] = crossing;
  }
  starts[last + 1] = Infinity;
  for (let i = 0, k = 0; i < length; i++) {
    while (starts[k + 1] < i) k++;
    const vertex = vertices[k];
    squared[first + i * stride] = (i - vertex) ** 2 + line[vertex];
  }
}

/** Where the parabolas that stand on `left` and `right` cross. */
function crossingOf(heights: Float64Array, left: number, right: number): number {
  return (heights[right] + right * right - heights[left] - left * left) / (2 * (right - left));
}
