/** IDX, the file format of MNIST (http://yann.lecun.com/exdb/mnist/): a magic number, sizes, bytes. */

import { basename, dirname, join } from "@std/path";
import { type Dataset, slice } from "./dataset.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import { writeFileAtomically } from "./file_system.ts";
import { listFiles, readPacked } from "./packed_files.ts";
import { CSV_NAME } from "./pixel_csv.ts";

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

function encodeIdx({ shape, values }: IdxArray): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

/**
 * Puts an IDX file of pictures and one of labels together.
 *
 * @param images Content of shape `[count, 28, 28]`.
 * @param labels Content of shape `[count]`.
 * @param names What to call the two files in an error.
 * @throws {SyntaxError} If one is not of that shape (swapped files, say), or the counts differ.
 */
export function datasetFromIdx(
  images: IdxArray,
  labels: IdxArray,
  names: { images: string; labels: string },
): Dataset {
  const [count, ...size] = images.shape;
  if (size.length !== 2 || size.some((side) => side !== IMAGE_SIDE)) {
    throw new SyntaxError(
      `Expected ${names.images} to hold pictures of 28 × 28 but found shape ${
        images.shape.join(" × ")
      }`,
    );
  }
  if (labels.shape.length !== 1) {
    throw new SyntaxError(
      `Expected ${names.labels} to hold labels in one dimension but found shape ${
        labels.shape.join(" × ")
      }`,
    );
  }
  if (labels.shape[0] !== count) {
    throw new SyntaxError(
      `Expected as many labels as pictures but found ${
        labels.shape[0]
      } in ${names.labels} and ${count} in ${names.images}`,
    );
  }
  if (count === 0) {
    throw new SyntaxError(`Expected ${names.images} to hold pictures but found none`);
  }
  return { count, images: images.values, labels: labels.values };
}

/**
 * Reads a pair of IDX files, pictures `[count, 28, 28]` and labels `[count]`, plain or compressed, as
 * {@linkcode readPacked} does.
 *
 * @param limit At most so many pictures, from the first on.
 * @throws {Error} If one cannot be read or unpacked, in one sentence that names it; as {@linkcode parseIdx}
 * and {@linkcode datasetFromIdx}.
 */
export async function readIdxPair(
  imagesPath: string,
  labelsPath: string,
  limit = Infinity,
): Promise<Dataset> {
  const images = parseIdx(await readPacked(imagesPath), imagesPath);
  const labels = parseIdx(await readPacked(labelsPath), labelsPath);
  const dataset = datasetFromIdx(images, labels, { images: imagesPath, labels: labelsPath });
  return slice(dataset, 0, Math.min(dataset.count, limit));
}

/** Names of a pair of IDX files without `.gz`. */
function namesOf(start: string) {
  return { images: `${start}-images-idx3-ubyte`, labels: `${start}-labels-idx1-ubyte` };
}

/**
 * Finds an IDX file, plain or packed, by MNIST's name or another that it goes by: with a dot for the hyphen
 * before `idx`, with `test` for `t10k`, in a folder in a folder, in a zip archive.
 *
 * @param source Folder or zip archive.
 * @param start How its name begins: `train`, `t10k`.
 * @returns A path that {@linkcode readIdxPair} reads.
 * @throws {Error} If `source` has none of them; it says what it has, and who reads that.
 */
export async function findIdx(
  source: string,
  start: string,
  content: "images" | "labels",
): Promise<string> {
  const name = namesOf(start)[content];
  const names = new Set(
    [name, name.replace("t10k", "test")]
      .flatMap((one) => [one, one.replace("-idx", ".idx")])
      .flatMap((one) => [one, `${one}.gz`]),
  );
  const files = await listFiles(source);
  const found = files.filter((file) => names.has(basename(file)))
    .sort((one, other) => one.split("/").length - other.split("/").length);
  if (found.length > 0) return join(source, found[0]);
  throw new Error(
    `Expected ${name} or ${name}.gz in ${source} but found ${describeFiles(files, source)}`,
  );
}

/** Files that are named where others were expected. */
const MOST_NAMES = 3;

/** What there is in place of IDX files, and what to do with it. */
function describeFiles(files: string[], source: string): string {
  if (files.length === 0) return "no files";
  const tables = files.filter((file) => CSV_NAME.test(file));
  const table = tables.find((file) => /train/i.test(file)) ?? tables[0];
  const folders = new Set(files.filter((file) => file.includes("/")).map(dirname));
  const named = folders.size > 1 ? [...folders].map((folder) => `${folder}/`) : files;
  const rest = named.length - MOST_NAMES;
  const list = named.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  if (table !== undefined) return `${list}: --data ${join(source, table)} reads that table`;
  return folders.size > 1 ? `${list}: if they are classes, --pictures ${source} reads them` : list;
}

/** Writes a pair of IDX files under names that begin with `start`, plain or compressed with gzip. */
export async function writeIdxPair(
  folder: string,
  start: string,
  { count, images, labels }: Dataset,
  { gzip }: { gzip: boolean },
): Promise<void> {
  const names = namesOf(start);
  const write = async (name: string, content: IdxArray) =>
    gzip
      ? await writeFileAtomically(join(folder, `${name}.gz`), await packIdx(content))
      : await writeFileAtomically(join(folder, name), encodeIdx(content));
  await write(names.images, { shape: [count, IMAGE_SIDE, IMAGE_SIDE], values: images });
  await write(names.labels, { shape: [count], values: labels });
}

/** Makes an IDX file that is compressed with gzip. */
export async function packIdx(content: IdxArray): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([encodeIdx(content)]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(packed).bytes();
}
