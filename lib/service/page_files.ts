/** The files of the page (`page/`), as a browser takes them, and what it needs to run networks by itself. */

import "@tensorflow/tfjs-backend-wasm";
import { stripTypeScriptTypes } from "node:module";
import { fromFileUrl } from "@std/path";
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

/** A file as it is sent. */
export interface PageFile {
  type: string;
  read: () => Promise<string | Uint8Array<ArrayBuffer>>;
}

const BACKEND = import.meta.resolve("@tensorflow/tfjs-backend-wasm");

const BASE = new URL("../../data/bases/cnn/", import.meta.url);

/** tfjs's kernels, and a base to teach, which are read when they are asked for. */
const NETWORK_FILES: [name: string, type: string, url: URL][] = [
  ...["", "-simd", "-threaded-simd"].map((kind): [string, string, URL] => {
    const name = `tfjs-backend-wasm${kind}.wasm`;
    return [name, "application/wasm", new URL(name, BACKEND)];
  }),
  ["base/model.json", "application/json", new URL("model.json", BASE)],
  ["base/weights.bin", "application/octet-stream", new URL("weights.bin", BASE)],
];

/**
 * Reads the page as the service sends it: TypeScript becomes JavaScript by leaving its types out.
 *
 * @returns Its files by name.
 */
export async function readPage(): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const [name, type] of Object.entries(FILES)) {
    const text = await Deno.readTextFile(new URL(name, PAGE));
    const content = name.endsWith(".ts") ? toJavaScript(text) : complete(text);
    files.set(name.replace(/\.ts$/, ".js"), { type, read: () => Promise.resolve(content) });
  }
  for (const [name, type, url] of NETWORK_FILES) {
    files.set(name, { type, read: () => Deno.readFile(fromFileUrl(url)) });
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

/**
 * Bundles programs of the page with all that they import. Needs `--unstable-bundle`.
 *
 * @param names Modules in `page/`.
 * @returns Texts by the names of their files; what programs share is in files of its own.
 */
export async function bundlePrograms(...names: string[]): Promise<Map<string, string>> {
  const { outputFiles } = await Deno.bundle({
    entrypoints: names.map((name) => fromFileUrl(new URL(`./page/${name}`, import.meta.url))),
    outputDir: "/",
    platform: "browser",
    codeSplitting: true,
    minify: true,
    write: false,
  });
  return new Map(outputFiles!.map((file) => [
    file.path.split(/[/\\]/).at(-1)!,
    // Nothing that is left uses Deno's own modules, but their imports stay, and a browser has none.
    file.text().replaceAll(/import(\{[^}]*\}from)?"node:\w+";?/g, ""),
  ]));
}
