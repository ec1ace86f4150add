/** Charts as pictures: SVG without a browser, PNG without a font of the system. */
import interRegular from "@fontsource/inter/files/inter-latin-400-normal.woff2" with {
  type: "bytes",
};
import interSemiBold from "@fontsource/inter/files/inter-latin-600-normal.woff2" with {
  type: "bytes",
};
import { type LoggerInterface, parse, View } from "vega";
import { compile } from "vega-lite";
import { writeFileAtomically } from "../data/file_system.ts";
import { startResvg } from "../image/resvg.ts";
import type { Spec } from "./theme.ts";

/** Pixels of a PNG along a pixel of its chart, so that it is sharp on every screen. */
const PNG_SCALE = 2;

/** What Vega warns about in a chart that can be dragged: a picture has no window to drag it in. */
const NO_WINDOW = "Can not resolve event source: window";

/** What PNGs are lettered with; what Inter lacks is looked for in the others. */
const fonts = new Set<Uint8Array>([interRegular, interSemiBold]);

/** Prints nothing: whatever else Vega would warn about is an error in the chart. */
const strictLogger: LoggerInterface = {
  level: () => strictLogger,
  error: fail,
  warn: (...messages) => messages.join() === NO_WINDOW ? strictLogger : fail(...messages),
  info: () => strictLogger,
  debug: () => strictLogger,
};

/** Has PNGs from now on show the characters of a font too (WOFF2), which Inter lacks: of another script, say. */
export function addFont(font: Uint8Array): void {
  fonts.add(font);
}

/**
 * Draws a chart as SVG. The text stays text: a viewer without Inter shows it in its own sans-serif.
 *
 * @param spec A Vega-Lite chart.
 * @returns The SVG document.
 * @throws {Error} If Vega or Vega-Lite finds something wrong with the chart, warnings included.
 */
export async function renderSvg(spec: Spec): Promise<string> {
  const { spec: vegaSpec } = compile(spec, { logger: strictLogger });
  const view = new View(parse(vegaSpec), { renderer: "none", logger: strictLogger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/**
 * Draws a chart as PNG, with text in Inter from the npm package `@fontsource/inter`.
 *
 * @param spec A Vega-Lite chart.
 * @param scale Pixels of the PNG along a pixel of the chart.
 * @returns The bytes of the PNG file; the same for the same chart.
 * @throws {Error} If Vega or Vega-Lite finds something wrong with the chart, warnings included.
 */
export async function renderPng(spec: Spec, scale = PNG_SCALE): Promise<Uint8Array> {
  return await rasterise(await renderSvg(spec), scale);
}

/**
 * Writes a chart as `.svg` and `.png`, each atomically; needs permission to read and write the
 * folder.
 *
 * @param spec A Vega-Lite chart.
 * @param pathWithoutExtension Where to, for example `outputs/confusion_matrix`.
 */
export async function saveChart(spec: Spec, pathWithoutExtension: string): Promise<void> {
  const svg = await renderSvg(spec);
  const png = await rasterise(svg, PNG_SCALE);
  await writeFileAtomically(`${pathWithoutExtension}.svg`, svg);
  await writeFileAtomically(`${pathWithoutExtension}.png`, png);
}

async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const Resvg = await startResvg();
  const resvg = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: [...fonts], defaultFontFamily: "Inter" },
  });
  try {
    const image = resvg.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    resvg.free();
  }
}

function fail(...messages: readonly unknown[]): never {
  throw new Error(messages.join(" "));
}
