import { assertEquals } from "@std/assert";
import { reduce } from "../../lib/picture/resolution.ts";
import { drawTestPicture } from "../../lib/study/test_pictures.ts";
import { Random } from "../../lib/data/random.ts";

Deno.test("reduce() leaves pictures that were not enlarged", async () => {
  const bar = new Uint8Array(60 * 80).fill(180);
  for (let y = 20; y < 60; y++) bar.fill(40, y * 60 + 30, y * 60 + 36);
  const { picture } = await drawTestPicture("8 × 8 pixels", 3, new Random(1));
  for (const kept of [{ width: 60, height: 80, values: bar }, picture]) {
    assertEquals(reduce(kept).grey, kept);
  }
});

Deno.test("reduce() leaves pictures that are enlarged along one side only", () => {
  const values = Uint8Array.from(
    { length: 400 },
    (_, i) => 20 * (Math.floor(i % 20 / 2) % 3 + (i * i) % 7),
  );
  const picture = { width: 20, height: 20, values };
  assertEquals(reduce(picture).grey, picture);
});

Deno.test("reduce() finds the pixels of a picture that was enlarged and cut, and boxes of theirs in it", () => {
  const [side, factor] = [21, 3];
  const original = (x: number, y: number) => 40 * ((x * x + 3 * y) % 7);
  const values = Uint8Array.from(
    { length: side ** 2 },
    (_, i) => original(Math.floor((i % side + 2) / factor), Math.floor(i / side / factor)),
  );
  const { grey, enlarge } = reduce({ width: side, height: side, values });
  assertEquals([grey.width, grey.height], [6, 7]);
  assertEquals(
    grey.values,
    Uint8Array.from({ length: 42 }, (_, i) => original(i % 6 + 1, Math.floor(i / 6))),
  );
  assertEquals(enlarge({ left: 1, top: 2, width: 2, height: 1 }), {
    left: 4,
    top: 6,
    width: 6,
    height: 3,
  });
});
