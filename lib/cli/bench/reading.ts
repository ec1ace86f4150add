/** Reading what processes print and clocks say. */

/** The lines of a stream of UTF-8, without their ends. */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}

/**
 * The median; the mean of the two middle values if their number is even.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
 * ```
 */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
