import { assertAlmostEquals, assertEquals } from "@std/assert";
import { pairedDifference, spread } from "../../lib/study/statistics.ts";

Deno.test("pairedDifference() compares every thing with itself, in percentage points", () => {
  // Of 8 pictures, one is lost with both seeds and one with one: 100 and 50 points, the rest 0.
  const { difference, error } = pairedDifference(
    [1, 0.5, 1, 0.5, 0, 0, 0, 0],
    [1, 0.5, 0, 0, 0, 0, 0, 0],
  );
  assertEquals(difference, 18.75);
  const squares = (100 - 18.75) ** 2 + (50 - 18.75) ** 2 + 6 * 18.75 ** 2;
  assertAlmostEquals(error, Math.sqrt(squares / 7 / 8));
  assertEquals(pairedDifference([1, 0], [1, 0]), { difference: 0, error: 0 });
});

Deno.test("spread() shows the mean and the sample's standard deviation, which is 0 of a single value", () => {
  assertEquals([spread([1, 3, 5]), spread([7])], ["3.00 ± 2.00", "7.00 ± 0.00"]);
});
