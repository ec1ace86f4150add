/** `deno task page`: the page to draw digits on, as files for any web server. */

import { FLAGS } from "../flags.ts";
import { findModels } from "../model/model_folders.ts";
import { writeStaticPage } from "../service/page_files.ts";
import { runCommand } from "./command_line.ts";

await runCommand({
  name: "page",
  summary:
    "Writes the page to draw digits on as static files; the networks run in the browser, and work\n" +
    "without a connection once they are loaded.",
  example: "deno task page --out outputs/page",
  flags: {
    model: { ...FLAGS.model, help: "folder or .zip of a model to show alone, if not all" },
    out: { ...FLAGS.out, default: "outputs/page" },
  },
  async run({ model, out }) {
    console.error("Putting together programs and networks for the browser");
    await writeStaticPage(out, await findModels(model));
    console.log(`Wrote ${out}`);
  },
});
