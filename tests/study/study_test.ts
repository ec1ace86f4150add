import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { UsageError } from "../../lib/flags.ts";
import type { News } from "../../lib/observer.ts";
import { STUDIES } from "../../lib/study/studies.ts";
import {
  defineStudy,
  flagsOf,
  readCounts,
  runStudy,
  TRAINING_FLAGS,
} from "../../lib/study/study.ts";
import { withFolder } from "../temporary_folder.ts";

/** A study of two runs, of which `run` says what the one with this name comes to. */
function twoRuns(run: (name: string) => Promise<number>) {
  return defineStudy({
    name: "two",
    summary: "Runs twice.",
    minutes: 1,
    flags: { ...TRAINING_FLAGS, quick: { type: "switch", help: "be quick" } },
    async run(_, runs) {
      const found = [];
      for (const name of ["a, seed 1", "b, seed 1"]) {
        found.push(await runs.once(name, () => run(name)));
      }
      return { text: found.join(" and "), files: { two: { json: found } } };
    },
  });
}

const VALUES = { seeds: 3, limit: 100, workers: 1, quick: true, readme: false };

Deno.test("runStudy() goes on where it was stopped, and does what was done under other conditions again", () =>
  withFolder(async (out) => {
    const ran: string[] = [];
    const stopped = twoRuns((name) => {
      ran.push(name);
      return name === "a, seed 1" ? Promise.resolve(1) : Promise.reject(new Error("stopped"));
    });
    await assertRejects(() => runStudy(stopped, { ...VALUES, out }, () => {}), Error, "stopped");
    const whole = twoRuns((name) => {
      ran.push(name);
      return Promise.resolve(2);
    });
    const report = await runStudy(whole, { ...VALUES, out }, () => {});
    assertEquals(ran, ["a, seed 1", "b, seed 1", "b, seed 1"]);
    assertStringIncludes(
      report,
      "1 and 2\n\nMade by `deno task study two --limit 100 --quick` on 2",
    );
    assert(!report.includes(" in 0 s"), "a time that is not that of all runs");
    assertEquals(await Deno.readTextFile(join(out, "two.md")), `${report}\n`);
    assertEquals(JSON.parse(await Deno.readTextFile(join(out, "two.json"))), [1, 2]);

    const other = await runStudy(whole, { ...VALUES, limit: 50, out }, () => {});
    assertEquals(ran.length, 5);
    assertStringIncludes(other, " in 0 s: ");
  }));

Deno.test("runStudy() writes its report into outputs/README.md if told so", () =>
  withFolder(async (out) => {
    const file = join(out, "README.md");
    const markers = ["<!-- two: begin -->", "<!-- two: end -->"];
    await Deno.writeTextFile(file, markers.join("\n"));
    const study = twoRuns(() => Promise.resolve(1));
    await runStudy(study, { ...VALUES, out }, () => {}, file);
    assertEquals(await Deno.readTextFile(file), markers.join("\n"));
    const report = await runStudy(study, { ...VALUES, out, readme: true }, () => {}, file);
    assertEquals(await Deno.readTextFile(file), markers.join(`\n\n${report}\n\n`));
  }));

Deno.test("readCounts() reads integers with commas between them", () => {
  assertEquals(readCounts("labels", "1,10,100"), [1, 10, 100]);
  for (const text of ["", "1,,2", "0", "1.5", "ten"]) {
    assertThrows(
      () => readCounts("labels", text),
      UsageError,
      `Expected --labels to be integers above 0 but found ${text}`,
    );
  }
});

/** Runs a study that is shipped, in a small size, as its task does. */
async function runSmall(name: string, out: string, flags: Record<string, string | number> = {}) {
  const study = STUDIES.find((study) => study.name === name)!;
  const defaults = Object.fromEntries(
    Object.entries(flagsOf(study)).map(([flag, about]) => [
      flag,
      "default" in about ? about.default : undefined,
    ]),
  );
  const news: News[] = [];
  const values = { ...defaults, limit: 50, seeds: 1, workers: 2, out, ...flags };
  const report = await runStudy(study, values, (one) => news.push(one));
  const rows = report.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return { report, rows, epochs: news.filter(({ kind }) => kind === "epoch").length };
}

Deno.test("results compares four ways of learning, and trains none twice", () =>
  withFolder(async (out) => {
    const { rows, epochs } = await runSmall("results", out);
    const ways = rows.slice(0, 4);
    assertEquals(ways.map(([way]) => way.replaceAll("`", "")), [
      "fine-tuned (default)",
      "frozen (--fine-tune 0)",
      "MNIST alone, fine-tuned (--preset mnist)",
      "MNIST alone, from scratch",
    ]);
    assertEquals(epochs, (3 + 5) + 8 + (3 + 3) + 5);
    for (const [, accuracy, spread] of ways) assertEquals(spread, `**${accuracy} ± 0.00**`);
    const again = await runSmall("results", out);
    assertEquals([again.rows, again.epochs], [rows, 0]);
  }));

Deno.test("bases measures every base, and learns with few labels and all", () =>
  withFolder(async (out) => {
    const { rows, epochs } = await runSmall("bases", out, { labels: 2 });
    assertEquals(rows.map(([base, parameters, file]) => [base, parameters, file]), [
      ["`cnn`", "93 344", "373 KB"],
      ["`cnn-small`", "23 632", "95 KB"],
      ["`cnn-residual`", "278 432", "557 KB"],
      ["`cnn-depthwise`", "17 856", "36 KB"],
    ]);
    assertEquals(epochs, 4 * (8 + 3));
    for (const [, , , microseconds, , ...accuracies] of rows) {
      assert(Number(microseconds) > 0);
      for (const cell of accuracies) assert(parseFloat(cell) > 40, cell);
    }
  }));

Deno.test("robustness keeps its networks, and measures both presets on every corruption", () =>
  withFolder(async (out) => {
    const { rows, epochs } = await runSmall("robustness", out, { limit: 20 });
    assertEquals(rows.length, 2 + 15 + 2);
    assertEquals(epochs, (3 + 3) + (3 + 12));
    const [, ...mean] = rows.at(-2)!;
    const errors = rows.slice(2, 17).map(([, ...cells]) => cells.map(parseFloat));
    mean.forEach((cell, i) => {
      const sum = errors.reduce((sum, cells) => sum + cells[i], 0);
      assertEquals(cell, `${(sum / 15).toFixed(2)} ± 0.00`);
    });
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
      "2 workers, 20 pictures",
      "robustness.md",
      "robustness.png",
      "robustness.svg",
    ]);
    const again = await runSmall("robustness", out, { limit: 20 });
    assertEquals([again.rows, again.epochs], [rows, 0]);
  }));

Deno.test("best looks once and nine times, alone and together", () =>
  withFolder(async (out) => {
    const { rows, report } = await runSmall("best", out, { limit: 20 });
    assertEquals(rows.map(([name]) => name), [
      "`cnn-residual`, seed 1",
      "mean of the 1",
      "the 1 together",
      "`cnn`, seed 1",
      "mean of the 1",
      "the 1 together",
      "all 2 together",
    ]);
    assertEquals(rows[2].slice(1), rows[0].slice(1));
    assertStringIncludes(report, "Training took: `cnn-residual` 0 minutes; `cnn` 0 minutes.");
  }));

Deno.test("ablation compares every augmentation with light", () =>
  withFolder(async (out) => {
    const { rows, report } = await runSmall("ablation", out, { labels: "1" });
    assertEquals(rows.map(([name]) => name), [
      "none",
      "light",
      "light without affine",
      "light without elastic",
      ...["hand", "stroke-width", "erasing", "lines", "filter", "blur", "noise", "paper"]
        .map((kind) => `light and ${kind}`),
    ]);
    const [, light] = rows[1];
    for (const [, accuracy, gain] of rows) {
      const difference = (parseFloat(accuracy) - parseFloat(light)).toFixed(2).replace("-", "−");
      if (gain) assert(gain.replace("+", "").startsWith(difference), `${accuracy}: ${gain}`);
    }
    assertEquals(rows[1][2], "");
    assertStringIncludes(report, "right of 50 validation pictures in per cent");
  }));

Deno.test("few-labels writes its figures and a chart beside the table", () =>
  withFolder(async (out) => {
    const { rows } = await runSmall("few-labels", out, { base: "cnn-small", labels: "1" });
    assertEquals(rows.map(([labels]) => labels), ["1"]);
    const { base, results, summaries } = JSON.parse(
      await Deno.readTextFile(join(out, "few_labels.json")),
    );
    assertEquals([base, results.length, summaries.length], ["cnn-small", 4, 4]);
    assertEquals(Object.keys(results[0]), [
      "way",
      "labelsPerClass",
      "seed",
      "accuracy",
      "seconds",
    ]);
    assert((await Deno.stat(join(out, "few_labels.png"))).size > 1000);
  }));
