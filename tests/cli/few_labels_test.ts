import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { summariseSeeds } from "../../lib/study/few_labels.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

Deno.test("few-labels compares four ways with three seeds, and draws them", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await runTask(
      "few-labels",
      ..."--base cnn-small --limit 2000 --labels 1 --out".split(" "),
      folder,
    );
    assertEquals(code, 0, stderr);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "few_labels.json",
      "few_labels.png",
      "few_labels.svg",
    ]);
    const { base, results, summaries } = JSON.parse(
      await Deno.readTextFile(join(folder, "few_labels.json")),
    );
    assertEquals(base, "cnn-small");
    assertEquals(results.length, 4 * 3);
    assertEquals(summaries, summariseSeeds(results));
    const errors = Object.fromEntries(
      summaries.map(({ way, error }: { way: string; error: number }) => [way, error]),
    );
    assert(errors["letters, frozen"] < errors["from scratch"]);
    assert(errors["letters, frozen"] < errors["random, frozen"]);
    const [head, line, row, ...more] = stdout.trimEnd().split("\n");
    assertEquals([head, line, more], [
      "| labels of each digit | letters, frozen | letters, fine-tuned | random, frozen | from scratch |",
      "| --- | --- | --- | --- | --- |",
      [],
    ]);
    assertMatch(row, /^\| 1 (\| \d\d\.\d\d ± \d+\.\d\d \(\d+ s\) ){4}\|$/);
  }));
