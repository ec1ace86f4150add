/** Charts as pictures: SVG without a browser, PNG without a font of the system. */
import interRegular from "@fontsource/inter/files/inter-latin-400-normal.woff2" with {
  type: "bytes",
};
import interSemiBold from "@fontsource/inter/files/inter-latin-600-normal.woff2" with {
  type: "bytes",
};
import SUBSETS from "@fontsource/inter/unicode.json" with { type: "json" };
import { type LoggerInterface, parse, View } from "vega";
import { compile } from "vega-lite";
import { writeFileAtomically } from "../data/file_system.ts";
import { startResvg } from "../image/resvg.ts";
import type { Spec } from "./theme.ts";

/** Pixels of a PNG along a pixel of its chart, so that it is sharp on every screen. */
const PNG_SCALE = 2;

/** What Vega warns about in a chart that can be dragged: a picture has no window to drag it in. */
const NO_WINDOW = "Can not resolve event source: window";

/** What every PNG is lettered with: Inter's Latin part. */
const LATIN = [interRegular, interSemiBold];

/** What is looked in for characters that Inter lacks. */
const otherFonts = new Set<Uint8Array>();

/** Prints nothing: whatever else Vega would warn about is an error in the chart. */
const strictLogger: LoggerInterface = {
  level: () => strictLogger,
  error: fail,
  warn: (...messages) => messages.join() === NO_WINDOW ? strictLogger : fail(...messages),
  info: () => strictLogger,
  debug: () => strictLogger,
};

/**
 * Has PNGs from now on show the characters of a font too (WOFF2), which Inter lacks: of another script, say.
 * Without one, `U+3042` stands for such a character.
 */
export function addFont(font: Uint8Array): void {
  otherFonts.add(font);
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
  return await rasterise(await renderSvg(nameCharacters(spec)), scale);
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
  const named = nameCharacters(spec);
  const png = await rasterise(named === spec ? svg : await renderSvg(named), PNG_SCALE);
  await writeFileAtomically(`${pathWithoutExtension}.svg`, svg);
  await writeFileAtomically(`${pathWithoutExtension}.png`, png);
}

async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const Resvg = await startResvg();
  const fonts = new Set<Uint8Array>(LATIN);
  for (const subset of new Set(svg.match(BEYOND_ASCII)?.map(subsetOf))) {
    if (subset) fonts.add(await loadInter(subset));
  }
  const resvg = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: [...fonts, ...otherFonts], defaultFontFamily: "Inter" },
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

/** The chart with `U+3042` in place of a character that no font at hand has. */
function nameCharacters(spec: Spec): Spec {
  if (otherFonts.size > 0) return spec;
  const json = JSON.stringify(spec);
  const named = json.replace(BEYOND_ASCII, (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase();
    return subsetOf(character) ? character : `U+${code.padStart(4, "0")}`;
  });
  return named === json ? spec : JSON.parse(named);
}

const BEYOND_ASCII = /[^\0-\x7F]/gu;

/** The part of Inter that has a character, by the ranges that its package names. */
function subsetOf(character: string): string | undefined {
  const code = character.codePointAt(0)!;
  const isIn = (ranges: string) =>
    ranges.replaceAll("U+", "").split(",").some((range) => {
      const [first, last = first] = range.split("-").map((digits) => parseInt(digits, 16));
      return code >= first && code <= last;
    });
  return Object.entries(SUBSETS).findLast(([, ranges]) => isIn(ranges))?.[0];
}

/** The regular cut of a part of Inter, which no chart without its characters loads. */
async function loadInter(subset: string): Promise<Uint8Array> {
  const file = `@fontsource/inter/files/inter-${subset}-400-normal.woff2`;
  return (await import(file, { with: { type: "bytes" } })).default;
}

function fail(...messages: readonly unknown[]): never {
  throw new Error(messages.join(" "));
}
