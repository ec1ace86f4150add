import { assert, assertEquals } from "@std/assert";
import { ALLOGRAPHS } from "../../../lib/data/allographs/templates.ts";

Deno.test("ALLOGRAPHS has several ways to write each digit, and signs, each with a name of its own", () => {
  assertEquals(Object.keys(ALLOGRAPHS), [..."0123456789", "sign"]);
  for (const allographs of Object.values(ALLOGRAPHS)) {
    assert(allographs.length >= 5);
    assertEquals(new Set(allographs.map(({ name }) => name)).size, allographs.length);
  }
});

Deno.test("ALLOGRAPHS has no sign that some hand writes like a digit", () => {
  const letters = ALLOGRAPHS.sign.map(({ name }) => name[0]);
  assert(![..."OoQDIiLlJjZzSsTBbGgqyY"].some((letter) => letters.includes(letter)));
});
