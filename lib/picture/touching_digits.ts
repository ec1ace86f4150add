/** Digits that touch, split. */

import type { Components } from "./components.ts";
import { type Group, membersOf } from "./groups.ts";
import type { InkedPart } from "./inked_part.ts";
import { heightOf } from "./pieces.ts";

/** Strokes that hang together over more than so many heights are several digits: in MNIST, none is as wide. */
const WIDEST_DIGIT = 1.7;

/** Unless they are lower than this, in pixels: then a wide 2 or 5 is likelier. */
const LEAST_SPLIT_HEIGHT = 8;

/** How wide a digit is among several, in heights. */
const USUAL_WIDTH = 0.8;

/** Cuts digits that touch apart, at the columns with the least ink. */
export function splitTouching(group: Group, components: Components, part: InkedPart): Group[] {
  const [width, height] = [group.right - group.left, heightOf(group)];
  if (width <= WIDEST_DIGIT * height || height < LEAST_SPLIT_HEIGHT) return [group];
  const count = Math.max(2, Math.round(width / (USUAL_WIDTH * height)));
  const profile = inkOfColumns(group, components, part);
  const reach = Math.floor(0.3 * width / count);
  const cuts = [0];
  for (let k = 1; k < count; k++) {
    const middle = Math.round(k * width / count);
    const stretch = profile.subarray(middle - reach, middle + reach + 1);
    cuts.push(middle - reach + stretch.indexOf(Math.min(...stretch)));
  }
  cuts.push(width);
  return cuts.slice(1).map((end, k) => ({
    ...group,
    left: group.left + cuts[k],
    right: group.left + end,
  }));
}

function inkOfColumns(group: Group, components: Components, { ink, width }: InkedPart) {
  const isMember = membersOf(group, components);
  const profile = new Float32Array(group.right - group.left);
  for (let y = group.top; y < group.bottom; y++) {
    for (let x = 0; x < profile.length; x++) {
      const i = y * width + group.left + x;
      if (isMember[components.labels[i]]) profile[x] += ink[i];
    }
  }
  return profile;
}
