import { assertEquals } from "@std/assert";
import { findRepetition } from "../../lib/picture/repetition.ts";
import { drawTestPicture } from "../../lib/study/test_pictures.ts";
import { Random } from "../../lib/data/random.ts";

Deno.test("findRepetition() leaves pictures that were not enlarged", async () => {
  const bar = new Uint8Array(60 * 80).fill(180);
  for (let y = 20; y < 60; y++) bar.fill(40, y * 60 + 30, y * 60 + 36);
  const { picture } = await drawTestPicture("8 × 8 pixels", 3, new Random(1));
  for (const kept of [{ width: 60, height: 80, values: bar }, picture]) {
    assertEquals(findRepetition(kept), { factor: 1, left: 0, top: 0 });
  }
});

Deno.test("findRepetition() leaves pictures that are enlarged along one side only", () => {
  const values = Uint8Array.from(
    { length: 400 },
    (_, i) => 20 * (Math.floor(i % 20 / 2) % 3 + (i * i) % 7),
  );
  assertEquals(findRepetition({ width: 20, height: 20, values }).factor, 1);
});
