import { assert, assertEquals } from "@std/assert";
import { decode, encode } from "fast-png";
import { withFewColors } from "../../lib/workshop/few_colors.ts";

const SIDE = 32;

function pngOf(colorOf: (i: number) => number[]): Uint8Array {
  return encode({
    width: SIDE,
    height: SIDE,
    channels: 3,
    data: Uint8Array.from(Array.from({ length: SIDE * SIDE }, (_, i) => colorOf(i)).flat()),
  });
}

/** Red, green and blue of a pixel. */
function colorAt(png: Uint8Array, i: number): number[] {
  const { data, palette, channels } = decode(png);
  assertEquals(channels, 1);
  return palette![data[i]];
}

Deno.test("withFewColors() keeps few colours as they are", () => {
  const colors = [[0, 114, 178], [213, 94, 0], [255, 255, 255]];
  const png = withFewColors(pngOf((i) => colors[i % 3]));
  for (let i = 0; i < 9; i++) assertEquals(colorAt(png, i), colors[i % 3]);
});

Deno.test("withFewColors() keeps the 256 most frequent colours, and makes others the nearest of them", () => {
  // 300 colours: the first 300 pixels have one each, and further ones the first 200 again.
  const colorOf = (i: number) => {
    const color = i < 300 ? i : i % 200;
    return [color % 32, Math.floor(color / 32), 16].map((shade) => Math.round(shade * 255 / 31));
  };
  const png = withFewColors(pngOf(colorOf));
  assertEquals(decode(png).palette!.length, 256);
  for (let i = 0; i < 200; i++) assertEquals(colorAt(png, i), colorOf(i));
  for (let i = 200; i < 300; i++) {
    const errors = colorAt(png, i).map((channel, c) => Math.abs(channel - colorOf(i)[c]));
    assert(Math.max(...errors) <= 25, `${i}: ${errors}`); // three rows away at most
  }
});
