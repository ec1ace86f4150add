import { assertEquals } from "@std/assert";
import { STUDIES } from "../../lib/study/studies.ts";
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

Deno.test("study NAME has flags of its own", async () => {
  const { code, stderr } = await runTask("study", "ablation", "--seeds", "0");
  assertEquals(code, 2);
  assertEquals(stderr.split("\n").slice(0, 2), [
    "study ablation: Expected --seeds to be an integer from 1 to 100 but found 0",
    "See deno task study ablation --help",
  ]);
});
