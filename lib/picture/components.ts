/** Connected strokes: which ink hangs together. */

/** A set of pixels that hang together. */
export interface Component {
  /** Its number in {@linkcode Components.labels}. */
  label: number;
  left: number;
  top: number;
  /** First column and row behind it. */
  right: number;
  bottom: number;
  /** Number of its pixels. */
  area: number;
}

/** All components of a mask. */
export interface Components {
  /** Number of the component of every pixel, 0 where there is none. */
  labels: Int32Array;
  components: Component[];
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
 * const { components } = findComponents(Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 1), 4);
 * assertEquals(components.map(({ area }) => area), [2, 1]);
 * ```
 */
export function findComponents(mask: Uint8Array, width: number): Components {
  const height = mask.length / width;
  const labels = new Int32Array(mask.length);
  const parents = [0];
  const find = (label: number) => {
    while (parents[label] !== label) label = parents[label] = parents[parents[label]];
    return label;
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const up = y > 0;
      let label = x > 0 ? labels[i - 1] : 0;
      for (let dx = x > 0 ? -1 : 0; up && dx <= 1 && x + dx < width; dx++) {
        const neighbour = labels[i - width + dx];
        if (neighbour === 0) continue;
        if (label === 0) label = neighbour;
        else if (label !== neighbour) {
          const [one, other] = [find(label), find(neighbour)];
          parents[Math.max(one, other)] = Math.min(one, other);
        }
      }
      if (label === 0) parents.push(label = parents.length);
      labels[i] = label;
    }
  }
  const numbers = new Int32Array(parents.length);
  const components: Component[] = [];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (labels[i] === 0) continue;
      const root = find(labels[i]);
      if (numbers[root] === 0) {
        numbers[root] = components.length + 1;
        components.push({ label: numbers[root], left: x, top: y, right: x, bottom: y, area: 0 });
      }
      labels[i] = numbers[root];
      const component = components[labels[i] - 1];
      component.left = Math.min(component.left, x);
      component.right = Math.max(component.right, x + 1);
      component.bottom = y + 1;
      component.area++;
    }
  }
  return { labels, components };
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
      across.fill(1, y * width + Math.max(end, x - radius), y * width + last);
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
