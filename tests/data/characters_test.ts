import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { loadCharacters } from "../../lib/data/characters.ts";
import { CLASS_SETS, type ClassSet } from "../../lib/data/class_sets.ts";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";
import { withFolder } from "../temporary_folder.ts";
import { gzip, idxFile } from "./idx_files.ts";

/** A picture whose pixel in row `y` and column `x` is 2 y + x: no two are alike across the diagonal. */
const UPRIGHT = Uint8Array.from(
  { length: IMAGE_PIXELS },
  (_, i) => 2 * Math.floor(i / 28) + i % 28,
);

/** The same as NIST's files have it: columns are rows. */
const TRANSPOSED = Uint8Array.from(
  { length: IMAGE_PIXELS },
  (_, i) => 2 * (i % 28) + Math.floor(i / 28),
);

/** Writes pictures and their labels under names as EMNIST ships them. */
async function write(
  folder: string,
  start: string,
  labels: number[],
  picture = TRANSPOSED,
  packed = false,
): Promise<void> {
  const files = {
    [`${start}-images-idx3-ubyte`]: idxFile(
      [labels.length, 28, 28],
      labels.flatMap(() => [...picture]),
    ),
    [`${start}-labels-idx1-ubyte`]: idxFile([labels.length], labels),
  };
  for (const [name, bytes] of Object.entries(files)) {
    if (packed) await Deno.writeFile(join(folder, `${name}.gz`), await gzip(bytes));
    else await Deno.writeFile(join(folder, name), bytes);
  }
}

/** 24 letters A to X to learn from and three to test on, as EMNIST numbers them, from 1 on. */
async function writeLetters(folder: string): Promise<void> {
  await write(folder, "emnist-letters-train", Array.from({ length: 24 }, (_, i) => i + 1));
  await write(folder, "emnist-letters-test", [1, 26, 3], TRANSPOSED, true);
}

/** Digits, capitals and small letters, as EMNIST's `byclass` numbers them. */
async function writeByClass(folder: string): Promise<void> {
  const labels = (text: string) =>
    Array.from(text, (character) => CLASS_SETS["cased-alphanumeric"].indexOf(character));
  await write(folder, "emnist-byclass-train", labels("0Aa9Zz0Aa9Zz"), TRANSPOSED, true);
  await write(folder, "emnist-byclass-test", labels("bB8c"));
}

Deno.test("loadCharacters() reads EMNIST's letters, packed or plain, upright, from A on", () =>
  withFolder(async (folder) => {
    await writeLetters(folder);
    await writeByClass(folder);
    const { train, validation, test, classes, source } = await loadCharacters("letters", {
      directory: folder,
    });
    assertEquals([train.count, validation.count, test.count], [22, 2, 3]);
    assertEquals([...train.labels], Array.from({ length: 22 }, (_, i) => i));
    assertEquals([...test.labels].map((label) => classes[label]), ["A", "Z", "C"]);
    assertEquals(validation.images.subarray(IMAGE_PIXELS), UPRIGHT);
    assertEquals(source, folder);
  }));

const READINGS: [classSet: ClassSet, train: string, test: string][] = [
  ["letters", "AAZZAAZ", "BBC"],
  ["cased-letters", "AaZzAaZ", "bBc"],
  ["alphanumeric", "0AA9ZZ0AA9Z", "BB8C"],
  ["cased-alphanumeric", "0Aa9Zz0Aa9Z", "bB8c"],
];

for (const [classSet, train, test] of READINGS) {
  Deno.test(`loadCharacters() makes ${classSet} of EMNIST's 62 classes, and of drawn ones`, () =>
    withFolder(async (folder) => {
      await writeByClass(folder);
      const data = await loadCharacters(classSet, { directory: folder });
      const textOf = ({ labels }: { labels: Uint8Array }) =>
        Array.from(labels, (label) => data.classes[label]).join("");
      assertEquals([textOf(data.train), textOf(data.test)], [train, test]);
      assertEquals(data.test.images.subarray(0, IMAGE_PIXELS), UPRIGHT);

      const drawn = join(folder, "drawn");
      await Deno.mkdir(drawn);
      for (const part of ["train", "validation", "test"]) {
        await write(drawn, part, [36 + 18, 4, 10 + 18], UPRIGHT, true); // s, 4, S
      }
      const own = await loadCharacters(classSet, { directory: drawn, limit: 1 });
      assertEquals([own.train.count, own.validation.count, own.test.count], [1, 1, 1]);
      assertEquals(own.classes[own.test.labels[0]], classSet.startsWith("cased") ? "s" : "S");
      assertEquals(own.test.images, UPRIGHT);
    }));
}

Deno.test("loadCharacters() says what is missing, foreign or of no class", () =>
  withFolder(async (folder) => {
    const rejection = async (classSet: ClassSet) =>
      (await assertRejects(() => loadCharacters(classSet, { directory: folder }))).message;
    assertEquals(
      await rejection("letters"),
      `Expected emnist-letters-train-… or emnist-byclass-train-… or train-… in ${folder} ` +
        "but found none: deno task make letters draws some",
    );
    await writeLetters(folder);
    assertEquals(
      await rejection("alphanumeric"),
      `Expected emnist-byclass-train-… or train-… in ${folder} but found none: deno task make letters draws some`,
    );
    await write(folder, "emnist-letters-train", [1, 27]);
    assertEquals(
      await rejection("letters"),
      `Expected ${folder}/emnist-letters-train-labels-idx1-ubyte to hold labels from 0 to 26 but found 27`,
    );
    await write(folder, "emnist-letters-train", [0, 0]);
    assertEquals(
      await rejection("letters"),
      `Expected ${folder}/emnist-letters-train-labels-idx1-ubyte to hold labels of letters but found none`,
    );
    await Deno.remove(join(folder, "emnist-letters-test-labels-idx1-ubyte.gz"));
    await write(folder, "emnist-letters-train", [1, 2]);
    assertEquals(
      await rejection("letters"),
      `Expected emnist-letters-test-labels-idx1-ubyte or emnist-letters-test-labels-idx1-ubyte.gz in ${folder} but found ` +
        "emnist-letters-test-images-idx3-ubyte.gz, emnist-letters-train-images-idx3-ubyte, emnist-letters-train-labels-idx1-ubyte",
    );
  }));
