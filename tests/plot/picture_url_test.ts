import { assertEquals, assertThrows } from "@std/assert";
import { pngUrl, squareUrl } from "../../lib/plot/picture_url.ts";
import { COLORS } from "../../lib/plot/theme.ts";
import { pngOf } from "./chart_inspection.ts";

Deno.test("pngUrl() reduces a picture to its middle pixels, and to no less than one a side", () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const { width, height, data } = pngOf(pngUrl({ width: 9, height: 1, values }, 1 / 3));
  assertEquals([width, height, ...data], [3, 1, 2, 5, 8]);
});

Deno.test("squareUrl() draws signed numbers blue above 0, white at 0, orange below", () => {
  const { channels, data } = pngOf(squareUrl(Float32Array.of(2, 0, -9, -1), 2, 2));
  assertEquals(channels, 3);
  const hex = (i: number) =>
    "#" + Uint8Array.from(data.slice(3 * i, 3 * i + 3)).toHex().toUpperCase();
  assertEquals([hex(0), hex(1), hex(2)], [COLORS.right, "#FFFFFF", COLORS.wrong]);
});

Deno.test("squareUrl() enlarges by whole factors, to at least the side asked for", () => {
  assertEquals(pngOf(squareUrl(new Uint8Array(9), 10)).width, 12);
});

Deno.test("squareUrl() throws on a picture that is not square", () => {
  for (const length of [0, 8]) {
    const error = assertThrows(() => squareUrl(new Uint8Array(length), 8), RangeError);
    assertEquals(error.message, `Expected pixels to fill a square but found ${length}`);
  }
});
