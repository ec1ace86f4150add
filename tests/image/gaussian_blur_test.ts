import { assertAlmostEquals } from "@std/assert";
import { gaussianBlur } from "../../lib/image/gaussian_blur.ts";

const SIGMA = 1.5;

Deno.test("gaussianBlur() weighs by distance in both axes", () => {
  const dot = new Float32Array(784);
  dot[14 * 28 + 14] = 1;
  const blurred = gaussianBlur(dot, SIGMA);
  const bell = Array.from({ length: 13 }, (_, i) => Math.exp(-((i - 6) ** 2) / (2 * SIGMA ** 2)));
  const sum = bell.reduce((total, weight) => total + weight);
  for (let row = 0; row < 28; row++) {
    for (let column = 0; column < 28; column++) {
      const expected = (bell[row - 8] ?? 0) * (bell[column - 8] ?? 0) / sum ** 2;
      assertAlmostEquals(blurred[row * 28 + column], expected, 1e-6);
    }
  }
});

Deno.test("gaussianBlur() goes on beyond the border as the border is", () => {
  for (const value of gaussianBlur(new Float32Array(784).fill(0.3), SIGMA)) {
    assertAlmostEquals(value, 0.3, 1e-6);
  }
});
