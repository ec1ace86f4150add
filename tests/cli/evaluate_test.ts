import { assert, assertEquals, assertMatch } from "@std/assert";
import { CORRUPTION_NAMES } from "../../lib/data/augment/corruptions.ts";
import { runTask } from "./run_task.ts";

const QUICK = ["--model", "data/models/digits", "--limit", "20", "--workers", "2"];

Deno.test("evaluate --corruptions prints a line for each, the same with one worker and in JSON", async () => {
  const { code, stdout, stderr } = await runTask("evaluate", "--corruptions", ...QUICK);
  assertEquals(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  const [title, , clean, ...corruptions] = lines.slice(0, -2);
  assertEquals(
    title,
    "data/models/digits: error on 20 pictures, and on as many of each corruption of MNIST-C",
  );
  assertMatch(clean, /^clean +0\.00 %$/);
  assertEquals(corruptions.map((line) => line.slice(0, 15).trimEnd()), CORRUPTION_NAMES);
  const errors = corruptions.map((line) => Number(line.slice(15, -2)));
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  assertEquals(
    lines.at(-1)!.replaceAll(/ +/g, " "),
    `mean error of the fifteen ${mean.toFixed(2)} %, mean accuracy ${(100 - mean).toFixed(2)} %`,
  );

  const alone = await runTask("evaluate", "--corruptions", ...QUICK, "--workers", "1", "--json");
  const json = JSON.parse(alone.stdout);
  assertEquals([json.count, json.cleanError], [20, 0]);
  assertEquals(
    CORRUPTION_NAMES.map((name) => (100 * json.errors[name]).toFixed(2)),
    errors.map((error) => error.toFixed(2)),
  );
  assertEquals((100 * json.meanError).toFixed(2), mean.toFixed(2));
});

Deno.test("evaluate --views 9 looks nine times, and two models answer together", async () => {
  const model = "data/models/digits";
  const accuracyOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await runTask("evaluate", "--limit", "60", ...args);
    assertEquals(code, 0, stderr);
    const [title, line] = stdout.split("\n");
    return [title, line.match(/loss ([\d.]+)/)![1]];
  };
  const [title, loss] = await accuracyOf("--model", `${model},${model}`);
  assertEquals(title, `${model} and ${model} on 60 pictures`);
  const [moreTitle, moreLoss] = await accuracyOf("--model", model, "--views", "9");
  assertEquals(moreTitle, `${model}, 9 views, on 60 pictures`);
  assert(moreLoss !== loss);
});

Deno.test("evaluate --corruptions takes one model and one view", async () => {
  const { code, stderr } = await runTask("evaluate", "--corruptions", ...QUICK, "--views", "9");
  assertEquals([code, stderr.split("\n")[0]], [
    2,
    "evaluate: Expected one model and one view with --corruptions but found 1 and 9",
  ]);
});
