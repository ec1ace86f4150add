import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { gzipSync, zipSync } from "fflate";
import { readLabelled } from "../../lib/data/idx.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { readPixelCsv } from "../../lib/data/pixel_csv.ts";
import { withFolder } from "../temporary_folder.ts";

const PIXELS = Array.from({ length: 784 }, (_, i) => i % 256);
const HEADER = ["label", ...PIXELS.map((_, i) => `pixel${i}`)].join();
const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await Deno.writeTextFile(path, text);
    try {
      return await readPixelCsv(path);
    } catch (error) {
      throw new SyntaxError((error as Error).message.replace(path, "a.csv"));
    }
  });
const row = (label: number | string) => [label, ...PIXELS].join();

for (
  const [kind, text] of Object.entries({
    "with names": `${HEADER}\n${row(3)}\n${row(7)}\n`,
    "without names": `${row(3)}\n${row(7)}`,
    "all quoted": `"${row(3).replaceAll(",", '","')}"\n${row(7)}`,
    "with names that are numbers": `label,${PIXELS.map((_, i) => i)}\n${row(3)}\n${row(7)}`,
    "of Windows, quoted": `\ufeff"${HEADER.replaceAll(",", '","')}"\r\n${row(3)}\r\n\r\n${
      row(7)
    }\r\n`,
  })
) {
  Deno.test(`readPixelCsv() reads labels and pixels ${kind}`, async () => {
    const { count, images, labels } = await read(text);
    assertEquals([count, labels], [2, ["3", "7"]]);
    assertEquals([...images], [...PIXELS, ...PIXELS]);
  });
}

Deno.test("readPixelCsv() takes any text for a label, quoted or not", async () => {
  const rows = ["plus", '"a, b"', '"say ""i"""', "__proto__", "2nd"].map(row);
  assertEquals((await read(rows.join("\n"))).labels, [
    "plus",
    "a, b",
    'say "i"',
    "__proto__",
    "2nd",
  ]);
});

Deno.test("readLabelled() refuses labels of a table that are no numbers of classes in one sentence", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    for (const label of ["300", "plus"]) {
      await Deno.writeTextFile(path, `${HEADER}\n${row(label)}\n`);
      const { message } = await assertRejects(() => readLabelled(path), SyntaxError);
      assertEquals(
        message,
        `Expected labels in ${path} to be whole numbers from 0 to 255 but found ${label}`,
      );
    }
  }));

Deno.test("readPixelCsv() reads pixels without labels, packed in either way", () =>
  withFolder(async (folder) => {
    const text = bytes(`${HEADER.slice(6)}\n${PIXELS.join()}\n`);
    const files = {
      "a.csv": text,
      "a.csv.gz": gzipSync(text),
      "a.csv.zip": zipSync({ "test.csv": text }),
    };
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), content);
      const { count, images, labels } = await readPixelCsv(join(folder, name));
      assertEquals([count, [...images], labels], [1, PIXELS, []]);
    }
    const error = await assertRejects(() => readLabelled(join(folder, "a.csv")), SyntaxError);
    assertEquals(error.message.endsWith("to have a column of labels but found none"), true);
  }));

for (
  const [fault, text, message] of [
    [
      "a short row",
      `${HEADER}\n${row(1)}\n1,2,3\n`,
      "Expected line 3 of a.csv to have 785 columns but found 3",
    ],
    [
      "a long row",
      `${row(1)}\n${row(1)},5\n`,
      "Expected line 2 of a.csv to have 785 columns but found more",
    ],
    [
      "another table",
      "a,b\n1,2\n",
      "Expected line 2 of a.csv to have 784 pixels, after a label or alone, but found 2 columns",
    ],
    [
      "a pixel too few",
      `${HEADER.slice(0, -9)}\n${row(1).slice(0, row(1).lastIndexOf(","))}\n`,
      "Expected line 2 of a.csv to have a label and 784 pixels but found 784 columns",
    ],
    [
      "a value over 255",
      row(1).replace(",7,", ",256,"),
      "Expected line 1 of a.csv to hold whole numbers from 0 to 255 but found others in column 9",
    ],
    [
      "a stray quote in a label",
      `${row(1)}\n${row('si"gn')}`,
      "Expected line 2 of a.csv to begin with a label but found a stray quote",
    ],
    [
      "a quote that is not closed",
      `${row('"sign')}\n${row(1)}`,
      "Expected line 1 of a.csv to begin with a label but found a stray quote",
    ],
    [
      "a stray quote among pixels",
      `${row(1)}\n${row(1).replace(",7,", ',7",')}`,
      "Expected line 2 of a.csv to hold whole numbers from 0 to 255 but found others in column 9",
    ],
    [
      "a fraction",
      row(1).replace(",7,", ",0.5,"),
      "Expected line 1 of a.csv to hold whole numbers from 0 to 255 but found others in column 9",
    ],
    [
      "names alone",
      `${HEADER}\n`,
      "Expected line 2 of a.csv to have a label and 784 pixels but found 1 columns",
    ],
  ]
) {
  Deno.test(`readPixelCsv() refuses ${fault} in one sentence`, async () => {
    assertEquals((await assertRejects(() => read(text), SyntaxError)).message, message);
  });
}

Deno.test("loadMnist() splits a CSV file that is sorted by class, each class into all parts", () =>
  withFolder(async (folder) => {
    const path = join(folder, "train.csv");
    const rows = Array.from({ length: 100 }, (_, i) => row(Math.floor(i / 10)));
    await Deno.writeTextFile(path, `${HEADER}\n${rows.join("\n")}\n`);
    const { train, validation, test } = await loadMnist({ directory: path });
    const classes = Array.from({ length: 10 }, (_, i) => i);
    assertEquals([train.count, [...validation.labels].sort(), [...test.labels].sort()], [
      80,
      classes,
      classes,
    ]);
  }));

Deno.test("loadMnist() refuses a CSV file of a single picture in one sentence", () =>
  withFolder(async (folder) => {
    const path = join(folder, "one.csv");
    await Deno.writeTextFile(path, row(3));
    const { message } = await assertRejects(() => loadMnist({ directory: path }), RangeError);
    assertEquals(
      message,
      `Expected ${path} to hold three pictures of a class at least but found 1 in all`,
    );
  }));
