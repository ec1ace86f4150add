import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { drawAllograph } from "../../lib/data/allographs/draw.ts";
import { ALLOGRAPHS } from "../../lib/data/allographs/templates.ts";
import { Random } from "../../lib/data/random.ts";
import { zipFolder } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

/** Writes pictures of signs, dark on light and 84 pixels high, into a folder a class. */
async function writeSigns(
  folder: string,
  names: string[],
  count: number,
  seed: number,
): Promise<void> {
  for (const [k, name] of names.entries()) {
    const sign = ALLOGRAPHS.sign.find((letter) => letter.name === name)!;
    await Deno.mkdir(join(folder, `sign ${name}`), { recursive: true });
    for (let i = 0; i < count; i++) {
      const drawn = drawAllograph([sign], new Random(seed, k, i));
      const data = Uint8Array.from(
        { length: 84 * 84 },
        (_, at) => 230 - 0.8 * drawn[28 * Math.floor(at / 252) + Math.floor(at % 84 / 3)],
      );
      const bytes = encode({ width: 84, height: 84, data, channels: 1, depth: 8 });
      await Deno.writeFile(join(folder, `sign ${name}`, `${i}.png`), bytes);
    }
  }
}

const SIGNS = ["#", "=", "K", "M"];

Deno.test("train --pictures learns four classes from five pictures, and every task takes the model", () =>
  withFolder(async (folder) => {
    const [pictures, others, out] = ["pictures", "others", "out"].map((name) => join(folder, name));
    await writeSigns(pictures, SIGNS, 5, 1);
    await writeSigns(others, SIGNS, 5, 2);
    const trained = await runTask("train", "--pictures", pictures, "--out", out);
    assertEquals(trained.code, 0, trained.stderr);
    assertMatch(trained.stderr, /^20 pictures of 4 classes: the head is solved in closed form/m);
    assertMatch(trained.stdout, /% of 20 pictures, each left out in turn: \d+ to \d+ % elsewhere/);
    const model = join(out, "model");
    const card = JSON.parse(await Deno.readTextFile(join(model, "card.json")));
    assertEquals([card.mode, card.classes], ["closed form", SIGNS.map((name) => `sign ${name}`)]);

    const evaluated = await runTask("evaluate", "--pictures", others, "--model", model, "--json");
    assert(JSON.parse(evaluated.stdout).accuracy >= 0.9, evaluated.stdout + evaluated.stderr);
    const read = await runTask(
      "predict",
      "--json",
      "--model",
      model,
      join(others, "sign M", "1.png"),
    );
    assertEquals(JSON.parse(read.stdout).class, "sign M");
    const exported = await runTask("export", "--model", model, "--out", out, "--format", "onnx");
    assertMatch(exported.stdout, /symbol_recognition_model\.onnx: \d+ KB/);

    const more = join(folder, "more");
    await writeSigns(more, ["=", "W, of lines"], 3, 3);
    const zip = join(folder, "recogniser.zip");
    const weights = await Deno.readFile(join(model, "weights.bin"));
    await Deno.writeFile(zip, await zipFolder(model));
    const added = await runTask("train", "--pictures", more, "--add-to", zip, "--out", out);
    assertMatch(added.stderr, /^26 pictures of 5 classes/m);
    await Deno.remove(join(more, "sign ="), { recursive: true });
    await Deno.writeTextFile(join(out, "training_curves.svg"), "of another training");
    const again = await runTask("train", "--pictures", more, "--add-to", model, "--out", out);
    assertMatch(again.stderr, /^3 of the pictures are among the model's already$/m);
    assertMatch(again.stderr, /^26 pictures of 5 classes/m);
    assertEquals(await Deno.stat(join(out, "training_curves.svg")).catch(() => "none"), "none");
    const page = join(folder, "page");
    const written = await runTask("page", "--model", zip, "--out", page);
    assertEquals(written.code, 0, written.stderr);
    assertEquals(JSON.parse(await Deno.readTextFile(join(page, "models.json"))), [
      { name: "own", classes: card.classes },
    ]);
    assertEquals(await Deno.readFile(join(page, "models", "own", "weights.bin")), weights);
  }));

Deno.test("a zip that is no model is told in one sentence by tasks that take one, and nothing is written", () =>
  withFolder(async (folder) => {
    const zip = join(folder, "examples.zip");
    await Deno.writeFile(zip, zipSync({ "plus/1.png": new Uint8Array(9) }));
    await writeSigns(join(folder, "pictures"), SIGNS, 1, 1);
    const [out, pictures] = [join(folder, "out"), join(folder, "pictures")];
    for (
      const args of [
        ["page", "--model", zip, "--out", out],
        ["serve", "--port", "0", "--model", zip],
        ["train", "--pictures", pictures, "--add-to", zip, "--out", out],
      ]
    ) {
      const { code, stderr } = await runTask(args[0], ...args.slice(1));
      assertEquals(code, 1);
      assertMatch(
        stderr,
        /^\w+: Expected to read .*\.zip.(card|model)\.json but there is no such file\n$/m,
      );
      const written = await Array.fromAsync(Deno.readDir(out)).catch(() => []);
      assertEquals(written, []);
    }
  }));

Deno.test("train --pictures learns the head step by step where it is told to, and tests on what it held out", () =>
  withFolder(async (folder) => {
    await writeSigns(join(folder, "pictures"), SIGNS, 10, 1);
    const out = join(folder, "out");
    const { code, stdout, stderr } = await runTask(
      "train",
      ..."--base cnn-small --epochs 4 --fine-tune 0".split(" "),
      ...["--pictures", join(folder, "pictures"), "--out", out],
    );
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^Test accuracy .* % \(\d wrong of 4, \d+ to \d+ % elsewhere\) after/);
    const { confused, testCount } = JSON.parse(await Deno.readTextFile(join(out, "metrics.json")));
    assertEquals([testCount, Array.isArray(confused)], [4, true]);
  }));
