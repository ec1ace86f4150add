import { assert, assertEquals } from "@std/assert";
import { ALLOGRAPHS } from "../../../lib/data/allographs/templates.ts";

Deno.test("ALLOGRAPHS has several ways to write each digit, each with a name of its own", () => {
  assertEquals(ALLOGRAPHS.length, 10);
  ALLOGRAPHS.forEach((allographs) => {
    assert(allographs.length >= 5);
    assertEquals(new Set(allographs.map(({ name }) => name)).size, allographs.length);
  });
});
