/** Shadows told from ink. */

import type { Squares } from "./paper.ts";

/** Dark things that a square of this share of the shorter side fits into are shadows, not ink. */
const SHADOW_SIDE = 0.42;

/**
 * Finds what is too broad to be ink, such as shadows: the opening of the picture by a square
 * (Serra 1982; on white ink, what bright things as large as the square are left of).
 *
 * @param ink Of every square, `[rows, columns]`.
 *
 * @returns It along any row, in pixels; the same array every time.
 */
export function shadows(ink: Float32Array, { columns, rows, side, width }: Squares) {
  const reach = Math.round(SHADOW_SIDE * Math.min(columns, rows) / 2);
  const eroded = leastNear(leastNear(ink, columns, reach), rows, reach).map((value) => -value);
  const opened = leastNear(leastNear(eroded, columns, reach), rows, reach).map((value) => -value);
  const between = (position: number, count: number): [before: number, share: number] => {
    const at = Math.min(Math.max((position + 0.5) / side - 0.5, 0), count - 1);
    const before = Math.min(Math.floor(at), Math.max(0, count - 2));
    return [before, at - before];
  };
  const lefts = new Int32Array(width);
  const shares = new Float32Array(width);
  for (let x = 0; x < width; x++) [lefts[x], shares[x]] = between(x, columns);
  const line = new Float32Array(columns + 1);
  const shade = new Float32Array(width);
  return (y: number) => {
    const [above, share] = between(y, rows);
    const below = Math.min(above + 1, rows - 1);
    for (let k = 0; k < columns; k++) {
      line[k] = opened[above * columns + k] * (1 - share) + opened[below * columns + k] * share;
    }
    for (let x = 0; x < width; x++) {
      const left = line[lefts[x]];
      shade[x] = left + (line[lefts[x] + 1] - left) * shares[x];
    }
    return shade;
  };
}

/** The least value within `reach` along the rows; the result has columns for rows. */
function leastNear(cells: Float32Array, columns: number, reach: number): Float32Array {
  const rows = cells.length / columns;
  const least = new Float32Array(cells.length);
  for (let row = 0; row < rows; row++) {
    const line = cells.subarray(row * columns, (row + 1) * columns);
    let at = -1;
    for (let column = 0; column < columns; column++) {
      const first = Math.max(0, column - reach);
      const last = Math.min(columns - 1, column + reach);
      // All of them are looked at only where the least has gone out of reach.
      if (at < first) {
        at = first;
        for (let k = first + 1; k <= last; k++) if (line[k] <= line[at]) at = k;
      } else if (line[last] <= line[at]) at = last;
      least[column * rows + row] = line[at];
    }
  }
  return least;
}
