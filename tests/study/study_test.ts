import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { UsageError } from "../../lib/flags.ts";
import type { News } from "../../lib/observer.ts";
import { ALL_LABELS } from "../../lib/study/all_labels.ts";
import { FEW_LABELS } from "../../lib/study/few_labels.ts";
import { pictures } from "../../lib/study/pictures.ts";
import { defineStudy, Runs, TRAINING_FLAGS } from "../../lib/study/study.ts";
import { PICTURE_KINDS } from "../../lib/study/test_pictures.ts";
import { runTask } from "../cli/run_task.ts";
import { CARD, saveRandomNetwork } from "../model/saved_networks.ts";
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

Deno.test("a study goes on where it was stopped, and does what was done under other conditions again", () =>
  withFolder(async (out) => {
    const ran: string[] = [];
    const stopped = twoRuns((name) => {
      ran.push(name);
      return name === "a, seed 1" ? Promise.resolve(1) : Promise.reject(new Error("stopped"));
    });
    await assertRejects(() => stopped.run({ ...VALUES, out }, () => {}), Error, "stopped");
    const whole = twoRuns((name) => {
      ran.push(name);
      return Promise.resolve(2);
    });
    const report = await whole.run({ ...VALUES, out }, () => {});
    assertEquals(ran, ["a, seed 1", "b, seed 1", "b, seed 1"]);
    assertStringIncludes(
      report,
      "1 and 2\n\nMade by `deno task study two --limit 100 --quick` on 2",
    );
    assert(!report.includes(" in 0 s"), "a time that is not that of all runs");
    assertEquals(await Deno.readTextFile(join(out, "two.md")), `${report}\n`);
    assertEquals(JSON.parse(await Deno.readTextFile(join(out, "two.json"))), [1, 2]);

    const other = await whole.run({ ...VALUES, limit: 50, out }, () => {});
    assertEquals(ran.length, 5);
    assertStringIncludes(other, " in 0 s: ");
  }));

Deno.test("a study says command, days, machine and versions", () =>
  withFolder(async (out) => {
    const folder = join(out, "1 workers, 100 pictures");
    await Deno.mkdir(folder);
    for (const [name, date] of [["a, seed 1", "2026-11-23"], ["b, seed 1", "2026-11-22"]]) {
      await Deno.writeTextFile(
        join(folder, `${name}.json`),
        JSON.stringify({ date, result: 1 }),
      );
    }
    const report = await twoRuns(() => Promise.reject()).run({ ...VALUES, out }, () => {});
    assertMatch(
      report,
      /\nMade by `.+` on 2026-11-22, 2026-11-23: .+, \d+ cores, 1 workers, \d+ GB, Deno [\d.]+, tfjs [\d.]+\.$/,
    );
  }));

Deno.test("a study writes its report into outputs/README.md if told so", () =>
  withFolder(async (out) => {
    const file = join(out, "README.md");
    const markers = ["<!-- two: begin -->", "<!-- two: end -->"];
    const around = (text: string) =>
      `# Measured\n\n${markers.join(text)}\n\n<!-- best: begin -->\n`;
    await Deno.writeTextFile(file, around("\n"));
    const study = defineStudy({
      name: "two",
      summary: "Finds what String.replaceAll would take for a pattern.",
      minutes: 1,
      flags: {},
      run: () => Promise.resolve({ text: "| $& |" }),
    });
    await study.run({ ...VALUES, out }, () => {}, file);
    assertEquals(await Deno.readTextFile(file), around("\n"));
    for (let time = 0; time < 2; time++) {
      const report = await study.run({ ...VALUES, out, readme: true }, () => {}, file);
      assertEquals(await Deno.readTextFile(file), around(`\n\n${report}\n\n`));
    }
    for (const [begin, end] of [markers.toReversed(), [markers[0], ""], ["", ""]]) {
      await Deno.writeTextFile(file, begin + end);
      await assertRejects(
        () => study.run({ ...VALUES, out, readme: true }, () => {}, file),
        Error,
        `to have the lines ${markers.join(" and ")} but it has not`,
      );
      assertEquals(await Deno.readTextFile(file), begin + end);
    }
  }));

Deno.test("Runs.inTurns() alternates, measures some once, and goes on without one that fails", async () => {
  const turns: string[] = [];
  const runs = new Runs("", (news) => news.kind === "note" && turns.push(news.text));
  const contenders = [{ name: "a" }, { name: "slow", once: true }, { name: "failing" }];
  const outcomes = await runs.inTurns(
    contenders,
    3,
    ({ name }) => name === "failing" ? Promise.reject(new Error("no data")) : Promise.resolve(name),
  );
  assertEquals(turns, [
    ...["round 1: a", "round 1: slow", "round 1: failing"],
    ...["round 2: a", "round 3: a"],
  ]);
  assertEquals(outcomes, [
    { contender: contenders[0], results: ["a", "a", "a"], missing: undefined },
    { contender: contenders[1], results: ["slow"], missing: undefined },
    { contender: contenders[2], results: [], missing: "no data" },
  ]);
});

/** What ablation compares. */
const AUGMENTATIONS = [
  "none",
  "light",
  "light without affine",
  "light without elastic",
  ...["hand", "stroke-width", "erasing", "lines", "filter", "blur", "noise", "paper"]
    .map((kind) => `light and ${kind}`),
];

/** Keeps what runs came to as if they had been done with `limit` pictures: they are not done again. */
async function keep(out: string, limit: number, results: Record<string, unknown>): Promise<void> {
  const runs = new Runs(join(out, `1 workers, ${limit} pictures`), () => {});
  for (const [name, result] of Object.entries(results)) {
    await runs.once(name, () => Promise.resolve(result));
  }
}

/** Runs a study that is shipped, in a small size, as its task does. */
async function runSmall(name: string, out: string, flags: Record<string, string | number> = {}) {
  const study = [...ALL_LABELS, ...FEW_LABELS, pictures].find((study) => study.name === name)!;
  const defaults = Object.fromEntries(
    Object.entries(study.flags).map(([flag, about]) => [
      flag,
      "default" in about ? about.default : undefined,
    ]),
  );
  const news: News[] = [];
  const values = { ...defaults, limit: 20, seeds: 1, workers: 1, out, ...flags };
  const report = await study.run(values, (one) => news.push(one));
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

Deno.test("bases measures every base, and learns with few labels and all what is not kept", () =>
  withFolder(async (out) => {
    const few = { accuracy: 0.5 };
    const all = { frozen: 0.6, tuned: 0.7 };
    for (const base of ["cnn", "cnn-small", "cnn-residual"]) {
      await keep(out, 50, {
        [`${base}, letters, frozen, 2 a digit, seed 1`]: few,
        [`${base}, all, seed 1`]: all,
      });
    }
    const { rows, epochs } = await runSmall("bases", out, { limit: 50, labels: 2 });
    assertEquals(rows.map(([base, parameters, file]) => [base, parameters, file]), [
      ["`cnn`", "93 344", "373 KB"],
      ["`cnn-small`", "23 632", "95 KB"],
      ["`cnn-residual`", "278 432", "557 KB"],
      ["`cnn-depthwise`", "17 856", "36 KB"],
    ]);
    assertEquals(epochs, 8 + 3);
    for (const [, , , microseconds] of rows) assert(Number(microseconds) > 0);
    const accuracies = rows.map((row) => row.slice(5));
    for (const kept of accuracies.slice(0, 3)) {
      assertEquals(kept, ["50.00 ± 0.00", "60.00 ± 0.00", "70.00 ± 0.00"]);
    }
    for (const cell of accuracies[3]) assert(parseFloat(cell) > 40, cell);
  }));

/** Keeps a network as if it had been trained with 20 pictures. */
function keepNetwork(out: string, name: string, seed: number, seconds: number) {
  return saveRandomNetwork(join(out, "1 workers, 20 pictures", name), { ...CARD, seconds }, seed);
}

Deno.test("robustness keeps what it trains, trains no network that is kept, and measures both on every corruption", () =>
  withFolder(async (out) => {
    await keepNetwork(out, "mnist-1", 1, 60);
    const { rows, epochs } = await runSmall("robustness", out);
    assertEquals(rows.length, 2 + 15 + 2);
    assertEquals(epochs, 3 + 12);
    assert((await Deno.stat(join(out, "1 workers, 20 pictures", "robust-1"))).isDirectory);
    const [, ...mean] = rows.at(-2)!;
    const errors = rows.slice(2, 17).map(([, ...cells]) => cells.map(parseFloat));
    mean.forEach((cell, i) => {
      const sum = errors.reduce((sum, cells) => sum + cells[i], 0);
      assertEquals(cell, `${(sum / 15).toFixed(2)} ± 0.00`);
    });
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
      "1 workers, 20 pictures",
      "robustness.md",
      "robustness.png",
      "robustness.svg",
    ]);
  }));

Deno.test("best looks once and nine times, alone and together, and trains no network that is kept", () =>
  withFolder(async (out) => {
    await keepNetwork(out, "cnn-residual-1", 1, 60);
    await keepNetwork(out, "cnn-1", 2, 120);
    const { rows, report, epochs } = await runSmall("best", out);
    assertEquals(epochs, 0);
    assertEquals(rows.map(([name]) => name), [
      "`cnn-residual`, seed 1",
      "mean of the 1",
      "the 1 together",
      "`cnn`, seed 1",
      "mean of the 1",
      "the 1 together",
      "all 2 together",
    ]);
    for (const i of [0, 3]) assertEquals(rows[i + 2].slice(1), rows[i].slice(1));
    assertNotEquals(rows[3].slice(1), rows[0].slice(1));
    assertStringIncludes(report, "Training took: `cnn-residual` 1 minutes; `cnn` 2 minutes.");
  }));

Deno.test("ablation compares every picture with itself, over all seeds", () =>
  withFolder(async (out) => {
    // Of 20 pictures, light loses one with both seeds and one with one; the others lose one with one.
    const lost: Record<string, number[][]> = { light: [[3, 7], [3]], none: [[7], []] };
    for (const way of AUGMENTATIONS) {
      for (const [i, wrong] of (lost[way] ?? lost.none).entries()) {
        const run = { way, labelsPerClass: 1, seed: i + 1, accuracy: 0.5, seconds: 1, wrong };
        await keep(out, 20, { [`cnn-small, ${way}, 1 a digit, seed ${i + 1}`]: run });
      }
    }
    const { rows } = await runSmall("ablation", out, { labels: "1", seeds: 2 });
    const squares = (100 - 5) ** 2 + 19 * 5 ** 2;
    const gain = `+5.00 ± ${Math.sqrt(squares / 19 / 20).toFixed(2)}`;
    assertEquals(
      rows.map(([, , gain]) => gain),
      AUGMENTATIONS.map((way) => way === "light" ? "" : gain),
    );
  }));

Deno.test("a study of few labels takes integers with commas between them", async () => {
  for (const labels of ["", "1,,2", "0", "1.5", "ten"]) {
    await assertRejects(
      () => runSmall("few-labels", "", { labels }),
      UsageError,
      `Expected --labels to be integers above 0 but found ${labels}`,
    );
  }
});

Deno.test("ablation compares every augmentation with light", () =>
  withFolder(async (out) => {
    const { rows, report } = await runSmall("ablation", out, { labels: "1" });
    assertEquals(rows.map(([name]) => name), AUGMENTATIONS);
    const [, light] = rows[1];
    for (const [, accuracy, gain] of rows) {
      const difference = (parseFloat(accuracy) - parseFloat(light)).toFixed(2).replace("-", "−");
      if (gain) assert(gain.replace("+", "").startsWith(difference), `${accuracy}: ${gain}`);
    }
    assertEquals(rows[1][2], "");
    assertStringIncludes(report, "right of 20 validation pictures in per cent");
  }));

Deno.test("pictures draws every kind, pastes MNIST's, and measures how long reading takes", () =>
  withFolder(async (out) => {
    const model = "data/models/digits";
    const { rows } = await runSmall("pictures", out, { model, count: 1, pasted: 1 });
    assertEquals(rows.slice(0, PICTURE_KINDS.length).map(([kind]) => kind), PICTURE_KINDS);
    const [plain, ...pasted] = rows.slice(PICTURE_KINDS.length + 2).slice(0, 6).map((row) =>
      row.slice(1)
    );
    assertEquals(plain, ["100.00", ""]);
    assertEquals(pasted, Array(5).fill(["100.00", "100.00"]));
    for (const [, milliseconds] of rows.slice(-3)) assert(Number(milliseconds) > 0);
    assert((await Deno.stat(join(out, "test_pictures.png"))).size > 1000);
  }));

Deno.test("few-labels writes a chart beside the table", () =>
  withFolder(async (out) => {
    const ways = ["letters, frozen", "letters, fine-tuned", "random, frozen", "from scratch"];
    for (const [i, way] of ways.entries()) {
      const run = {
        way,
        labelsPerClass: 3,
        seed: 1,
        accuracy: 0.9 - i / 10,
        seconds: 2,
        wrong: [],
      };
      await keep(out, 20, { [`cnn-small, ${way}, 3 a digit, seed 1`]: run });
    }
    const { rows } = await runSmall("few-labels", out, { base: "cnn-small", labels: "3" });
    assertEquals(rows, [["3", ...[90, 80, 70, 60].map((right) => `${right}.00 ± 0.00 (2 s)`)]]);
    assert((await Deno.stat(join(out, "few_labels.png"))).size > 1000);
  }));

Deno.test("study lists all studies and what each costs", async () => {
  const { code, stdout } = await runTask("study");
  assertEquals(code, 0);
  const listed = [...stdout.matchAll(/^ {2}([a-z-]+) .*\(\d+ minutes\)$/gm)].map(([, name]) =>
    name
  );
  assertEquals(listed, [
    ...["results", "bases", "best", "robustness", "few-labels", "own-classes", "ablation"],
    ...["pictures", "bench", "service", "room"],
  ]);
});

Deno.test("study NAME has flags of its own", async () => {
  const { code, stderr } = await runTask("study", "ablation", "--seeds", "0");
  assertEquals(code, 2);
  assertEquals(stderr.split("\n").slice(0, 2), [
    "study ablation: Expected --seeds to be an integer from 1 to 100 but found 0",
    "See deno task study ablation --help",
  ]);
});
