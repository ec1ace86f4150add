/** The page without a service. */

import { dirname, join } from "@std/path";
import { loadModel } from "../model/classifier.ts";
import { readNetworkFiles } from "../model/saved_network.ts";
import type { ServedModel } from "./page/reader.ts";
import { TEXTS } from "./page/texts.ts";
import { bundlePrograms, readPage } from "./page_files.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Files by their names. */
type Files = Map<string, Bytes>;

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
  const files = await readFiles(models);
  files.set("keeper.js", await keeperOf(files));
  for (const [name, bytes] of files) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeFile(join(folder, name), bytes);
  }
}

/** All files but the one that keeps them, by name. */
async function readFiles(models: Record<string, string>): Promise<Files> {
  const files: Files = new Map();
  for (const [name, { read }] of await readPage()) files.set(name, toBytes(await read()));
  files.set("index.html", toBytes(withAdvice(files.get("index.html")!)));
  for (const [name, text] of await bundlePrograms("local_reader.ts", "network.ts", "teacher.ts")) {
    files.set(name === "local_reader.js" ? "reader.js" : name, toBytes(text));
  }
  const list: ServedModel[] = [];
  for (const [name, model] of Object.entries(models)) {
    using classifier = await loadModel(model);
    list.push({ name, classes: classifier.card.classes });
    const networkFiles = Object.entries(await readNetworkFiles(model));
    for (const [file, bytes] of networkFiles) files.set(`models/${name}/${file}`, bytes);
  }
  files.set("models.json", toBytes(JSON.stringify(list)));
  return files;
}

/** The service worker that keeps these files, and is another whenever one of them is. */
async function keeperOf(files: Files): Promise<Bytes> {
  const names = [...files.keys()].map((name) => name === "index.html" ? "./" : name);
  const whole = await new Blob([...files.values()]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
  const program = (await bundlePrograms("keeper.ts")).get("keeper.js")!;
  return toBytes(`const FILES=${JSON.stringify(names)},DIGEST="${digest}";${program}`);
}

/** Has a page say what to do that was opened as a file, where browsers load no module. */
function withAdvice(html: Bytes): string {
  const said = Object.entries(TEXTS).map(([tag, { openedAsFile }]) => [tag, openedAsFile]);
  return new TextDecoder().decode(html).replace(
    "</body>",
    `<script>
      if (location.protocol === "file:") {
        const said = ${JSON.stringify(Object.fromEntries(said))};
        document.getElementById("sure").textContent = said[navigator.language.slice(0, 2)] ?? said.en;
      }
    </script></body>`,
  );
}

function toBytes(content: string | Bytes): Bytes {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
