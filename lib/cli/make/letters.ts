/** `deno task make letters`: letters and digits drawn with fonts, as files to learn from. */

import { writeCharacters } from "../../data/letters/data_sets.ts";
import { FLAGS } from "../../flags.ts";
import { defineCommand } from "../command_line.ts";
import { showProgress } from "../progress.ts";

export const letters = defineCommand({
  name: "make letters",
  summary:
    "Draws letters and digits with open fonts, which are fetched from npm the first time (243 packages,\n" +
    "260 MB on disk), as IDX files that train --classes letters and its like learn from. Validation and\n" +
    "test have five fonts each that appear nowhere else.",
  example: "deno task make letters --count 20000",
  flags: {
    count: {
      type: "integer",
      help: "characters to learn from; a tenth as many are drawn to validate and to test on",
      default: 360_000,
      least: 720,
      most: 600_000,
    },
    seed: FLAGS.seed,
    out: { ...FLAGS.out, help: "folder for the files", default: "data/letters" },
  },
  async run({ count, seed, out }) {
    const parts = await writeCharacters(out, { count, seed, observer: showProgress() });
    for (const { name, total, fonts } of parts) {
      console.log(`${name}: ${total} characters in ${fonts} fonts`);
    }
  },
});
