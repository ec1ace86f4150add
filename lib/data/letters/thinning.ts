/** Skeletons of binary pictures. */

/**
 * Thins every stroke to a line about one pixel wide, by the parallel algorithm of
 * Zhang and Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns",
 * Communications of the ACM 27 (1984). Pixels outside the picture count as 0.
 *
 * @param mask Square binary picture, `[side, side]`: 0 or 1.
 * @param side Side of the picture in pixels.
 * @returns The skeleton, `[side, side]`: 0 or 1.
 * @throws {RangeError} If `mask` does not hold side × side pixels.
 */
export function thin(mask: Uint8Array, side: number): Uint8Array {
  if (mask.length !== side * side) {
    throw new RangeError(`Expected mask to hold ${side * side} pixels but found ${mask.length}`);
  }
  const stride = side + 2;
  const padded = new Uint8Array(stride * stride);
  for (let y = 0; y < side; y++) {
    padded.set(mask.subarray(y * side, (y + 1) * side), (y + 1) * stride + 1);
  }
  let ink: number[] = [];
  for (let i = 0; i < padded.length; i++) if (padded[i]) ink.push(i);

  let before: number;
  do {
    before = ink.length;
    for (const border of ["south-east", "north-west"] as const) {
      const peeled = ink.filter((i) => canPeel(padded, i, stride, border));
      for (const i of peeled) padded[i] = 0;
      ink = ink.filter((i) => padded[i]);
    }
  } while (ink.length < before);

  const skeleton = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const row = (y + 1) * stride + 1;
    skeleton.set(padded.subarray(row, row + side), y * side);
  }
  return skeleton;
}

/** Whether an ink pixel lies on this border of its stroke and is neither an end nor a bridge. */
function canPeel(
  padded: Uint8Array,
  i: number,
  stride: number,
  border: "south-east" | "north-west",
): boolean {
  const north = padded[i - stride], northEast = padded[i - stride + 1];
  const east = padded[i + 1], southEast = padded[i + stride + 1];
  const south = padded[i + stride], southWest = padded[i + stride - 1];
  const west = padded[i - 1], northWest = padded[i - stride - 1];

  const neighbours = north + northEast + east + southEast + south + southWest + west + northWest;
  if (neighbours < 2 || neighbours > 6) return false;

  const risesAround = (northEast & ~north) + (east & ~northEast) + (southEast & ~east) +
    (south & ~southEast) + (southWest & ~south) + (west & ~southWest) +
    (northWest & ~west) + (north & ~northWest);
  if (risesAround !== 1) return false;

  return border === "south-east"
    ? !(north & east & south) && !(east & south & west)
    : !(north & east & west) && !(north & south & west);
}
