import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { encode } from "fast-png";
import { type Zippable, zipSync } from "fflate";
import { readLabelledPictures, readOwnPictures } from "../../lib/picture/own_pictures.ts";
import { withFolder } from "../temporary_folder.ts";

/** A picture of `bars` bars on white paper, `shift` pixels to the right. */
function bars(count: number, shift = 0): Uint8Array {
  const data = new Uint8Array(64 * 64).fill(240);
  for (let bar = 0; bar < count; bar++) {
    for (let y = 12; y < 52 - 3 * shift; y++) {
      data.fill(20, y * 64 + 10 + 14 * bar + shift, y * 64 + 15 + 14 * bar + shift);
    }
  }
  return encode({ width: 64, height: 64, data, channels: 1, depth: 8 });
}

async function write(folder: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}

async function read(folder: string) {
  const notes: string[] = [];
  const data = await readOwnPictures(folder, {
    observer: (news) => news.kind === "note" && notes.push(news.text),
    workers: 2,
  });
  return { ...data, notes };
}

Deno.test("readOwnPictures() takes a folder a class, in natural order, whatever they are called", () =>
  withFolder(async (folder) => {
    await write(folder, {
      "10/b.png": bars(3),
      "2/a.png": bars(2),
      "__proto__/a.png": bars(1),
      "étoile 星/a.PNG": bars(1, 2),
      "test/a.png": bars(2, 3),
    });
    const { classes, train, validation, test, notes } = await read(folder);
    assertEquals(
      classes,
      ["__proto__", "2", "10", "étoile 星", "test"].sort(
        new Intl.Collator("en", { numeric: true }).compare,
      ),
    );
    assertEquals(classes.indexOf("2") < classes.indexOf("10"), true);
    assertEquals([train.count, validation.count, test.count], [5, 0, 0]);
    assertEquals(
      train.names!.map((name) => classes[train.labels[train.names!.indexOf(name)]]),
      train.names!.map((name) => name.split("/")[0]),
    );
    assertEquals(notes, []);
  }));

Deno.test("readOwnPictures() takes splits where all folders are called so", () =>
  withFolder(async (folder) => {
    await write(folder, {
      "Train/one/a.png": bars(1),
      "Train/two/a.png": bars(2),
      "val/one/b.png": bars(1, 2),
      "test/two/c.png": bars(2, 2),
    });
    const { classes, train, validation, test } = await read(folder);
    assertEquals(classes, ["one", "two"]);
    assertEquals([[...train.labels], [...validation.labels], [...test.labels]], [[0, 1], [0], [1]]);
  }));

Deno.test("readOwnPictures() names what it passes over, and pictures that are there twice", () =>
  withFolder(async (folder) => {
    const outside = await Deno.makeTempDir();
    try {
      await write(outside, { "x.png": bars(3) });
      await write(folder, {
        "one/a.png": bars(1),
        "one/.hidden.png": bars(1),
        "one/cut off.png": bars(1).slice(0, 40),
        "one/notes.txt": "words",
        "one/white.png": encode({
          width: 9,
          height: 9,
          data: new Uint8Array(81).fill(255),
          channels: 1,
        }),
        "two/a.png": bars(1),
        "two/b.png": bars(2),
        "two/b copy.png": bars(2),
        "readme.md": "words",
      });
      await Deno.mkdir(join(folder, "three"));
      await Deno.symlink(outside, join(folder, "elsewhere"));
      await Deno.symlink(join(outside, "x.png"), join(folder, "two", "x.png"));
      const { classes, train, notes } = await read(folder);
      assertEquals([classes, train.names], [["one", "two"], [
        "one/a.png",
        "two/a.png",
        "two/b copy.png",
      ]]);
      assertEquals(notes, [
        "Passed over, no pictures: elsewhere, one/.hidden.png, one/notes.txt, readme.md, two/x.png",
        "Passed over, empty folders: three",
        "Passed over, cannot be read: one/cut off.png",
        "Passed over, nothing is drawn: one/white.png",
        "Passed over, copies: two/b.png is two/b copy.png",
        "There twice, in other classes or splits: two/a.png is one/a.png",
      ]);
    } finally {
      await Deno.remove(outside, { recursive: true });
    }
  }));

Deno.test("readOwnPictures() keeps all parts of a symbol, and its proportions", () =>
  withFolder(async (folder) => {
    await write(folder, { "one/a.png": bars(1), "three/a.png": bars(3) });
    const { train } = await read(folder);
    const columns = (picture: number) => {
      const image = train.images.subarray(784 * picture, 784 * picture + 784);
      return Array.from(
        { length: 28 },
        (_, x) => image.some((value, i) => i % 28 === x && value > 128),
      );
    };
    const runs = (picture: number) =>
      columns(picture).filter((inked, x, all) => inked && !all[x - 1]).length;
    assertEquals([runs(0), runs(1)], [1, 3]);
    assert(columns(0).filter(Boolean).length <= 4);
  }));

Deno.test("readOwnPictures() reads a .zip of class folders as the folders themselves, also inside one", () =>
  withFolder(async (folder) => {
    const files = { "2/a.png": bars(2), "10/b.png": bars(3), "\u304b/c.png": bars(1) };
    await write(join(folder, "signs"), files);
    const { source: _, ...plain } = await read(join(folder, "signs"));
    for (const start of ["", "signs/"]) {
      const path = join(folder, "signs.zip");
      const entries = Object.entries(files).map(([name, bytes]) => [start + name, bytes]);
      const noise = { [`__MACOSX/${start}2/._a.png`]: bars(1), [`${start}10/`]: new Uint8Array() };
      await Deno.writeFile(path, zipSync({ ...Object.fromEntries(entries), ...noise }));
      const { source, ...packed } = await read(path);
      assertEquals([packed, source], [plain, path]);
    }
  }));

for (
  const [fault, name] of [
    ["leads out of it", "../one/a.png"],
    ["is absolute", "/one/a.png"],
    ["is absolute on Windows", "C:\\one\\a.png"],
  ]
) {
  Deno.test(`readOwnPictures() refuses a .zip with a file whose name ${fault}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "signs.zip");
      await Deno.writeFile(path, zipSync({ "one/a.png": bars(1), [name]: bars(2) }));
      const { message } = await assertRejects(() => readOwnPictures(path), SyntaxError);
      assertEquals(message, `Expected files in ${path} to stay inside it but found ${name}`);
    }));
}

Deno.test("readOwnPictures() passes over what bursts in a .zip, and refuses archives that do or are none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "signs.zip");
    const pictures = { "one/a.png": bars(1), "two/a.png": bars(2) };
    const burst = new Uint8Array(65 * 2 ** 20);
    await Deno.writeFile(path, zipSync({ ...pictures, "two/burst.png": burst }, { level: 1 }));
    assertEquals((await read(path)).notes, ["Passed over, cannot be read: two/burst.png"]);
    const archive = zipSync({ ...pictures, "two/bomb.png": new Uint8Array(9) });
    const entry = new TextDecoder("latin1").decode(archive).lastIndexOf("PK\x01\x02");
    new DataView(archive.buffer).setUint32(entry + 24, 600_000_001, true); // what it unpacks to
    await Deno.writeFile(path, archive);
    const bomb = await assertRejects(() => readOwnPictures(path), RangeError);
    assertEquals(
      bomb.message,
      `Expected ${path} to unpack to at most 600000000 bytes but found more`,
    );
    await Deno.writeTextFile(path, "words");
    const words = await assertRejects(() => readOwnPictures(path), SyntaxError);
    assertEquals(words.message, `Expected ${path} to be a whole zip archive but it is not`);
  }));

Deno.test("readLabelledPictures() takes copies as often as they are there", () =>
  withFolder(async (folder) => {
    await write(folder, { "one/a.png": bars(1), "one/a copy.png": bars(1) });
    const { count, labels } = await readLabelledPictures(folder, ["none", "one"]);
    assertEquals([count, ...labels], [2, 1, 1]);
  }));

Deno.test("readOwnPictures() takes the rows of a table as they are, labels any text", () =>
  withFolder(async (folder) => {
    const path = join(folder, "signs.csv");
    const row = (label: string, value: number) => [label, ...Array(784).fill(value)].join();
    await Deno.writeTextFile(path, [row("plus", 1), row("2", 7), row("10", 1)].join("\n"));
    const { classes, train, notes } = await read(path);
    assertEquals(classes, ["2", "10", "plus"]);
    assertEquals([[...train.labels], train.images[784]], [[2, 0, 1], 7]);
    assertEquals(notes, ["There twice, in other classes or splits: row 3 is row 1"]);
    await Deno.writeTextFile(path, row("plus", 1).slice(5));
    const { message } = await assertRejects(() => readOwnPictures(path), SyntaxError);
    assertEquals(message, `Expected ${path} to have a column of labels but found none`);
  }));

for (
  const [fault, names, message] of [
    [
      "one class",
      ["one"],
      /^Expected .* to hold pictures of 2 to 255 classes but found 1$/,
    ],
    ["256 classes", Array.from({ length: 256 }, (_, i) => `c${i}`), /but found 256$/],
    [
      "a long name",
      ["a".repeat(101), "b"],
      /^Expected names of classes to have 1 to 100 characters but found 101 in a{20}…$/,
    ],
  ] as const
) {
  Deno.test(`readOwnPictures() refuses ${fault} in one sentence`, () =>
    withFolder(async (folder) => {
      await write(folder, Object.fromEntries(names.map((name) => [`${name}/a.png`, bars(1)])));
      const error = await assertRejects(() => readOwnPictures(folder), Error);
      assert(message.test(error.message), error.message);
    }));
}

Deno.test("readOwnPictures() follows no symbolic link in a .zip, and tells classes apart by case", () =>
  withFolder(async (folder) => {
    const path = join(folder, "signs.zip");
    const link = new TextEncoder().encode("/etc/passwd");
    const files: Zippable = {
      "Plus/a.png": bars(1),
      "plus/a.png": bars(2),
      "plus/link.png": [link, { os: 3, attrs: (0o120777 << 16) >>> 0 }],
    };
    await Deno.writeFile(path, zipSync(files));
    const { classes, train, notes } = await read(path);
    assertEquals([classes.toSorted(), train.count], [["Plus", "plus"], 2]);
    assertEquals(notes, ["Passed over, cannot be read: plus/link.png"]);
  }));

Deno.test("readOwnPictures() says who reads IDX files", () =>
  withFolder(async (folder) => {
    await write(folder, { "train-images-idx3-ubyte.gz": bars(1), "train-labels.idx1-ubyte": "" });
    await assertRejects(
      () => read(folder),
      Error,
      `Expected class folders in ${folder} but found IDX files, which --data reads`,
    );
  }));
