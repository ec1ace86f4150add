/** Labelled pictures in files: IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist/), or a table. */

import { IMAGE_SIDE } from "../image/size.ts";
import { type Dataset, slice } from "./dataset.ts";
import { readPacked } from "./file_system.ts";
import { readPixelCsv } from "./pixel_csv.ts";

/** The content of an IDX file of unsigned bytes. */
interface IdxArray {
  shape: number[];
  /** As many bytes as the product of `shape`, last dimension fastest. */
  values: Uint8Array;
}

/**
 * Reads the content of an IDX file of unsigned bytes.
 *
 * @param bytes The whole file, uncompressed.
 * @param name What to call the file in an error.
 * @throws {SyntaxError} If it is not such a file, or is shorter or longer than its header says.
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
    throw new SyntaxError(
      `Expected ${name} to be an IDX file of bytes (starting 00 00 08) but it starts ${
        start.join(" ") || "with nothing"
      }`,
    );
  }
  const dimensions = bytes[3];
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) {
    throw new SyntaxError(
      `Expected ${name} to have a header of ${header} bytes but found ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const length = header + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== length) {
    throw new SyntaxError(
      `Expected ${name} to have ${length} bytes, as its header ${
        shape.join(" × ")
      } says, but found ${bytes.length}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

/**
 * Reads labelled pictures: a pair of IDX files, pictures `[count, 28, 28]` and labels `[count]`, plain or compressed
 * as {@linkcode readPacked} takes them, or a table as {@linkcode readPixelCsv} takes it, whose labels are numbers.
 *
 * @param path IDX file of the pictures, or the table.
 * @param labelsPath IDX file of the labels; none of a table.
 * @param limit At most so many pictures, from the first on.
 * @throws {Error} If a file cannot be read or unpacked, is not of that shape (swapped files, say), or the counts
 * differ, in one sentence that names it; as {@linkcode parseIdx} and {@linkcode readPixelCsv}.
 */
export async function readLabelled(
  path: string,
  labelsPath?: string,
  limit = Infinity,
): Promise<Dataset> {
  const dataset = labelsPath === undefined
    ? await readTable(path)
    : await readPair(path, labelsPath);
  return slice(dataset, 0, limit);
}

async function readTable(path: string): Promise<Dataset> {
  const { count, images, labels } = await readPixelCsv(path, { isLabelled: true });
  const strange = labels.find((label) => !/^\d{1,3}$/.test(label) || Number(label) > 255);
  if (strange === undefined) return { count, images, labels: Uint8Array.from(labels, Number) };
  throw new SyntaxError(
    `Expected labels in ${path} to be whole numbers from 0 to 255 but found ${
      strange.slice(0, 20) || "none"
    }`,
  );
}

async function readPair(imagesPath: string, labelsPath: string): Promise<Dataset> {
  const images = parseIdx(await readPacked(imagesPath), imagesPath);
  const labels = parseIdx(await readPacked(labelsPath), labelsPath);
  const [count, ...size] = images.shape;
  if (size.length !== 2 || size.some((side) => side !== IMAGE_SIDE)) {
    const found = images.shape.join(" × ");
    throw new SyntaxError(
      `Expected ${imagesPath} to hold pictures of 28 × 28 but found shape ${found}`,
    );
  }
  if (labels.shape.length !== 1) {
    const found = labels.shape.join(" × ");
    throw new SyntaxError(
      `Expected ${labelsPath} to hold labels in one dimension but found shape ${found}`,
    );
  }
  if (labels.shape[0] !== count) {
    const found = `${labels.shape[0]} in ${labelsPath} and ${count} in ${imagesPath}`;
    throw new SyntaxError(`Expected as many labels as pictures but found ${found}`);
  }
  if (count === 0) {
    throw new SyntaxError(`Expected ${imagesPath} to hold pictures but found none`);
  }
  return { count, images: images.values, labels: labels.values };
}

/**
 * Makes a pair of IDX files.
 *
 * @param start How their names begin.
 * @param options.gzip Whether they are compressed; their names end in `.gz` then.
 * @returns The files by name.
 */
export async function encodeIdxPair(
  start: string,
  { count, images, labels }: Dataset,
  { gzip }: { gzip: boolean },
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const shape = [count, IMAGE_SIDE, IMAGE_SIDE];
  const files = {
    [`${start}-images-idx3-ubyte`]: encodeIdx({ shape, values: images }),
    [`${start}-labels-idx1-ubyte`]: encodeIdx({ shape: [count], values: labels }),
  };
  if (!gzip) return files;
  const packed = Object.entries(files).map(async ([name, bytes]) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return [`${name}.gz`, await new Response(stream).bytes()] as const;
  });
  return Object.fromEntries(await Promise.all(packed));
}

function encodeIdx({ shape, values }: IdxArray): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}
