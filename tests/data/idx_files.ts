/** IDX files for tests. */

import { join } from "@std/path";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";

/** @returns An IDX file of bytes with this shape and content. */
export function idxFile(shape: number[], values: Iterable<number>): Uint8Array<ArrayBuffer> {
  const sizes = shape.flatMap((
    size,
  ) => [size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255]);
  return Uint8Array.of(0, 0, 8, shape.length, ...sizes, ...values);
}

/** @returns An IDX file of `count` pictures, every pixel of picture i being i. */
export function imagesFile(count: number): Uint8Array<ArrayBuffer> {
  const pixels = Uint8Array.from({ length: count * IMAGE_PIXELS }, (_, i) => i / IMAGE_PIXELS);
  return idxFile([count, 28, 28], pixels);
}

/** @returns An IDX file of `count` labels 0, 1, 2 … 9, 0 … */
export function labelsFile(count: number): Uint8Array<ArrayBuffer> {
  return idxFile([count], Array.from({ length: count }, (_, i) => i % 10));
}

/** @returns `bytes` compressed with gzip. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Names of MNIST's four files. */
export const NAMES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
};

/** Writes the four files of a small MNIST: 24 pictures to learn from, 10 to test on. */
export async function writeMnist(
  folder: string,
  files: Record<string, Uint8Array> = {},
): Promise<void> {
  const contents = {
    [NAMES.trainImages]: imagesFile(24),
    [NAMES.trainLabels]: labelsFile(24),
    [NAMES.testImages]: imagesFile(10),
    [NAMES.testLabels]: labelsFile(10),
    ...files,
  };
  for (const [name, bytes] of Object.entries(contents)) {
    await Deno.writeFile(join(folder, name), bytes);
  }
}
