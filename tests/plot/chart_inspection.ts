/** What tests look at in a chart. */
import { join } from "@std/path";
import { decode } from "fast-png";
import { saveChart } from "../../lib/plot/render.ts";
import type { Spec } from "../../lib/plot/theme.ts";
import { withFolder } from "../temporary_folder.ts";

/** The chart as SVG. */
export function svgOf(spec: Spec): Promise<string> {
  return withFolder(async (folder) => {
    await saveChart(spec, join(folder, "chart"));
    return await Deno.readTextFile(join(folder, "chart.svg"));
  });
}

/** The texts that the rendered chart shows, in drawing order. */
export async function textsOf(spec: Spec): Promise<string[]> {
  const svg = await svgOf(spec);
  return [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, text]) =>
    text.replace("&gt;", ">")
  );
}

/** The types of all marks, in drawing order. */
export function marksOf(spec: unknown): string[] {
  return valuesOf(spec, "mark").map((mark) => (mark as { type: string }).type);
}

/** Every value of a property, at any depth. */
export function valuesOf(spec: unknown, property: string): unknown[] {
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec).flatMap(([name, value]) =>
    name === property ? [value] : valuesOf(value, property)
  );
}

/** The picture in a data URL. */
export function pngOf(url: string): ReturnType<typeof decode> {
  return decode(Uint8Array.fromBase64(url.split(",")[1]));
}
