import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readIdxPair } from "../../lib/data/idx.ts";
import { SAMPLE_FILES, Samples } from "../../lib/service/samples.ts";
import { withFolder } from "../temporary_folder.ts";

Deno.test("Samples are kept as a pair of IDX files, also over a restart", () =>
  withFolder(async (parent) => {
    const folder = join(parent, "samples");
    const [one, two] = [1, 2].map((value) => new Uint8Array(784).fill(value));
    const first = await Samples.open(folder);
    await Promise.all([first.add(one, 1), first.add(two, 2)]);
    const second = await Samples.open(folder);
    assertEquals(second.count, 2);
    await second.add(one, 7);
    const { count, images, labels } = await readIdxPair(
      join(folder, SAMPLE_FILES.images),
      join(folder, SAMPLE_FILES.labels),
    );
    assertEquals([count, ...labels], [3, 1, 2, 7]);
    assertEquals(images, Uint8Array.from([...one, ...two, ...one]));
  }));

Deno.test("Samples.open() goes on where a picture was written but not its label", () =>
  withFolder(async (folder) => {
    const samples = await Samples.open(folder);
    await samples.add(new Uint8Array(784), 1);
    const labels = await Deno.readFile(join(folder, SAMPLE_FILES.labels));
    await samples.add(new Uint8Array(784), 2);
    await Deno.writeFile(join(folder, SAMPLE_FILES.labels), labels);
    assertEquals((await Samples.open(folder)).count, 1);
  }));

Deno.test("Samples.open() throws on files that are no IDX", () =>
  withFolder(async (folder) => {
    for (const name of Object.values(SAMPLE_FILES)) {
      await Deno.writeTextFile(join(folder, name), "no samples");
    }
    await assertRejects(() => Samples.open(folder), SyntaxError);
  }));
