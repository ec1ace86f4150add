import { assert, assertEquals, assertThrows } from "@std/assert";
import { thin } from "../../../lib/data/letters/thinning.ts";

const SIDE = 21;

/** Draws a binary picture from a rule. */
function drawMask(rule: (x: number, y: number) => boolean): Uint8Array {
  return new Uint8Array(SIDE * SIDE).map((_, i) => rule(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0);
}

function countInk(mask: Uint8Array): number {
  return mask.reduce((sum, set) => sum + set, 0);
}

/** Counts the regions of pixels with a value, joined across sides and, if asked, corners. */
function countRegions(mask: Uint8Array, value: number, corners: boolean): number {
  const left = new Set([...mask.keys()].filter((i) => mask[i] === value));
  let regions = 0;
  for (const start of left) {
    regions++;
    const queue = [start];
    left.delete(start);
    for (const i of queue) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = i % SIDE + dx;
          const neighbour = i + dy * SIDE + dx;
          if (x < 0 || x >= SIDE || !left.has(neighbour) || (dx && dy && !corners)) continue;
          left.delete(neighbour);
          queue.push(neighbour);
        }
      }
    }
  }
  return regions;
}

const ring = drawMask((x, y) => {
  const radius = Math.hypot(x - 10, y - 10);
  return radius > 4 && radius < 9;
});
const cross = drawMask((x, y) =>
  x > 1 && x < 19 && y > 1 && y < 19 && (Math.abs(x - 10) < 3 || Math.abs(y - 10) < 3)
);

Deno.test("thin() leaves a one-pixel line as it is", () => {
  const line = drawMask((x, y) => y === 10 && x > 3 && x < 17);
  assertEquals(thin(line, SIDE), line);
});

Deno.test("thin() turns a bar into its middle line", () => {
  const skeleton = thin(drawMask((x, y) => y > 7 && y < 13 && x > 1 && x < 19), SIDE);
  const rows = new Set(
    [...skeleton.keys()].filter((i) => skeleton[i]).map((i) => Math.floor(i / SIDE)),
  );
  assertEquals([...rows], [10]);
  assert(countInk(skeleton) >= 12);
});

Deno.test("thin() keeps a ring a ring", () => {
  const skeleton = thin(ring, SIDE);
  assertEquals(countRegions(skeleton, 1, true), 1);
  assertEquals(countRegions(skeleton, 0, false), 2);
  assert(countInk(skeleton) < countInk(ring) / 3);
});

Deno.test("thin() keeps the arms of a cross joined", () => {
  const skeleton = thin(cross, SIDE);
  assertEquals(countRegions(skeleton, 1, true), 1);
  assertEquals(countRegions(skeleton, 0, false), 1);
  assert(countInk(skeleton) < countInk(cross) / 3);
});

Deno.test("thin() gives a part of its input that is thin already", () => {
  for (const mask of [ring, cross]) {
    const skeleton = thin(mask, SIDE);
    assert(skeleton.every((set, i) => set <= mask[i]));
    assertEquals(thin(skeleton, SIDE), skeleton);
  }
});

Deno.test("thin() treats ink at the border of the picture like any other", () => {
  const skeleton = thin(drawMask((_x, y) => y < 5), SIDE);
  assertEquals(countRegions(skeleton, 1, true), 1);
  assert(countInk(skeleton) <= SIDE);
});

Deno.test("thin() throws on a mask that is not square", () => {
  assertThrows(
    () => thin(new Uint8Array(8), 3),
    RangeError,
    "Expected mask to hold 9 pixels but found 8",
  );
});
