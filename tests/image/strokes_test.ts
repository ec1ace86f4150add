import { assert, assertEquals } from "@std/assert";
import { addStroke } from "../../lib/image/strokes.ts";

Deno.test("addStroke() draws a dot for a single point", () => {
  const pixels = new Float32Array(784);
  addStroke(pixels, [[10.5, 20.5]], 1);
  assertEquals(pixels[20 * 28 + 10], 1);
  assertEquals(pixels.filter((value) => value > 0).length, 1);
});

Deno.test("addStroke() never lightens what is there, and stays in the picture", () => {
  const pixels = new Float32Array(784).fill(0.5);
  addStroke(pixels, [[-40, 3], [60, 3]], 2, 0.3);
  assert(pixels.every((value) => value === 0.5));
  addStroke(pixels, [[-40, 3], [60, 3]], 2);
  assertEquals(pixels.filter((value) => value === 1).length, 2 * 28);
});
