import { assert, assertNotEquals } from "@std/assert";
import { changeHand } from "../../../lib/data/augment/hands.ts";
import { Random } from "../../../lib/data/random.ts";
import { addStroke } from "../../../lib/image/strokes.ts";

/** An upright bar, as a 1 is in MNIST. */
function bar(): Float32Array {
  const pixels = new Float32Array(784);
  addStroke(pixels, [[14, 5], [14, 23]], 2.5);
  return pixels;
}

function columnsInked(pixels: Float32Array): number {
  const columns = new Set<number>();
  pixels.forEach((value, i) => value > 0.4 && columns.add(i % 28));
  return columns.size;
}

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

function changed(character: string | undefined, seed: number): Float32Array {
  const pixels = bar();
  changeHand(pixels, character, new Random(seed));
  return pixels;
}

Deno.test("changeHand() keeps pixels from 0 to 1", () => {
  for (const seed of SEEDS) {
    for (const character of ["1", "7", undefined]) {
      assert(changed(character, seed).every((value) => value >= 0 && value <= 1));
    }
  }
});

Deno.test("changeHand() changes most pictures, each otherwise", () => {
  const same = SEEDS.filter((seed) => changed("3", seed).every((value, i) => value === bar()[i]));
  assert(same.length < SEEDS.length / 10, `Found ${same.length}`);
  assertNotEquals(changed("3", 1), changed("3", 2));
});

Deno.test("changeHand() gives a flag to some 1s, a bar to some 7s, and neither to others", () => {
  const wide = (character: string | undefined) =>
    SEEDS.filter((seed) => columnsInked(changed(character, seed)) > 7).length;
  for (const digit of ["1", "7"]) {
    assert(wide(digit) > 20 + wide("3"), `Found ${wide(digit)} against ${wide("3")}`);
  }
});

Deno.test("changeHand() takes an empty picture", () => {
  for (const digit of ["1", "7"]) {
    const pixels = new Float32Array(784);
    for (const seed of SEEDS.slice(0, 50)) changeHand(pixels, digit, new Random(seed));
    assert(pixels.every(Number.isFinite));
  }
});
