/** The files of the page (`page/`), as a browser takes them. */

import { stripTypeScriptTypes } from "node:module";
import { TEXTS } from "./page/texts.ts";

const PAGE = new URL("./page/", import.meta.url);

/** Names in `page/`, and what they are sent as; first what draws, which should be there first. */
const FILES = {
  "index.html": "text/html; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
  "pad.ts": "text/javascript; charset=utf-8",
  "texts.ts": "text/javascript; charset=utf-8",
  "page.ts": "text/javascript; charset=utf-8",
  "addresses.ts": "text/javascript; charset=utf-8",
  "base64.ts": "text/javascript; charset=utf-8",
  "class_name.ts": "text/javascript; charset=utf-8",
  "grey.ts": "text/javascript; charset=utf-8",
  "helper.ts": "text/javascript; charset=utf-8",
  "inside.ts": "text/javascript; charset=utf-8",
  "lesson.ts": "text/javascript; charset=utf-8",
  "reader.ts": "text/javascript; charset=utf-8",
  "teach.ts": "text/javascript; charset=utf-8",
};

/**
 * Reads the page as the service sends it: TypeScript becomes JavaScript by leaving its types out.
 *
 * @returns Its files by name, with their media types.
 */
export async function readPage(): Promise<Map<string, { type: string; content: string }>> {
  const files = new Map<string, { type: string; content: string }>();
  for (const [name, type] of Object.entries(FILES)) {
    const text = await Deno.readTextFile(new URL(name, PAGE));
    files.set(
      name.replace(/\.ts$/, ".js"),
      { type, content: name.endsWith(".ts") ? toJavaScript(text) : complete(text) },
    );
  }
  return files;
}

function toJavaScript(text: string): string {
  return stripTypeScriptTypes(text).replaceAll(/((?:from |import\()"\.\/\w+)\.ts"/g, '$1.js"');
}

/** Puts the English texts into what stands for them, and has all programs fetched at a time. */
function complete(html: string): string {
  const programs = Object.keys(FILES).filter((name) => name.endsWith(".ts"));
  const links = programs.map((name) =>
    `<link rel="modulepreload" href="${name.replace(/\.ts$/, ".js")}">\n    `
  );
  return html
    .replace("<script", `${links.join("")}<script`)
    .replaceAll(/data-text="(\w+)"[^>]*>/g, (start, key) => start + TEXTS.en[key as "title"])
    .replaceAll(
      /data-label="(\w+)"/g,
      (label, key) => `${label} aria-label="${TEXTS.en[key as "title"]}"`,
    );
}
