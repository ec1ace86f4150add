/** Connected strokes: which ink hangs together. */

/** The connected components of a mask. */
export interface Components {
  /** Number of the component of every pixel, from 1 on in the order of their first pixels; 0 where there is none. */
  labels: Int32Array;
  count: number;
}

/**
 * Finds the connected components of a mask (8-connected), by two passes with
 * union-find (Rosenfeld and Pfaltz 1966).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 *
 * @example Two dots, one of them two pixels large
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const { labels, count } = findComponents(Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 1), 4);
 * assertEquals(labels, Int32Array.of(1, 0, 0, 0, 0, 1, 0, 2));
 * assertEquals(count, 2);
 * ```
 */
export function findComponents(mask: Uint8Array, width: number): Components {
  const labels = new Int32Array(mask.length);
  const parents = [0];
  const find = (label: number) => {
    while (parents[label] !== label) label = parents[label] = parents[parents[label]];
    return label;
  };
  for (let y = 0, i = 0; i < mask.length; y++) {
    const above = (y - 1) * width;
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      let label = x > 0 ? labels[i - 1] : 0;
      const last = y > 0 ? Math.min(x + 1, width - 1) : -1;
      for (let column = Math.max(0, x - 1); column <= last; column++) {
        const neighbour = labels[above + column];
        if (neighbour === 0 || neighbour === label) continue;
        if (label === 0) label = neighbour;
        else {
          const [one, other] = [find(label), find(neighbour)];
          parents[Math.max(one, other)] = Math.min(one, other);
        }
      }
      if (label === 0) parents.push(label = parents.length);
      labels[i] = label;
    }
  }
  // The root of a component is the label of its first pixel, so that roots come in order.
  const numbers = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < numbers.length; label++) {
    const root = find(label);
    numbers[label] = root === label ? ++count : numbers[root];
  }
  for (let i = 0; i < labels.length; i++) if (labels[i] > 0) labels[i] = numbers[labels[i]];
  return { labels, count };
}

/**
 * Widens a mask by `radius` pixels in every direction (dilation by a square).
 *
 * @param mask 1 where there is something, `[height, width]`.
 * @param width In pixels.
 * @param radius Whole pixels.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(dilate(Uint8Array.of(0, 0, 1, 0, 0), 5, 1), Uint8Array.of(0, 1, 1, 1, 0));
 * ```
 */
export function dilate(mask: Uint8Array, width: number, radius: number): Uint8Array {
  const height = mask.length / width;
  const across = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    let end = 0;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue;
      const last = Math.min(width, x + radius + 1);
      for (let k = Math.max(end, x - radius); k < last; k++) across[y * width + k] = 1;
      end = last;
    }
  }
  const wide = across.slice();
  for (let y = 0, i = 0; y < height; y++) {
    const first = Math.max(0, y - radius) * width;
    const last = Math.min(height - 1, y + radius) * width;
    for (let x = 0; x < width; x++, i++) {
      if (across[i] === 0) continue;
      // Below an inked pixel, only its last row is new.
      const above = y > 0 && across[i - width] === 1;
      for (let k = (above ? last : first) + x; k <= last + x; k += width) wide[k] = 1;
    }
  }
  return wide;
}
