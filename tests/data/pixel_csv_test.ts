import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { gzipSync, zipSync } from "fflate";
import { loadMnist } from "../../lib/data/mnist.ts";
import { parsePixelCsv, readLabelledCsv, readPixelCsv } from "../../lib/data/pixel_csv.ts";
import { withFolder } from "../temporary_folder.ts";

const PIXELS = Array.from({ length: 784 }, (_, i) => i % 256);
const HEADER = ["label", ...PIXELS.map((_, i) => `pixel${i}`)].join();
const bytes = (text: string) => new TextEncoder().encode(text);
const row = (label: number) => [label, ...PIXELS].join();

for (
  const [kind, text] of Object.entries({
    "with names": `${HEADER}\n${row(3)}\n${row(7)}\n`,
    "without names": `${row(3)}\n${row(7)}`,
    "of Windows, quoted": `\ufeff"${HEADER.replaceAll(",", '","')}"\r\n${row(3)}\r\n\r\n${
      row(7)
    }\r\n`,
  })
) {
  Deno.test(`parsePixelCsv() reads labels and pixels ${kind}`, () => {
    const { count, images, labels, hasLabels } = parsePixelCsv(bytes(text), "a.csv");
    assertEquals([count, [...labels], hasLabels], [2, [3, 7], true]);
    assertEquals([...images], [...PIXELS, ...PIXELS]);
  });
}

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
      const { count, images, hasLabels } = await readPixelCsv(join(folder, name));
      assertEquals([count, [...images], hasLabels], [1, PIXELS, false]);
    }
    const error = await assertRejects(() => readLabelledCsv(join(folder, "a.csv")), SyntaxError);
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
      row(300),
      "Expected line 1 of a.csv to hold whole numbers from 0 to 255 but found others in column 1",
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
  Deno.test(`parsePixelCsv() refuses ${fault} in one sentence`, () => {
    assertEquals(
      assertThrows(() => parsePixelCsv(bytes(text), "a.csv"), SyntaxError).message,
      message,
    );
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
