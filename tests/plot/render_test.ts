import { assertEquals } from "@std/assert";
import { renderPng } from "../../lib/plot/render.ts";
import { THEME } from "../../lib/plot/theme.ts";

const drawText = (text: string) =>
  renderPng({ ...THEME, data: { values: [{}] }, mark: { type: "text", text } });

Deno.test({
  name:
    "renderPng() names what Inter lacks, and asks nobody, without permission to read fonts of the system",
  permissions: "none",
  fn: async () => assertEquals(await drawText("∀"), await drawText("U+2200")),
});
