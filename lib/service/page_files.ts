/**
 * The files of the page (`page/`), as a browser takes them, and what it needs to run networks by itself: as the
 * service sends them, and as files without a service.
 */

import "@tensorflow/tfjs-backend-wasm";
import { stripTypeScriptTypes } from "node:module";
import { dirname, fromFileUrl, join } from "@std/path";
import { loadModel } from "../model/classifier.ts";
import { readNetworkFiles } from "../model/saved_network.ts";
import { TEXTS } from "./page/texts.ts";

const PAGE = new URL("./page/", import.meta.url);

/** Programs in `page/`, which are fetched at a time; first what draws, which should be there first. */
const PROGRAMS = ["pad", "texts", "page", "elements", "helper", "inside"]
  .concat(["lesson", "pixels", "reader", "teach"]);

type Content = string | Uint8Array<ArrayBuffer>;

/** What reads a file as it is sent, by its name. */
type PageFiles = Map<string, () => Promise<Content>>;

const BACKEND = import.meta.resolve("@tensorflow/tfjs-backend-wasm");

const BASE = new URL("../../data/bases/cnn/", import.meta.url);

/**
 * Reads the page as the service sends it: TypeScript becomes JavaScript by leaving its types out, and the programs
 * that it runs beside itself, to find what is drawn and to learn, are bundled when they are asked for, which needs
 * `--unstable-bundle`.
 */
export async function readPage(): Promise<PageFiles> {
  const files = await readFiles();
  for (const name of ["finder", "teacher"]) {
    let program: Promise<string> | undefined;
    files.set(`${name}.js`, () => {
      program ??= bundlePrograms(`${name}.ts`).then((bundled) => bundled.get(`${name}.js`)!);
      program.catch(() => program = undefined);
      return program;
    });
  }
  return files;
}

/** All files but the programs that are bundled; tfjs's kernels and a base to teach are read when they are asked for. */
async function readFiles(): Promise<PageFiles> {
  const files: PageFiles = new Map();
  const add = async (name: string, change: (text: string) => string = (text) => text) => {
    const content = change(await Deno.readTextFile(new URL(name, PAGE)));
    files.set(name.replace(/\.ts$/, ".js"), () => Promise.resolve(content));
  };
  await add("index.html", complete);
  await add("style.css");
  await add("icon.svg");
  for (const name of PROGRAMS) await add(`${name}.ts`, toJavaScript);
  for (const kind of ["", "-simd", "-threaded-simd"]) {
    const name = `tfjs-backend-wasm${kind}.wasm`;
    files.set(name, () => Deno.readFile(new URL(name, BACKEND)));
  }
  for (const name of ["model.json", "weights.bin"]) {
    files.set(`base/${name}`, () => Deno.readFile(new URL(name, BASE)));
  }
  return files;
}

function toJavaScript(text: string): string {
  return stripTypeScriptTypes(text).replaceAll(/((?:from |import\()"\.\/\w+)\.ts"/g, '$1.js"');
}

/** Puts the English texts into what stands for them, and has all programs fetched at a time. */
function complete(html: string): string {
  const links = PROGRAMS.map((name) => `<link rel="modulepreload" href="${name}.js">\n    `);
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
async function bundlePrograms(...names: string[]): Promise<Map<string, string>> {
  const { outputFiles } = await Deno.bundle({
    entrypoints: names.map((name) => fromFileUrl(new URL(name, PAGE))),
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

/**
 * Writes the page as files that any web server can hand out: the same page, but the networks run in
 * the browser, on the same weights, after the same normalisation. Needs `--unstable-bundle`.
 *
 * @param folder Where to write; made if it is not there.
 * @param models Folders or zips of the models by name.
 * @throws {Error} If one is no model; then nothing is written.
 */
export async function writeStaticPage(
  folder: string,
  models: Record<string, string>,
): Promise<void> {
  const files = await staticFiles(models);
  files.set("keeper.js", await keeperOf(files));
  for (const [name, content] of files) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeFile(join(folder, name), await new Blob([content]).bytes());
  }
}

/** All files but the one that keeps them, by name. */
async function staticFiles(models: Record<string, string>): Promise<Map<string, Content>> {
  const files = new Map<string, Content>();
  for (const [name, read] of await readFiles()) files.set(name, await read());
  files.set("index.html", withAdvice(files.get("index.html") as string));
  for (const [name, text] of await bundlePrograms("local_reader.ts", "network.ts", "teacher.ts")) {
    files.set(name === "local_reader.js" ? "reader.js" : name, text);
  }
  const list: { name: string; classes: string[] }[] = [];
  for (const [name, model] of Object.entries(models)) {
    using classifier = await loadModel(model);
    list.push({ name, classes: classifier.card.classes });
    const networkFiles = Object.entries(await readNetworkFiles(model));
    for (const [file, bytes] of networkFiles) files.set(`models/${name}/${file}`, bytes);
  }
  files.set("models.json", JSON.stringify(list));
  return files;
}

/** The service worker that keeps these files, and is another whenever one of them is. */
async function keeperOf(files: Map<string, Content>): Promise<string> {
  const names = [...files.keys()].map((name) => name === "index.html" ? "./" : name);
  const whole = await new Blob([...files.values()]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
  const program = (await bundlePrograms("keeper.ts")).get("keeper.js")!;
  return `const FILES=${JSON.stringify(names)},DIGEST="${digest}";${program}`;
}

/** Has a page say what to do that was opened as a file, where browsers load no module. */
function withAdvice(html: string): string {
  const said = Object.entries(TEXTS).map(([tag, { openedAsFile }]) => [tag, openedAsFile]);
  return html.replace(
    "</body>",
    `<script>
      if (location.protocol === "file:") {
        const said = ${JSON.stringify(Object.fromEntries(said))};
        document.getElementById("sure").textContent = said[navigator.language.slice(0, 2)] ?? said.en;
      }
    </script></body>`,
  );
}
