import { assert, assertEquals } from "@std/assert";
import { FONTS, INTER, loadFont } from "../../../lib/data/letters/fonts.ts";

Deno.test("FONTS names every font once, with an exact version", () => {
  assertEquals(new Set(FONTS.map(({ family }) => family)).size, FONTS.length);
  for (const { version } of FONTS) assert(/^\d+\.\d+\.\d+$/.test(version), version);
});

Deno.test("FONTS keeps ten fonts of both kinds for validation", () => {
  const unseen = FONTS.filter(({ validation }) => validation);
  assertEquals(unseen.length, 10);
  assertEquals(new Set(unseen.map(({ handwriting }) => handwriting)).size, 2);
});

Deno.test("FONTS knows the fonts that have no lower case", () => {
  assertEquals(FONTS.filter(({ capitalsOnly }) => capitalsOnly).length, 3);
});

Deno.test("loadFont() fetches a WOFF file", async () => {
  const bytes = await loadFont(INTER);
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "wOFF");
});
