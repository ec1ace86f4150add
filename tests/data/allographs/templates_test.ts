import { assert, assertEquals } from "@std/assert";
import { ALLOGRAPHS, LETTER_ALLOGRAPHS } from "../../../lib/data/allographs/templates.ts";

Deno.test("ALLOGRAPHS has several ways to write each digit, each with a name of its own", () => {
  assertEquals(ALLOGRAPHS.length, 10);
  ALLOGRAPHS.forEach((allographs) => {
    assert(allographs.length >= 5);
    assertEquals(new Set(allographs.map(({ name }) => name)).size, allographs.length);
  });
});

Deno.test("LETTER_ALLOGRAPHS has none twice and none that some hand writes like a digit", () => {
  assertEquals(new Set(LETTER_ALLOGRAPHS.map(({ name }) => name)).size, LETTER_ALLOGRAPHS.length);
  const letters = LETTER_ALLOGRAPHS.map(({ name }) => name[0]);
  assert(![..."OoQDIiLlJjZzSsTBbGgqyY"].some((letter) => letters.includes(letter)));
});
