/** A picture row by row, or with columns for rows, straight or slanted. */

/** From end to end ink goes that goes over more than this share of a row. */
const SPAN = 0.85;

/** Where the rows of a picture are, or its columns as rows. */
export class Grid {
  /** Pixels along a row, and rows. */
  readonly length: number;
  readonly depth: number;
  /** Row of the picture, and index, at every position of row 0. */
  readonly offsets: Int32Array;
  readonly starts: Int32Array;
  /** From the index of a pixel to the next row's. */
  readonly step: number;

  /**
   * @param direction Of the rows.
   * @param size Of the picture, in pixels.
   * @param options.slope Rows of the picture down, or to the right, for a pixel along a row.
   * @param options.count Positions along a row, at most.
   */
  constructor(
    direction: "across" | "down",
    { width, height }: { width: number; height: number },
    { slope = 0, count = Infinity } = {},
  ) {
    const [length, depth, along, step] = direction === "across"
      ? [width, height, 1, width]
      : [height, width, width, 1];
    const every = Math.ceil(length / Math.min(length, count));
    this.length = Math.ceil(length / every);
    this.depth = depth;
    this.step = step;
    this.offsets = Int32Array.from(
      { length: this.length },
      (_, i) => Math.round(slope * i * every),
    );
    this.starts = this.offsets.map((row, i) => i * every * along + row * step);
  }

  /**
   * Finds where along the rows there is ink in any of them.
   *
   * @param first First row that is looked at, and first behind the last.
   * @returns First position, and first behind the last; the last less than the first if there is no ink.
   */
  extent(mask: Uint8Array, first = 0, end = this.depth): { from: number; to: number } {
    const { length, depth, offsets, starts, step } = this;
    let [from, to] = [length, 0];
    for (let i = 0; i < length; i++) {
      const last = Math.min(end, depth - offsets[i]);
      for (let row = Math.max(first, -offsets[i]); row < last; row++) {
        if (mask[starts[i] + row * step] === 0) continue;
        from = Math.min(from, i);
        to = i + 1;
        break;
      }
    }
    return { from, to };
  }

  /**
   * Whether ink goes along the rows nearly from end to end: if it does where a line or an edge was taken away, the
   * picture is cut to a digit's ink, of which that was the bar or the stem.
   */
  isSpanned(mask: Uint8Array): boolean {
    const { from, to } = this.extent(mask);
    return to - from > SPAN * this.length;
  }
}
