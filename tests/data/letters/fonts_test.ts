import { assert, assertEquals } from "@std/assert";
import { FONTS, loadFont, MORE_FONTS } from "../../../lib/data/letters/fonts.ts";
import { INTER } from "./inter.ts";

Deno.test("FONTS and MORE_FONTS name every font once, with an exact version", () => {
  const fonts = [...FONTS, ...MORE_FONTS];
  assertEquals(new Set(fonts.map(({ family }) => family)).size, fonts.length);
  for (const { version } of fonts) assert(/^\d+\.\d+\.\d+$/.test(version), version);
});

Deno.test("FONTS keeps ten fonts of both kinds for validation", () => {
  const unseen = FONTS.filter(({ validation }) => validation);
  assertEquals(unseen.length, 10);
  assertEquals(new Set(unseen.map(({ handwriting }) => handwriting)).size, 2);
  assert(!MORE_FONTS.some(({ validation }) => validation));
});

Deno.test("FONTS knows the fonts that have no lower case", () => {
  assertEquals(FONTS.filter(({ capitalsOnly }) => capitalsOnly).length, 3);
});

Deno.test("loadFont() fetches a WOFF file", async () => {
  const bytes = await loadFont(INTER);
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "wOFF");
});
