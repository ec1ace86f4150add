/** `deno task page`: the page to draw digits on, as files for any web server. */

import { findModel } from "../model/classifier.ts";
import { writeStaticPage } from "../service/static_page.ts";
import { runCommand } from "./command_line.ts";

await runCommand({
  name: "page",
  summary:
    "Writes the page to draw digits on as static files; the network runs in the browser, and works\n" +
    "without a network once it is loaded.",
  example: "deno task page --out outputs/page",
  flags: {
    model: {
      type: "text",
      help: "folder of the model, if not outputs/model or data/models/digits",
      value: "DIR",
    },
    out: { type: "text", help: "folder to write", value: "DIR", default: "outputs/page" },
  },
  async run({ model, out }) {
    await writeStaticPage(out, model ?? await findModel());
    console.log(`Wrote ${out}`);
  },
});
