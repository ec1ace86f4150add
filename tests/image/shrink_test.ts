import { assertEquals } from "@std/assert";
import { shrinkPicture } from "../../lib/image/shrink.ts";

Deno.test("shrinkPicture() leaves a picture of 28 × 28 as it is", () => {
  const values = Uint8Array.from({ length: 784 }, (_, i) => i % 251);
  assertEquals(shrinkPicture({ width: 28, height: 28, values }), values);
});

Deno.test("shrinkPicture() takes the mean of what a pixel covers, whatever the shape", () => {
  const [width, height] = [56, 84];
  const values = new Uint8Array(width * height);
  for (let row = 0; row < 3; row++) values.set([60, 120], row * width);
  const pixels = shrinkPicture({ width, height, values });
  assertEquals([pixels[0], ...pixels.subarray(1).filter((value) => value > 0)], [90]);
});

Deno.test("shrinkPicture() repeats the pixels of smaller pictures", () => {
  const pixels = shrinkPicture({ width: 1, height: 2, values: Uint8Array.of(10, 20) });
  assertEquals([...new Set(pixels.subarray(0, 14 * 28))], [10]);
  assertEquals([...new Set(pixels.subarray(14 * 28))], [20]);
});
