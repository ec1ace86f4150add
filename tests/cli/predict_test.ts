import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { CARD, saveRandomNetwork } from "../model/saved_networks.ts";
import { SEVEN_PNG, sevenFiles } from "../picture/picture_files.ts";
import { withFolder } from "../temporary_folder.ts";

const TASK = fromFileUrl(new URL("../../lib/cli/predict.ts", import.meta.url));

async function predict(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", TASK, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const lines = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  return { code, stdout: lines(stdout), stderr: lines(stderr) };
}

/** Runs `act` in a folder with a model, two pictures, an empty sheet and a broken one. */
function withPictures(act: (folder: string, model: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const model = join(folder, "model");
    const calibration = { temperature: 1, leastConfidence: 1, falseRejections: 0 };
    await saveRandomNetwork(model, { ...CARD, calibration });
    await Deno.mkdir(join(folder, "scans"));
    await Deno.writeFile(join(folder, "scans", "a.png"), SEVEN_PNG);
    await Deno.writeFile(join(folder, "scans", "b.png"), SEVEN_PNG);
    await Deno.writeTextFile(join(folder, "scans", "notes.txt"), "no picture");
    await Deno.writeFile(join(folder, "broken.png"), SEVEN_PNG.subarray(0, 40));
    await act(folder, model);
  });
}

Deno.test("deno task predict answers what it can read, and names what it cannot", () =>
  withPictures(async (folder, model) => {
    const scans = join(folder, "scans");
    const broken = join(folder, "broken.png");
    const missing = join(folder, "missing.png");
    const { code, stdout, stderr } = await predict(
      "--json",
      "--model",
      model,
      broken,
      scans,
      missing,
      join(scans, "?.p*"),
    );
    assertEquals(code, 1);
    assertEquals(stderr.slice(-3), [
      `Answers come from ${model} (cnn-small, from scratch, 50.00 % on its test pictures)`,
      `Expected ${broken} to be a whole PNG picture but it ends early`,
      `Expected to read ${missing} but there is no such file`,
    ]);
    const answers = stdout.map((line) => JSON.parse(line));
    const [a, b] = [join(scans, "a.png"), join(scans, "b.png")];
    assertEquals(answers.map(({ file }) => file), [a, b, a, b]);
    for (const answer of answers) {
      assertEquals(Object.keys(answer), [
        "file",
        "digit",
        "confidence",
        "probabilities",
        "accepted",
        "box",
      ]);
      assertEquals(answer.probabilities[answer.digit], answer.confidence);
      assertEquals(answer.accepted, false);
      assertEquals(answer.box, { left: 14, top: 10, width: 34, height: 60 });
    }
  }));

Deno.test("deno task predict reads tables, of an archive too, and says what to do with class folders", () =>
  withPictures(async (folder, model) => {
    const names = Array.from({ length: 784 }, (_, i) => `pixel${i}`);
    const rows = Array.from({ length: 501 }, (_, row) => names.map((_, i) => (row * i) % 256));
    const text = new TextEncoder().encode([names, ...rows].join("\n"));
    await Deno.writeFile(join(folder, "test.csv"), text);
    await Deno.writeFile(join(folder, "digits.zip"), zipSync({ "test.csv": text }));
    for (const path of [join(folder, "test.csv"), join(folder, "digits.zip", "test.csv")]) {
      const { code, stdout } = await predict("--csv", "--model", model, path);
      assertEquals([code, stdout.length, stdout[0]], [0, 502, "ImageId,Label"]);
      assertMatch(stdout[501], /^501,\d$/);
    }
    const table = join(folder, "test.csv");
    const twice = await predict("--csv", "--model", model, table, table);
    assertEquals([twice.code, twice.stdout], [2, []]);
    assertEquals(
      twice.stderr.find((line) => line.startsWith("predict:")),
      `predict: Expected one CSV file with --csv but found 2`,
    );
    await Deno.mkdir(join(folder, "classes", "seven"), { recursive: true });
    const { code, stderr } = await predict("--model", model, join(folder, "classes"));
    assertEquals([code, stderr.at(-1)], [
      1,
      `Expected to read ${folder}/classes but it is a folder of 1 folders: predict ${folder}/classes/* ` +
      "reads their pictures",
    ]);
  }));

Deno.test("deno task predict says that it does not know, and draws why", () =>
  withPictures(async (folder, model) => {
    const picture = join(folder, "scans", "a.png");
    const { code, stdout } = await predict("--model", model, "--explain", folder, picture);
    assertEquals(code, 0);
    assertEquals(stdout.length, 1);
    assert(stdout[0].startsWith(`${picture}: don't know (at best `), stdout[0]);
    for (const name of ["a.png.svg", "a.png.png"]) {
      assert((await Deno.stat(join(folder, name))).size > 1000);
    }
  }));

Deno.test("deno task predict says what is missing, and draws pictures of the same name apart", () =>
  withPictures(async (folder, model) => {
    const [cut, other, empty] = ["cut.png", "other", "empty"].map((name) => join(folder, name));
    await Deno.writeFile(cut, SEVEN_PNG.subarray(0, -30));
    for (const path of [other, empty]) await Deno.mkdir(path);
    await Deno.copyFile(join(folder, "scans", "a.png"), join(other, "a.png"));
    const pages = join(folder, "pages.tiff");
    await Deno.writeFile(pages, (await sevenFiles())["pages.tiff"]);
    const small = join(folder, "small.png");
    const data = new Uint8Array(1000 * 1000).fill(255);
    for (let y = 500; y < 508; y++) data.fill(0, 1000 * y + 300, 1000 * y + 303);
    await Deno.writeFile(small, encode({ width: 1000, height: 1000, data, channels: 1 }));
    const blank = { width: 60, height: 80, data: new Uint8Array(4800).fill(255) };
    await Deno.writeFile(join(other, "sheet.png"), encode({ ...blank, channels: 1 }));
    const drawn = join(folder, "drawn");
    const { code, stdout, stderr } = await predict(
      ...[
        "--json",
        "--model",
        model,
        "--explain",
        drawn,
        join(folder, "scans"),
        other,
        pages,
        small,
        cut,
        empty,
      ],
    );
    assertEquals(code, 1);
    assertEquals(stdout[3], JSON.stringify({ file: join(other, "sheet.png"), found: 0 }));
    assertEquals(stderr.slice(-4), [
      `${pages}: has 2 pages: read the first`,
      `${small}: left out what is too small to read, 1 mark: crop the picture or scan it closer`,
      `${cut}: the file ends early: read what there is`,
      `Expected to read ${empty} but it is a folder without pictures`,
    ]);
    const names = Array.from(Deno.readDirSync(drawn), ({ name }) => name);
    assert(["a.png.svg", "2-a.png.svg", "b.png.svg"].every((name) => names.includes(name)));
  }));
