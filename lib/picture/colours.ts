/** Ink of several colours on one ground. */

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

/**
 * Takes the distance from the ground's colour for darkness, where one ground has strokes of colours on it: their
 * brightness may be the ground's own, or on either side of it.
 *
 * @param colours Red, green, blue and a fourth, which is not looked at, of every pixel, 0–255.
 * @returns Light ground (255) and dark ink of every pixel; undefined if brightness tells enough, or there is no
 * such ground.
 *
 * @example Red and blue, as dark as each other's grey
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const ground = [200, 200, 200, 255];
 * const inks = [250, 40, 40, 255, 40, 60, 250, 255];
 * const colours = Uint8Array.of(...ground, ...ground, ...ground, ...inks);
 * assertEquals(inkOfColours(colours), Uint8Array.of(255, 255, 255, 0, 0));
 * ```
 */
export function inkOfColours(colours: Uint8Array): Uint8Array | undefined {
  const [r, g, b] = mostFrequent(colours);
  const values = new Uint8Array(colours.length / 4);
  let [same, coloured] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const red = colours[4 * i] - r;
    const green = colours[4 * i + 1] - g;
    const blue = colours[4 * i + 2] - b;
    const square = red * red + green * green + blue * blue;
    const grey = (red + green + blue) ** 2 / 3;
    if (square <= SAME ** 2) same++;
    else if (square - grey >= COLOURED ** 2) coloured++;
    values[i] = Math.round(255 * (1 - Math.min(1, Math.sqrt(square) / FULL)));
  }
  const inked = values.length - same;
  return same >= LEAST_GROUND * values.length && coloured > 0 && coloured >= LEAST_COLOURED * inked
    ? values
    : undefined;
}

/** Mean of the colours in the fullest of 16 × 16 × 16 boxes. */
function mostFrequent(colours: Uint8Array): number[] {
  const box = (i: number) =>
    (colours[i] >> 4) << 8 | (colours[i + 1] >> 4) << 4 | colours[i + 2] >> 4;
  const counts = new Uint32Array(4096);
  for (let i = 0; i < colours.length; i += 4) counts[box(i)]++;
  const fullest = counts.indexOf(Math.max(...counts));
  const sums = [0, 0, 0];
  for (let i = 0; i < colours.length; i += 4) {
    if (box(i) !== fullest) continue;
    for (let k = 0; k < 3; k++) sums[k] += colours[i + k];
  }
  return sums.map((sum) => sum / counts[fullest]);
}
