import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { constants, deflateRawSync } from "node:zlib";
import { parseIdx, readLabelled } from "../../lib/data/idx.ts";
import { withFolder } from "../temporary_folder.ts";
import { gzip, idxFile, imagesFile, labelsFile } from "./idx_files.ts";

Deno.test("parseIdx() reads any number of dimensions", () => {
  for (const shape of [[3], [2, 3], [2, 1, 3], [1, 2, 3, 1]]) {
    const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + 250);
    const parsed = parseIdx(idxFile(shape, values), "file");
    assertEquals(parsed.shape, shape);
    assertEquals(parsed.values, Uint8Array.from(values));
  }
});

Deno.test("parseIdx() reads a part of a larger buffer", () => {
  const larger = Uint8Array.of(9, 9, ...idxFile([2], [4, 5]), 9);
  assertEquals(parseIdx(larger.subarray(2, -1), "file"), {
    shape: [2],
    values: Uint8Array.of(4, 5),
  });
});

const DAMAGED: [name: string, bytes: Uint8Array, message: string][] = [
  [
    "an empty file",
    new Uint8Array(),
    "Expected file to be an IDX file of bytes (starting 00 00 08) but it starts with nothing",
  ],
  [
    "three bytes",
    Uint8Array.of(0, 0, 8),
    "Expected file to be an IDX file of bytes (starting 00 00 08) but it starts 00 00 08",
  ],
  [
    "a PNG",
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a),
    "Expected file to be an IDX file of bytes (starting 00 00 08) but it starts 89 50 4e 47",
  ],
  [
    "an IDX file of floats",
    Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0),
    "Expected file to be an IDX file of bytes (starting 00 00 08) but it starts 00 00 0d 01",
  ],
  [
    "a header cut off",
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1),
    "Expected file to have a header of 16 bytes but found 8 bytes",
  ],
  [
    "labels cut off",
    labelsFile(10).subarray(0, 15),
    "Expected file to have 18 bytes, as its header 10 says, but found 15",
  ],
  [
    "pictures cut off",
    imagesFile(3).subarray(0, -1),
    "Expected file to have 2368 bytes, as its header 3 × 28 × 28 says, but found 2367",
  ],
  [
    "bytes after the end",
    Uint8Array.of(...labelsFile(2), 0),
    "Expected file to have 10 bytes, as its header 2 says, but found 11",
  ],
  [
    "a header that asks for more than any memory",
    Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255),
    "Expected file to have 18446744065119617000 bytes, as its header 4294967295 × 4294967295 says, but found 12",
  ],
];

for (const [name, bytes, message] of DAMAGED) {
  Deno.test(`parseIdx() throws on ${name}`, () => {
    assertEquals(assertThrows(() => parseIdx(bytes, "file"), SyntaxError).message, message);
  });
}

const MISMATCHED: [name: string, images: Uint8Array, labels: Uint8Array, message: string][] = [
  [
    "swapped files",
    labelsFile(2),
    imagesFile(2),
    "Expected pictures to hold pictures of 28 × 28 but found shape 2",
  ],
  [
    "pictures given as labels",
    imagesFile(2),
    imagesFile(2),
    "Expected labels to hold labels in one dimension but found shape 2 × 28 × 28",
  ],
  [
    "pictures of another size",
    idxFile([1, 2, 3], [1, 2, 3, 4, 5, 6]),
    labelsFile(1),
    "Expected pictures to hold pictures of 28 × 28 but found shape 1 × 2 × 3",
  ],
  [
    "labels of another file",
    imagesFile(2),
    labelsFile(3),
    "Expected as many labels as pictures but found 3 in labels and 2 in pictures",
  ],
  [
    "no pictures",
    imagesFile(0),
    labelsFile(0),
    "Expected pictures to hold pictures but found none",
  ],
];

for (const [name, images, labels, message] of MISMATCHED) {
  Deno.test(`readLabelled() throws on ${name}`, () =>
    withFolder(async (folder) => {
      await Deno.writeFile(join(folder, "pictures"), images);
      await Deno.writeFile(join(folder, "labels"), labels);
      const error = await assertRejects(
        () => readLabelled(join(folder, "pictures"), join(folder, "labels")),
        SyntaxError,
      );
      assertEquals(error.message.replaceAll(`${folder}/`, ""), message);
    }));
}

Deno.test("readLabelled() reads plain and compressed files alike, whatever their names", () =>
  withFolder(async (folder) => {
    const [images, labels] = [join(folder, "images"), join(folder, "labels")];
    await Deno.writeFile(images, imagesFile(12));
    await Deno.writeFile(labels, labelsFile(12));
    const plain = await readLabelled(images, labels);
    assertEquals(plain.images, parseIdx(imagesFile(12), "pictures").values);
    assertEquals(plain.labels, parseIdx(labelsFile(12), "labels").values);
    await Deno.writeFile(images, await gzip(imagesFile(12)));
    await Deno.writeFile(labels, await gzip(labelsFile(12)));
    assertEquals(await readLabelled(images, labels), plain);
    assertEquals(plain.count, 12);
  }));

Deno.test("readLabelled() keeps the first pictures up to the limit", () =>
  withFolder(async (folder) => {
    const [images, labels] = [join(folder, "images"), join(folder, "labels")];
    await Deno.writeFile(images, await gzip(imagesFile(5)));
    await Deno.writeFile(labels, labelsFile(5));
    const first = await readLabelled(images, labels, 2);
    assertEquals([first.count, first.images.length, [...first.labels]], [2, 2 * 784, [0, 1]]);
    assertEquals((await readLabelled(images, labels, 9)).count, 5);
  }));

Deno.test("readLabelled() names a file that is missing, a folder, or damaged inside its gzip", () =>
  withFolder(async (folder) => {
    const path = join(folder, "file");
    const rejection = async () => (await assertRejects(() => readLabelled(path, path))).message;
    assertEquals(await rejection(), `Expected to read ${path} but there is no such file`);
    await Deno.mkdir(path);
    assertEquals(await rejection(), `Expected to read ${path} but it is not a file`);
    await Deno.remove(path);

    const packed = await gzip(imagesFile(3));
    const damaged = `Expected ${path} to be a whole gzip file but it is cut off or damaged`;
    await Deno.writeFile(path, packed.subarray(0, -10));
    assertEquals(await rejection(), damaged);
    await Deno.writeFile(path, packed.subarray(0, 2));
    assertEquals(await rejection(), damaged);
    const flipped = packed.slice();
    flipped[flipped.length - 6] ^= 1; // in the checksum
    await Deno.writeFile(path, flipped);
    assertEquals(await rejection(), damaged);
    await Deno.writeFile(path, await gzip(imagesFile(3).subarray(0, 99)));
    assertEquals(
      await rejection(),
      `Expected ${path} to have 2368 bytes, as its header 3 × 28 × 28 says, but found 99`,
    );
  }));

/** A gzip file of zeros: one compressed mebibyte, repeated. */
function gzipBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  const block = deflateRawSync(new Uint8Array(1 << 20), { finishFlush: constants.Z_FULL_FLUSH });
  const bomb = new Uint8Array(10 + mebibytes * block.length);
  bomb.set([0x1f, 0x8b, 8]);
  for (let i = 0; i < mebibytes; i++) bomb.set(block, 10 + i * block.length);
  return bomb;
}

Deno.test("readLabelled() stops at a gzip file that unpacks to more than 600 MB", () =>
  withFolder(async (folder) => {
    const path = join(folder, "bomb.gz");
    await Deno.writeFile(path, gzipBomb(600));
    assertEquals(
      (await assertRejects(() => readLabelled(path, path), SyntaxError)).message,
      `Expected ${path} to unpack to at most 600000000 bytes but found more`,
    );
  }));

Deno.test("readLabelled() does not load a file of more than 600 MB", () =>
  withFolder(async (folder) => {
    const path = join(folder, "huge");
    await Deno.writeFile(path, Uint8Array.of(0, 0, 8, 1));
    await Deno.truncate(path, 600_000_001); // sparse: takes no room on disk
    assertEquals(
      (await assertRejects(() => readLabelled(path, path))).message,
      `Expected to read ${path} but it has more than 600000000 bytes`,
    );
  }));
