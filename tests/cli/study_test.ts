import { assertEquals, assertStringIncludes } from "@std/assert";
import { STUDIES } from "../../lib/study/studies.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

Deno.test("study lists all studies and what each costs", async () => {
  const { code, stdout } = await runTask("study");
  assertEquals(code, 0);
  for (const { name, minutes } of STUDIES) {
    assertEquals(
      new RegExp(`^  ${name} .*\\(${minutes} minutes\\)$`, "m").test(stdout),
      true,
      name,
    );
  }
});

Deno.test("study NAME runs one and prints its table", () =>
  withFolder(async (folder) => {
    const flags = "ablation --limit 50 --labels 1 --seeds 1 --workers 1 --out".split(" ");
    const { code, stdout, stderr } = await runTask("study", ...flags, folder);
    assertEquals(code, 0, stderr);
    assertStringIncludes(
      stdout,
      "| augmentation | 1 labels of each digit | against light |\n|---|--:|--:|",
    );
    const wrong = await runTask("study", "ablation", "--seeds", "0");
    assertEquals(wrong.code, 2);
    assertEquals(wrong.stderr.split("\n").slice(0, 2), [
      "study ablation: Expected --seeds to be an integer from 1 to 100 but found 0",
      "See deno task study ablation --help",
    ]);
  }));
