import { assert, assertEquals, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import { pictureGrid } from "../../../lib/workshop/charts/picture_grid.ts";
import { pictureUrl } from "../../../lib/plot/picture_url.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { COLORS } from "../../../lib/plot/theme.ts";
import { textsOf, valuesOf } from "../../plot/chart_inspection.ts";

function pngOf(url: string) {
  return decode(Uint8Array.fromBase64(url.split(",")[1]));
}

Deno.test("pictureUrl() draws signed numbers blue above 0, white at 0, orange below", () => {
  const { channels, data } = pngOf(pictureUrl(Float32Array.of(2, 0, -9, -1), 2, 2));
  assertEquals(channels, 3);
  const hex = (i: number) =>
    "#" + Uint8Array.from(data.slice(3 * i, 3 * i + 3)).toHex().toUpperCase();
  assertEquals([hex(0), hex(1), hex(2)], [COLORS.right, "#FFFFFF", COLORS.wrong]);
});

Deno.test("pictureUrl() enlarges by whole factors, to at least the side asked for", () => {
  assertEquals(pngOf(pictureUrl(new Uint8Array(9), 10)).width, 12);
});

Deno.test("pictureUrl() throws on a picture that is not square", () => {
  for (const length of [0, 8]) {
    const error = assertThrows(() => pictureUrl(new Uint8Array(length), 8), RangeError);
    assertEquals(error.message, `Expected pixels to fill a square but found ${length}`);
  }
});

Deno.test("pictureGrid() puts pictures into rows with their captions", async () => {
  const pictures = ["a", "b", "c"].map((caption) => ({ pixels: new Uint8Array(4), caption }));
  const spec = pictureGrid(pictures, { title: "Three", columns: 2, side: 10 });
  assertEquals(await textsOf(spec), ["a", "b", "c", "Three"]);
  const [{ values }] = valuesOf(spec, "data") as [{ values: { x: number; y: number }[] }];
  assertEquals(values.map(({ x, y }) => [x, y]), [[0, 0], [18, 0], [0, 34]]);
  const svg = await renderSvg(spec);
  assertEquals(svg.match(/<image /g)?.length, 3);
});

Deno.test("pictureGrid() shows the picture and its details under the mouse", () => {
  const spec = pictureGrid([{ pixels: new Uint8Array(4), details: { label: "7" } }], { title: "" });
  const [tooltip] = valuesOf(spec, "tooltip") as { field: string; title?: string }[][];
  assertEquals(tooltip.map(({ field, title }) => title ?? field), ["image", "label"]);
});

Deno.test("pictureGrid() has one scale for all pictures or one for each", () => {
  const pictures = [1, 4].map((value) => ({ pixels: Float32Array.of(value) }));
  const brightness = (scale?: "own") => {
    const spec = pictureGrid(pictures, { title: "", scale });
    const [{ values }] = valuesOf(spec, "data") as [{ values: { url: string }[] }];
    return values.map(({ url }) => pngOf(url).data[0]);
  };
  const [weak, strong] = brightness();
  assert(weak > strong);
  assertEquals(brightness("own"), [strong, strong]);
});
