/** The resolution at which a picture is looked at. */

import type { Box } from "../image/box.ts";
import type { GreyPicture } from "./decode.ts";

/** Larger pictures are reduced, by a whole factor, to at most so many pixels. */
export const WORKING_PIXELS = 1e6;

/**
 * Averages squares of a picture: its original pixels if it was enlarged by repeating them, larger
 * squares if it has more than a million pixels.
 *
 * @returns The smaller picture, and what finds a box of it in the picture's file.
 */
export function reduce(picture: GreyPicture): { grey: GreyPicture; enlarge: (box: Box) => Box } {
  const { factor, left, top } = squaresOf(picture);
  const { scale = 1 } = picture;
  const enlarge = (box: Box) => {
    const [x, y] = [left + box.left * factor, top + box.top * factor];
    return {
      left: Math.round(x * scale),
      top: Math.round(y * scale),
      width: Math.round(Math.min(box.width * factor, picture.width - x) * scale),
      height: Math.round(Math.min(box.height * factor, picture.height - y) * scale),
    };
  };
  const grey = factor === 1 ? picture : averageSquares(picture, { factor, left, top });
  return { grey, enlarge };
}

function squaresOf(picture: GreyPicture): Repetition {
  const pixels = picture.width * picture.height;
  return pixels <= WORKING_PIXELS
    ? findRepetition(picture)
    : { factor: Math.ceil(Math.sqrt(pixels / WORKING_PIXELS)), left: 0, top: 0 };
}

/**
 * Averages squares, as far as they lie in the picture as a whole; rounded down. `boxMeans` would take
 * twice the time that whole numbers of fixed squares take, which is long with 12 megapixels.
 */
function averageSquares(picture: GreyPicture, { factor, left, top }: Repetition): GreyPicture {
  const width = Math.max(1, Math.floor((picture.width - left) / factor));
  const height = Math.max(1, Math.floor((picture.height - top) / factor));
  const across = Math.min(factor, picture.width);
  const down = Math.min(factor, picture.height);
  const values = new Uint8Array(width * height);
  const sums = new Uint32Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = top + y * factor; row < top + y * factor + down; row++) {
      for (let x = 0, i = row * picture.width + left; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < across; k++) sum += picture.values[i++];
        sums[x] += sum;
      }
    }
    for (let x = 0; x < width; x++) values[y * width + x] = sums[x] / (across * down);
  }
  return { width, height, values };
}

/** How a picture was enlarged. */
interface Repetition {
  /** Pixels of the picture along a side for each of the original's; 1 if it was not enlarged. */
  factor: number;
  /** Column and row, less than `factor`, at which the first whole pixel of the original begins. */
  left: number;
  top: number;
}

/** A drawing with fewer changes along a side, such as a bar, may have any size of its own. */
const FEWEST_CHANGES = 5;

/**
 * Finds out whether a picture consists of squares of equal pixels.
 */
function findRepetition({ width, height, values }: GreyPicture): Repetition {
  const columns = changes(width, (x) => {
    for (let i = x; i < values.length; i += width) if (values[i] !== values[i - 1]) return true;
    return false;
  });
  const rows = columns.step === 1 ? columns : changes(height, (y) => {
    for (let i = y * width, end = i + width; i < end; i++) {
      if (values[i] !== values[i - width]) return true;
    }
    return false;
  });
  const factor = greatestCommonDivisor(columns.step, rows.step);
  return { factor, left: columns.first % factor, top: rows.first % factor };
}

/** The first position from 1 on where something changes, and what all distances of changes are multiples of. */
function changes(length: number, differs: (position: number) => boolean) {
  let [first, step, count] = [0, 0, 0];
  for (let position = 1; position < length && step !== 1; position++) {
    if (!differs(position)) continue;
    if (count++ === 0) first = position;
    else step = greatestCommonDivisor(position - first, step);
  }
  return { first, step: count < FEWEST_CHANGES ? 1 : step };
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
