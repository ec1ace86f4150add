/** MNIST's files, written for peers to read. */

import { join } from "@std/path";
import type { Dataset } from "../../data/dataset.ts";
import { IMAGE_SIDE } from "../../image/size.ts";
import { loadMnist } from "../../data/mnist.ts";

/** Writes MNIST as four IDX files under their official names. */
export async function writeMnist(folder: string): Promise<void> {
  const { train, validation, test } = await loadMnist();
  await writePair(folder, "train", [train, validation]);
  await writePair(folder, "t10k", [test]);
}

async function writePair(folder: string, name: string, parts: Dataset[]): Promise<void> {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const write = (file: string, shape: number[], values: Uint8Array[]) =>
    Deno.writeFile(
      join(folder, `${name}-${file}`),
      new Blob([idxHeader(shape), ...values.map((array) => new Uint8Array(array))]).stream(),
    );
  await write(
    "images-idx3-ubyte",
    [count, IMAGE_SIDE, IMAGE_SIDE],
    parts.map(({ images }) => images),
  );
  await write("labels-idx1-ubyte", [count], parts.map(({ labels }) => labels));
}

/** The header of an IDX file of bytes: magic number, then sizes. */
function idxHeader(shape: number[]): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 | shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return new Uint8Array(header.buffer);
}
