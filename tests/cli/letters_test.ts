import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import { encodeIdxPair } from "../../lib/data/idx.ts";
import { cutFonts } from "../../lib/data/letters/cut_fonts.ts";
import { drawLetters } from "../../lib/data/letters/draw.ts";
import { INTER } from "../data/letters/inter.ts";
import { SEVEN_PNG } from "../picture/picture_files.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

/** Writes letters of one font as EMNIST ships its own: packed, transposed, numbered from 1 on. */
async function writeLetters(folder: string): Promise<void> {
  const masters = await cutFonts([INTER]);
  for (const [epoch, [part, count]] of ([["train", 600], ["test", 80]] as const).entries()) {
    const { images, labels } = drawLetters(
      masters,
      { count, seed: 1, epoch, split: "train", warp: 0.2 },
      CLASS_SETS.letters,
    );
    const turned = images.map((_, i) => {
      const [picture, y, x] = [i - i % 784, Math.floor(i % 784 / 28), i % 28];
      return images[picture + 28 * x + y];
    });
    const files = await encodeIdxPair(`emnist-letters-${part}`, {
      count,
      images: turned,
      labels: labels.map((label) => label + 1),
    }, { gzip: true });
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), bytes);
    }
  }
}

Deno.test("train, evaluate, predict and export work on letters as on digits", () =>
  withFolder(async (folder) => {
    await writeLetters(folder);
    const out = join(folder, "out");
    const model = join(out, "model");
    const task = async (...args: [task: string, ...flags: string[]]) => {
      const { code, stdout, stderr } = await runTask(...args);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const quick = "--base cnn-small --fine-tune 0 --workers 2 --epochs 4".split(" ");
    const data = ["--classes", "letters", "--data", folder];
    await task("train", ...data, ...quick, "--out", out);
    const metrics = JSON.parse(await Deno.readTextFile(join(out, "metrics.json")));
    assert(metrics.testAccuracy > 0.6, `Found ${metrics.testAccuracy}`);
    assertEquals([metrics.testCount, metrics.confusion.length], [80, 26]);
    assert((await Deno.stat(join(out, "character_recognition_model.h5"))).isFile);

    const table = await task("evaluate", "--model", model, "--data", folder);
    const accuracy = (100 * metrics.testAccuracy).toFixed(2);
    assertMatch(
      table,
      new RegExp(
        `^accuracy ${accuracy} % \\(\\d+ wrong\\), loss \\d\\.\\d{4}, expected calibration`,
        "m",
      ),
    );
    assertMatch(table, /^class {2}precision % {2}recall % {5}F1 % {2}support$/m);
    assertMatch(
      table,
      /^most often taken for each other, in either direction\n {2}[A-Z] and [A-Z]: /m,
    );

    const picture = join(folder, "seven.png");
    await Deno.writeFile(picture, SEVEN_PNG);
    const answer = JSON.parse(await task("predict", "--json", "--model", model, picture));
    assertEquals(answer.digit, undefined);
    const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
    assertEquals(answer.character, CLASS_SETS.letters[best]);

    const flags = ["--format", "onnx", "--quantize", "float16", "--data", folder, "--out", out];
    const exported = await task("export", "--model", model, ...flags);
    assertMatch(exported, /character_recognition_model_float16\.onnx: \d+ KB/);
    assertMatch(exported, /^test: .* wrong of 80$/m);
  }));
