import { assert, assertEquals } from "@std/assert";
import { pictureGrid } from "../../../lib/workshop/charts/picture_grid.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { pngOf, textsOf, valuesOf } from "../../plot/chart_inspection.ts";

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
