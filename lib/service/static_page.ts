/** The page without a service. */

import { join } from "@std/path";
import { bundlePrograms, NETWORK_FILES } from "./network_files.ts";
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
  await Deno.mkdir(join(folder, "base"), { recursive: true });
  const page = await readPage();
  for (const [name, { content }] of page) await Deno.writeTextFile(join(folder, name), content);
  for (const [name, text] of await bundlePrograms("local_reader.ts", "teacher.ts")) {
    const file = name === "local_reader.js" ? "reader.js" : name;
    await Deno.writeTextFile(join(folder, file), text);
  }
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
  for (const [name, { read }] of NETWORK_FILES) {
    await Deno.writeFile(join(folder, name), await read());
  }
}
