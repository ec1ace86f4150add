/** Ink of several colours on one ground. */

import { averageSquares, fitPaper, type Paper } from "./paper.ts";

/** The ground, and what looks the same, is at least this share of the picture. */
const LEAST_GROUND = 0.5;

/** Colours that are no farther from the ground than this are the ground's, in steps of 1/255 of red, green and blue. */
const SAME = 48;

/** Ink that differs from the ground in hue, and not in brightness alone, by so many steps is coloured; */
const COLOURED = 40;

/** of this share of it or more, brightness does not tell enough. */
const LEAST_COLOURED = 0.5;

/** Ink that is farther from the ground than so many steps is full: of two inks none is the stronger. */
const FULL = 160;

/** Pixels along the longer side at which it is asked whether there are colours. */
const SAMPLED = 400;

/** Squares along the longer side in which the ground is averaged; smaller pictures than so many pixels have one ground. */
const SQUARES = 48;

/**
 * Takes the distance from the ground's colour for darkness, where one ground, in whatever light, has strokes of colours
 * on it: their brightness may be the ground's own, or on either side of it.
 *
 * @param colours Red, green, blue and a fourth, which is not looked at, of every pixel, 0–255.
 * @param width In pixels.
 * @returns Light ground (255) and dark ink of every pixel; undefined if brightness tells enough, or there is no
 * such ground.
 *
 * @example Red and blue, as dark as each other's grey
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const ground = [200, 200, 200, 255];
 * const colours = Uint8Array.of(...ground, ...ground, ...ground, 250, 40, 40, 255, 40, 60, 250, 255);
 * assertEquals(inkOfColours(colours, 5), Uint8Array.of(255, 255, 255, 0, 0));
 * ```
 */
export function inkOfColours(colours: Uint8Array, width: number): Uint8Array | undefined {
  const height = colours.length / 4 / width;
  const planes = [0, 1, 2].map((k) => {
    const values = new Uint8Array(width * height);
    for (let i = 0; i < values.length; i++) values[i] = colours[4 * i + k];
    const squares = averageSquares(values, width, height, SQUARES);
    const ground = fitPaper(squares, values, Math.min(width, height) < SQUARES);
    return { ground, side: squares.side };
  });
  const grounds = planes.map(({ ground }) => ground);
  const { side } = planes[0];
  const step = Math.ceil(Math.max(width, height) / SAMPLED);
  let [count, same, coloured] = [0, 0, 0];
  eachDifference(colours, width, { grounds, side, step }, (_, r, g, b) => {
    const square = r * r + g * g + b * b;
    count++;
    if (square <= SAME ** 2) same++;
    else if (square - (r + g + b) ** 2 / 3 >= COLOURED ** 2) coloured++;
  });
  const isEnough = same >= LEAST_GROUND * count && coloured > 0 &&
    coloured >= LEAST_COLOURED * (count - same);
  if (!isEnough) return undefined;
  const ink = new Uint8Array(width * height);
  eachDifference(colours, width, { grounds, side, step: 1 }, (i, r, g, b) => {
    ink[i] = Math.round(255 * (1 - Math.min(1, Math.sqrt(r * r + g * g + b * b) / FULL)));
  });
  return ink;
}

/** Calls `found` with the index of every pixel, or every so many across and down, and how far it is from the ground. */
function eachDifference(
  colours: Uint8Array,
  width: number,
  { grounds, side, step }: { grounds: Paper[]; side: number; step: number },
  found: (i: number, r: number, g: number, b: number) => void,
): void {
  const height = colours.length / 4 / width;
  for (let y = 0; y < height; y += step) {
    const [[r, rx, rxx], [g, gx, gxx], [b, bx, bxx]] = grounds.map((ground) =>
      ground((y + 0.5) / side)
    );
    for (let x = 0; x < width; x += step) {
      const i = y * width + x;
      const u = (x + 0.5) / side;
      found(
        i,
        colours[4 * i] - r - (rx + rxx * u) * u,
        colours[4 * i + 1] - g - (gx + gxx * u) * u,
        colours[4 * i + 2] - b - (bx + bxx * u) * u,
      );
    }
  }
}
