import { assert, assertEquals } from "@std/assert";
import { Random } from "../../lib/data/random.ts";
import { writeHeldOut } from "../../lib/study/held_out_allographs.ts";

Deno.test("writeHeldOut() writes every digit, about 1 high, in several ways, every time in another shape", () => {
  for (let digit = 0; digit < 10; digit++) {
    assertEquals(writeHeldOut(digit, new Random(1)), writeHeldOut(digit, new Random(1)));
    const [heights, ways] = [new Set<number>(), new Set<string>()];
    for (let seed = 0; seed < 30; seed++) {
      const strokes = writeHeldOut(digit, new Random(seed));
      ways.add(strokes.map(({ length }) => length).join());
      const ys = strokes.flat().map(([, y]) => y);
      const height = Math.max(...ys) - Math.min(...ys);
      assert(height > 0.75 && height < 1.35, `Found a ${digit} with a height of ${height}`);
      heights.add(height);
    }
    assertEquals(heights.size, 30);
    assert(ways.size > 1, `Found a ${digit} in one way`);
  }
});
