import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { decode } from "fast-png";
import { confusionMatrix } from "../../lib/plot/confusion_matrix.ts";
import { predictionExamples } from "../../lib/plot/prediction_examples.ts";
import { renderPng, renderSvg, saveChart } from "../../lib/plot/render.ts";
import { type Spec, THEME } from "../../lib/plot/theme.ts";

const chart = confusionMatrix([[90, 10], [0, 100]], ["cat", "dog"]);

function textChart(text: string): Spec {
  return {
    ...THEME,
    width: 100,
    height: 40,
    padding: 0,
    data: { values: [{}] },
    mark: { type: "text", text, x: 50, y: 20, fontSize: 20 },
  };
}

/** Share of pixels that are not white. */
function inkOf(png: Uint8Array): number {
  const { data, channels, width, height } = decode(png);
  let ink = 0;
  for (let i = 0; i < data.length; i += channels) if (data[i] < 128) ink++;
  return ink / (width * height);
}

Deno.test("renderSvg() paints the background and names typefaces to fall back on", async () => {
  const svg = await renderSvg(chart);
  assertStringIncludes(svg, `fill="#FFFFFF"`);
  assertStringIncludes(svg, "Inter, system-ui, Helvetica, Arial, sans-serif");
  assertStringIncludes(svg, "cat read as dog");
});

Deno.test("renderSvg() gives the same document twice", async () => {
  assertEquals(await renderSvg(chart), await renderSvg(chart));
});

Deno.test("renderSvg() throws on what Vega-Lite would warn about", async () => {
  await assertRejects(
    () =>
      renderSvg({
        data: { values: [{ x: 1 }] },
        mark: "bar",
        encoding: { shape: { field: "x", type: "nominal" } },
      }),
    Error,
    "shape dropped as it is incompatible with",
  );
});

Deno.test({
  name: "renderPng() needs no permission: neither system fonts nor files are read",
  permissions: "none",
  fn: async () => {
    const empty = inkOf(await renderPng(textChart("")));
    const short = inkOf(await renderPng(textChart("1")));
    const long = inkOf(await renderPng(textChart("88888")));
    assertEquals(empty, 0);
    assert(short > 0 && long > 4 * short, `${short} ${long}`);
  },
});

Deno.test("renderPng() has twice the size of the SVG", async () => {
  const svg = await renderSvg(chart);
  const [width, height] = ["width", "height"].map((name) =>
    Number(svg.match(new RegExp(`<svg[^>]* ${name}="(\\d+)"`))?.[1])
  );
  const png = decode(await renderPng(chart));
  assertEquals([png.width, png.height], [2 * width, 2 * height]);
});

Deno.test("renderPng() gives the same bytes twice and others for another chart", async () => {
  const png = await renderPng(chart);
  assertEquals(await renderPng(chart), png);
  assertNotEquals(await renderPng(confusionMatrix([[91, 9], [0, 100]], ["cat", "dog"])), png);
});

Deno.test("renderPng() shows embedded pictures", async () => {
  const inkWith = async (value: number) =>
    inkOf(
      await renderPng(predictionExamples([{
        pixels: new Uint8Array(784).fill(value),
        actual: "1",
        predicted: "1",
        confidence: 0.9,
      }])),
    );
  assert(await inkWith(0) > await inkWith(255) + 0.02);
});

Deno.test("saveChart() writes what renderSvg() and renderPng() return", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await saveChart(chart, join(folder, "confusion_matrix"));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["confusion_matrix.png", "confusion_matrix.svg"]);
    const svg = await Deno.readTextFile(join(folder, "confusion_matrix.svg"));
    assertEquals(svg, await renderSvg(chart));
    const png = await Deno.readFile(join(folder, "confusion_matrix.png"));
    assertEquals(png, await renderPng(chart));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
