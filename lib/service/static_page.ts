/** The page without a service. */

import "@tensorflow/tfjs-backend-wasm";
import { fromFileUrl, join } from "@std/path";
import type { ServedModel } from "./page/reader.ts";
import { readPage } from "./page_files.ts";

/**
 * Writes the page as files that any web server can hand out: the same page, but the networks run in
 * the browser, on the same weights, after the same normalisation. Needs `--unstable-bundle`.
 *
 * @param folder Where to write; made if it is not there.
 * @param models Folders of the models by name.
 */
export async function writeStaticPage(
  folder: string,
  models: Record<string, string>,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const page = await readPage();
  for (const [name, { content }] of page) await Deno.writeTextFile(join(folder, name), content);
  await Deno.writeTextFile(join(folder, "reader.js"), await bundleReader());
  const list: ServedModel[] = [];
  for (const [name, model] of Object.entries(models)) {
    await Deno.mkdir(join(folder, "models", name), { recursive: true });
    for (const file of ["model.json", "weights.bin", "card.json"]) {
      await Deno.copyFile(join(model, file), join(folder, "models", name, file));
    }
    const { classes } = JSON.parse(await Deno.readTextFile(join(model, "card.json")));
    list.push({ name, classes });
  }
  await Deno.writeTextFile(join(folder, "models.json"), JSON.stringify(list));
  const backend = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  for (const kind of ["", "-simd", "-threaded-simd"]) {
    const name = `tfjs-backend-wasm${kind}.wasm`;
    await Deno.copyFile(fromFileUrl(new URL(name, backend)), join(folder, name));
  }
}

async function bundleReader(): Promise<string> {
  const { outputFiles } = await Deno.bundle({
    entrypoints: [fromFileUrl(new URL("./page/local_reader.ts", import.meta.url))],
    platform: "browser",
    minify: true,
    write: false,
  });
  // Nothing that is left uses Deno's own modules, but their imports stay, and a browser has none.
  return outputFiles![0].text().replaceAll(/import\{[^}]*\}from"node:\w+";?/g, "");
}
