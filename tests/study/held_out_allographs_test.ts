import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../lib/data/random.ts";
import {
  HELD_OUT_ALLOGRAPHS,
  writeHeldOut,
  writeHeldOutPath,
} from "../../lib/study/held_out_allographs.ts";

Deno.test("writeHeldOut() writes every digit, every time in another shape", () => {
  assertEquals(HELD_OUT_ALLOGRAPHS.length, 10);
  HELD_OUT_ALLOGRAPHS.forEach((_, digit) => {
    const [one, same, other] = [1, 1, 2].map((seed) => writeHeldOut(digit, new Random(seed)));
    assertEquals(one, same);
    assertNotEquals(one, other);
  });
});

Deno.test("writeHeldOutPath() follows the path, a line for each stroke, about 1 high", () => {
  for (const path of HELD_OUT_ALLOGRAPHS.flatMap((ways) => Object.values(ways))) {
    const lines = writeHeldOutPath(path, new Random(1));
    assertEquals(lines.length, path.split("M").length - 1);
    const heights = lines.flat().map(([, y]) => y);
    const height = Math.max(...heights) - Math.min(...heights);
    assert(height > 0.8 && height < 1.3, `Found a height of ${height}`);
  }
});
