/** The order in which people read. */

import type { Edges } from "./pieces.ts";

/** Rows from top to bottom, each from left to right. */
export function inReadingOrder<Item extends Edges>(items: Item[]): Item[] {
  const rows: Item[][] = [];
  for (const item of items.toSorted((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const middle = (item.top + item.bottom) / 2;
    const row = rows.at(-1);
    if (row?.some(({ bottom }) => bottom > middle)) row.push(item);
    else rows.push([item]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left));
}
