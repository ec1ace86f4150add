/** Charts as pictures: SVG without a browser, PNG without a font of the system unless Inter lacks a character. */
import interRegular from "@fontsource/inter/files/inter-latin-400-normal.woff2" with {
  type: "bytes",
};
import interSemiBold from "@fontsource/inter/files/inter-latin-600-normal.woff2" with {
  type: "bytes",
};
import SUBSETS from "@fontsource/inter/unicode.json" with { type: "json" };
import { join } from "@std/path";
import { logger, parse, View, Warn } from "vega";
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
const strictLogger = logger(Warn, undefined, (_method, _level, messages) => {
  const said = messages.join(" ");
  if (said !== NO_WINDOW) throw new Error(said);
});

/**
 * Has PNGs from now on show the characters of a font too (WOFF2), which Inter lacks: of another script, say.
 * Without one, those of the system are looked in, and if none has such a character, `U+3042` stands for it.
 */
export function addFont(font: Uint8Array): void {
  otherFonts.add(font);
}

/**
 * Draws a chart as PNG, with text in Inter from the npm package `@fontsource/inter`.
 *
 * @param spec A Vega-Lite chart.
 * @param scale Pixels of the PNG along a pixel of the chart.
 * @returns The bytes of the PNG file; the same for the same chart, if Inter has all its characters.
 * @throws {Error} If Vega or Vega-Lite finds something wrong with the chart, warnings included.
 */
export async function renderPng(spec: Spec, scale = PNG_SCALE): Promise<Uint8Array> {
  const { chart, fonts } = await letter(spec);
  const Resvg = await startResvg();
  using held = new DisposableStack();
  const resvg = new Resvg(await drawSvg(chart), {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: fonts, defaultFontFamily: "Inter" },
  });
  held.adopt(resvg, () => resvg.free());
  const image = resvg.render();
  held.adopt(image, () => image.free());
  return image.asPng();
}

/**
 * Writes a chart as `.svg` and `.png`, each atomically; needs permission to read and write the
 * folder. The text of the SVG stays text: a viewer without Inter shows it in its own sans-serif.
 *
 * @param spec A Vega-Lite chart.
 * @param pathWithoutExtension Where to, for example `outputs/confusion_matrix`.
 * @throws {Error} As {@linkcode renderPng}; then nothing is written.
 */
export async function saveChart(spec: Spec, pathWithoutExtension: string): Promise<void> {
  const svg = await drawSvg(spec);
  const png = await renderPng(spec);
  await writeFileAtomically(`${pathWithoutExtension}.svg`, svg);
  await writeFileAtomically(`${pathWithoutExtension}.png`, png);
}

async function drawSvg(spec: Spec): Promise<string> {
  const { spec: vegaSpec } = compile(spec, { logger: strictLogger });
  const view = new View(parse(vegaSpec), { renderer: "none", logger: strictLogger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The fonts that a chart needs, and the chart with `U+3042` in place of a character that none at hand has. */
async function letter(spec: Spec): Promise<{ chart: Spec; fonts: Uint8Array[] }> {
  let json = JSON.stringify(spec);
  const inter = new Set(LATIN);
  const others = new Set(otherFonts);
  for (const character of new Set(json.match(/[^\0-\x7F]/gu))) {
    const code = character.codePointAt(0)!;
    const subset = subsetWith(code);
    if (subset) {
      const file = `@fontsource/inter/files/inter-${subset}-400-normal.woff2`;
      inter.add((await import(file, { with: { type: "bytes" } })).default);
    } else if (otherFonts.size === 0) {
      const font = await systemFontWith(code);
      const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
      if (font) others.add(font);
      else json = json.replaceAll(character, name);
    }
  }
  return { chart: JSON.parse(json), fonts: [...inter, ...others] };
}

/** The part of Inter that has a character, by the ranges that its package names. */
function subsetWith(code: number): string | undefined {
  const isIn = (ranges: string) =>
    ranges.replaceAll("U+", "").split(",").some((range) => {
      const [first, last = first] = range.split("-").map((digits) => parseInt(digits, 16));
      return code >= first && code <= last;
    });
  return Object.entries(SUBSETS).findLast(([, ranges]) => isIn(ranges))?.[0];
}

// Fonts of the system, for characters that Inter lacks: kana, Han, runes, signs of mathematics

/** Where Linux, macOS and Windows keep them. */
const FOLDERS = [
  "/usr/share/fonts",
  "/usr/local/share/fonts",
  "/System/Library/Fonts",
  "/Library/Fonts",
  "C:\\Windows\\Fonts",
];

/** Files of fonts, but for macOS's whose characters all look alike. */
const FONT = /(?<!LastResort)\.(ttf|otf|ttc)$/i;

/** Cuts that are taken only if there is no other. */
const SPECIAL_CUT =
  /bold|black|heavy|medium|thin|light|italic|oblique|condensed|narrow|mono|serif|math/i;

/** A file, and the code points that it has, from first to last. */
interface SystemFont {
  path: string;
  ranges: [first: number, last: number][];
  bytes?: Uint8Array;
}

let found: Promise<SystemFont[]> | undefined;

/**
 * Finds the first font of the system that has a character. The first call looks through all that are there;
 * without permission to read them, there are none.
 */
async function systemFontWith(code: number): Promise<Uint8Array | undefined> {
  const fonts = await (found ??= findFonts());
  const font = fonts.find(({ ranges }) =>
    ranges.some(([first, last]) => code >= first && code <= last)
  );
  return font && (font.bytes ??= Deno.readFileSync(font.path));
}

async function findFonts(): Promise<SystemFont[]> {
  const paths: string[] = [];
  for (const folder of FOLDERS) {
    const { state } = await Deno.permissions.query({ name: "read", path: folder });
    if (state !== "granted") continue;
    paths.push(...[...filesIn(folder)].filter((path) => FONT.test(path)));
  }
  const rank = (path: string) => Number(SPECIAL_CUT.test(path));
  paths.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
  return paths.flatMap((path) => attempt(() => [{ path, ranges: rangesOf(path) }]) ?? []);
}

/** All files in a folder and its folders, one that cannot be read aside. */
function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of attempt(() => [...Deno.readDirSync(folder)]) ?? []) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** What cannot be read, or is no font, is as if it were not there. */
function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/**
 * Reads which characters a font has, or the first of a collection: formats 4 and 12 of its table `cmap`
 * for Unicode (https://learn.microsoft.com/typography/opentype/spec/cmap). A range is taken as a whole:
 * a glyph that is missing inside one is not noticed.
 */
function rangesOf(path: string): SystemFont["ranges"] {
  using file = Deno.openSync(path);
  const read = (offset: number, length: number) => {
    const bytes = new Uint8Array(length);
    file.seekSync(offset, Deno.SeekMode.Start);
    file.readSync(bytes);
    return new DataView(bytes.buffer);
  };
  const header = read(0, 16);
  const isCollection = header.getUint32(0) === 0x74746366; // ttcf
  const start = isCollection ? header.getUint32(12) : 0;
  const tables = read(start + 12, 16 * read(start + 4, 2).getUint16(0));
  let at = 0;
  while (tables.getUint32(at) !== 0x636d6170) at += 16; // cmap
  const cmap = read(tables.getUint32(at + 8), tables.getUint32(at + 12));
  const records = Array.from({ length: cmap.getUint16(2) }, (_, i) => 4 + 8 * i);
  const isUnicode = (record: number) => {
    const [platform, encoding] = [cmap.getUint16(record), cmap.getUint16(record + 2)];
    return platform === 0 || platform === 3 && (encoding === 1 || encoding === 10);
  };
  return records.filter(isUnicode).flatMap((record) => {
    const part = cmap.getUint32(record + 4);
    if (cmap.getUint16(part) === 12) {
      return Array.from({ length: cmap.getUint32(part + 12) }, (_, i): [number, number] => {
        const group = part + 16 + 12 * i;
        return [cmap.getUint32(group), cmap.getUint32(group + 4)];
      });
    }
    if (cmap.getUint16(part) !== 4) return [];
    const size = cmap.getUint16(part + 6); // bytes of each column; the last segment is 0xFFFF alone
    return Array.from({ length: size / 2 - 1 }, (_, i): [number, number] => {
      const end = part + 14 + 2 * i;
      return [cmap.getUint16(end + size + 2), cmap.getUint16(end)];
    });
  });
}
