import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { augmentDigit } from "../../lib/data/augment.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../lib/data/dataset.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { Random } from "../../lib/data/random.ts";

function augment(image: Uint8Array, ...keys: number[]): Float32Array {
  const target = new Float32Array(IMAGE_PIXELS).fill(NaN);
  augmentDigit(image, target, new Random(...keys));
  return target;
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

const { images, count } = (await loadMnist({ limit: 200 })).train;
const DIGITS = Array.from(
  { length: count },
  (_, i) => images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS),
);

Deno.test("augmentDigit() keeps pixels from 0 to 1", () => {
  for (const [i, digit] of DIGITS.entries()) {
    assert(augment(digit, 1, i).every((value) => value >= 0 && value <= 1));
  }
  const bright = new Uint8Array(IMAGE_PIXELS).fill(255);
  assert(augment(bright, 1).every((value) => value >= 0 && value <= 1));
  assert(augment(new Uint8Array(IMAGE_PIXELS), 1).every((value) => value === 0));
});

Deno.test("augmentDigit() keeps the ink: scaling changes it by up to e^±0.2, nothing on average", () => {
  const ratios = DIGITS.map((digit, i) => sum(augment(digit, 2, i)) / (sum(digit) / 255));
  for (const ratio of ratios) assert(ratio > 0.6 && ratio < 1.6, `Found ${ratio}`);
  assertAlmostEquals(sum(ratios) / count, 1, 0.05);
});

Deno.test("augmentDigit() gives the same variant for the same keys only, and leaves its input", () => {
  const digit = DIGITS[0].slice();
  assertEquals(augment(digit, 1, 2, 3), augment(digit, 1, 2, 3));
  for (const keys of [[2, 2, 3], [1, 3, 3], [1, 2, 4]]) {
    assertNotEquals(augment(digit, 1, 2, 3), augment(digit, ...keys));
  }
  assertEquals(digit, DIGITS[0]);
});

/** A picture whose brightness rises by 9 a column, or a row, so that a variant tells where it looked. */
function ramp(axis: "column" | "row"): Uint8Array {
  return Uint8Array.from(
    { length: IMAGE_PIXELS },
    (_, i) => 9 * (axis === "column" ? i % IMAGE_SIDE : Math.floor(i / IMAGE_SIDE)),
  );
}

Deno.test("augmentDigit() moves a pixel by one to two pixels on average, and never far", () => {
  const distances: number[] = [];
  const shifts: number[] = [];
  for (let variant = 0; variant < 200; variant++) {
    const columns = augment(ramp("column"), 3, variant);
    const rows = augment(ramp("row"), 3, variant);
    // Where MNIST has its ink, far enough from the border to be undisturbed by the black outside.
    for (let row = 8; row < 20; row++) {
      for (let column = 8; column < 20; column++) {
        const i = row * IMAGE_SIDE + column;
        const [x, y] = [columns[i] * 255 / 9 - column, rows[i] * 255 / 9 - row];
        distances.push(Math.hypot(x, y));
        shifts.push(x, y);
      }
    }
  }
  const mean = sum(distances) / distances.length;
  assert(mean > 0.8 && mean < 2, `Found ${mean}`);
  const largest = distances.reduce((a, b) => Math.max(a, b));
  assert(largest < 6, `Found ${largest}`);
  assertAlmostEquals(sum(shifts) / shifts.length, 0, 0.1); // no side is preferred
});

Deno.test("augmentDigit() bends: a variant is no affine picture of the ramp", () => {
  const columns = augment(ramp("column"), 4).map((value) => value * 255 / 9);
  const at = (row: number, column: number) => columns[row * IMAGE_SIDE + column];
  const curvature = Math.abs(at(9, 9) + at(19, 19) - at(9, 19) - at(19, 9));
  assert(curvature > 0.01, `Found ${curvature}`);
});
