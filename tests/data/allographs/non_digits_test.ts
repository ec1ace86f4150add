import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { drawNonDigit, NON_DIGITS } from "../../../lib/data/allographs/non_digits.ts";
import { Random } from "../../../lib/data/random.ts";

for (const kind of NON_DIGITS) {
  Deno.test(`drawNonDigit() draws a ${kind} of its own for every stream`, () => {
    const draw = (seed: number) => drawNonDigit(kind, new Random(seed));
    assertEquals(draw(1).length, 784);
    assertEquals(draw(1), draw(1));
    assertNotEquals(draw(1), draw(2));
  });
}

Deno.test("drawNonDigit() leaves a blank almost empty, and a blot not", () => {
  const ink = (kind: typeof NON_DIGITS[number]) =>
    drawNonDigit(kind, new Random(5)).reduce((sum, value) => sum + value, 0) / 255;
  assert(ink("blank") < 100, `Found ${ink("blank")}`);
  assert(ink("blot") > 60, `Found ${ink("blot")}`);
});
