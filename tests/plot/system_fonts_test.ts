import { assert } from "@std/assert";
import { systemFontWith } from "../../lib/plot/system_fonts.ts";

Deno.test({
  name: "systemFontWith() finds none, and asks nobody, without permission to read",
  permissions: "none",
  fn: async () => assert(await systemFontWith("∀") === undefined),
});
