/** One digit's ink, cut out. */

import type { Components } from "./components.ts";
import { type Group, membersOf } from "./groups.ts";
import { quantileOfCounts } from "./ink.ts";
import type { InkedPart } from "./inked_part.ts";
import { heightOf } from "./pieces.ts";
import type { Ink } from "./place.ts";

/** What is looked at around a digit for its soft edges, as a share of its height. */
const MARGIN = 0.15;

/** Ink counts as full from this quantile of a digit's strong ink on. */
const FULL_INK = 0.8;

/** Cuts the ink of a group out alone, from 0 to 1, with its soft edges. */
export function cutOut(group: Group, components: Components, part: InkedPart): Ink {
  const isMember = membersOf(group, components);
  const margin = Math.max(2, Math.round(MARGIN * heightOf(group)));
  const left = group.left - margin;
  const top = group.top - margin;
  const width = group.right + margin - left;
  const height = group.bottom + margin - top;
  const values = new Float32Array(width * height);
  const strong = new Uint32Array(256);
  const [firstX, lastX] = [Math.max(0, left), Math.min(part.width, left + width)];
  const [firstY, lastY] = [Math.max(0, top), Math.min(part.height, top + height)];
  for (let y = firstY; y < lastY; y++) {
    for (let x = firstX; x < lastX; x++) {
      const source = y * part.width + x;
      if (!isMember[components.labels[source]]) continue;
      const value = values[(y - top) * width + x - left] = part.ink[source];
      if (value >= part.strong) strong[Math.min(255, Math.round(value))]++;
    }
  }
  const full = Math.max(part.strong, quantileOfCounts(strong, FULL_INK));
  const paper = 2 * part.noise;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(1, Math.max(0, (values[i] - paper) / (full - paper)));
  }
  return { width, height, values };
}
