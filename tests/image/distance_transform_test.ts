import { assert, assertEquals, assertThrows } from "@std/assert";
import { distanceTransform } from "../../lib/image/distance_transform.ts";
import { Random } from "../../lib/data/random.ts";

const SIDE = 17;

/** The nearest set pixel, found by trying all of them. */
function bruteForce(mask: Uint8Array): Float32Array {
  const set = [...mask.keys()].filter((i) => mask[i]);
  return new Float32Array(mask.length).map((_, i) =>
    Math.min(
      ...set.map((j) =>
        Math.hypot(i % SIDE - j % SIDE, Math.floor(i / SIDE) - Math.floor(j / SIDE))
      ),
    )
  );
}

Deno.test("distanceTransform() finds the same distances as brute force", () => {
  for (const share of [0.004, 0.02, 0.1, 0.5, 0.95]) {
    const random = new Random(1, share * 1000);
    const mask = new Uint8Array(SIDE * SIDE).map(() => random.uniform() < share ? 1 : 0);
    mask[random.integer(mask.length)] = 1;
    const distances = distanceTransform(mask, SIDE);
    const expected = bruteForce(mask);
    const error = Math.max(...distances.map((distance, i) => Math.abs(distance - expected[i])));
    assert(error < 1e-5, `off by ${error} pixels where ${share} of the pixels are set`);
  }
});

Deno.test("distanceTransform() is 0 everywhere in a full picture and far everywhere in an empty one", () => {
  assertEquals(distanceTransform(new Uint8Array(9).fill(1), 3), new Float32Array(9));
  assertEquals(distanceTransform(new Uint8Array(9), 3), new Float32Array(9).fill(1e10));
});

Deno.test("distanceTransform() throws on a mask that is not square", () => {
  assertThrows(
    () => distanceTransform(new Uint8Array(8), 3),
    RangeError,
    "Expected mask to hold 9 pixels but found 8",
  );
});
