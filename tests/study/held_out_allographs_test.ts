import { assert, assertEquals } from "@std/assert";
import { Random } from "../../lib/data/random.ts";
import { HELD_OUT_ALLOGRAPHS, writeHeldOut } from "../../lib/study/held_out_allographs.ts";

Deno.test("writeHeldOut() writes every digit, about 1 high, every time in another shape", () => {
  assertEquals(HELD_OUT_ALLOGRAPHS.length, 10);
  HELD_OUT_ALLOGRAPHS.forEach((_, digit) => {
    assertEquals(writeHeldOut(digit, new Random(1)), writeHeldOut(digit, new Random(1)));
    const heights = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const ys = writeHeldOut(digit, new Random(seed)).flat().map(([, y]) => y);
      const height = Math.max(...ys) - Math.min(...ys);
      assert(height > 0.75 && height < 1.35, `Found a ${digit} with a height of ${height}`);
      heights.add(height);
    }
    assertEquals(heights.size, 30);
  });
});

Deno.test("writeHeldOut() leaves no way to write a digit out", () => {
  for (const [digit, ways] of HELD_OUT_ALLOGRAPHS.entries()) {
    const lengths = Object.values(ways).map((path) => strokeLengths(path));
    const written = Array.from(
      { length: 200 },
      (_, i) => writeHeldOut(digit, new Random(i)).map(({ length }) => length).join(),
    );
    assertEquals(new Set(written), new Set(lengths));
  }
});

/** Points of each stroke's line: one, and 16 more for each piece. */
function strokeLengths(path: string): string {
  return path.split("M").slice(1)
    .map((stroke) => 1 + 16 * (stroke.match(/[LC]/g) ?? []).length).join();
}
