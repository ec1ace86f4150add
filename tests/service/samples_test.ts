import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { decodePicture } from "../../lib/picture/decode.ts";
import { readOwnPictures } from "../../lib/picture/own_pictures.ts";
import { Samples } from "../../lib/service/samples.ts";
import { withFolder } from "../temporary_folder.ts";

/** A bar, where placing leaves it. */
const BAR = new Uint8Array(784);
for (let y = 4; y < 24; y++) BAR.fill(255, 28 * y + 13, 28 * y + 15);

/** A broader one. */
const BROAD = BAR.map((value, i) => Math.max(value, BAR[i + 1] ?? 0));

/** The first, lying. */
const DASH = BAR.map((_, i) => BAR[28 * (i % 28) + Math.floor(i / 28)]);

Deno.test("Samples are a folder of pictures a class, also over a restart", () =>
  withFolder(async (parent) => {
    const folder = join(parent, "samples");
    const first = await Samples.open(folder);
    await Promise.all([first.add(BAR, "1"), first.add(DASH, "__proto__")]);
    const second = await Samples.open(folder);
    assertEquals(second.count, 2);
    await second.add(BROAD, "1");
    assertEquals(second.count, 3);
    const { train, classes } = await readOwnPictures(folder);
    assertEquals([classes, [...train.labels]], [["__proto__", "1"], [0, 1, 1]]);
    const [{ name }] = [...Deno.readDirSync(join(folder, "__proto__"))];
    const file = await Deno.readFile(join(folder, "__proto__", name));
    assertEquals((await decodePicture(file, name)).values, DASH);
  }));

Deno.test("Samples.open() removes what a kill left half written, and nothing else", () =>
  withFolder(async (folder) => {
    await (await Samples.open(folder)).add(BAR, "1");
    const half = join(folder, "1", `7.png.${crypto.randomUUID()}.tmp`);
    const own = join(folder, "1", "notes.tmp");
    for (const path of [half, own]) await Deno.writeTextFile(path, "half");
    assertEquals((await Samples.open(folder)).count, 1);
    const names = [...Deno.readDirSync(join(folder, "1"))].map(({ name }) => name);
    assertEquals([names.length, names.includes("notes.tmp")], [2, true]);
  }));

Deno.test("Samples.remove() takes back what was added, and the folder of a class that was new", () =>
  withFolder(async (folder) => {
    await (await Samples.open(folder)).add(BAR, "1");
    const samples = await Samples.open(folder);
    const [bar, dash] = [await samples.add(BAR, "1"), await samples.add(DASH, "-")];
    for (const sample of [bar, dash, dash, "../1", ""]) await samples.remove(sample);
    assertEquals(samples.count, 1);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["1"]);
    assertEquals([...Deno.readDirSync(join(folder, "1"))].length, 1);
  }));

Deno.test("Samples have no place for a class more than can be learnt", () =>
  withFolder(async (folder) => {
    for (let i = 0; i < 255; i++) await Deno.mkdir(join(folder, String(i)));
    const samples = await Samples.open(folder);
    await samples.add(BAR, "1");
    assertEquals(["1", "one more"].map((name) => samples.hasPlaceFor(name)), [true, false]);
  }));

Deno.test("Samples.add() counts nothing that it could not write", () =>
  withFolder(async (folder) => {
    const samples = await Samples.open(folder);
    await Deno.writeTextFile(join(folder, "1"), "a file where the folder should be");
    await assertRejects(() => samples.add(BAR, "1"));
    assertEquals(samples.count, 0);
  }));
