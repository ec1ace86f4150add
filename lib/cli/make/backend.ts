/** `deno task make backend`: the library of lib/backend as one file. */

import { join } from "@std/path";
import { bundleLibrary } from "../../backend/library.ts";
import { writeFileAtomically } from "../../data/file_system.ts";
import { FLAGS } from "../../flags.ts";
import { defineCommand } from "../command_line.ts";

export const backend = defineCommand({
  name: "make backend",
  summary: "Bundles tfjs and the kernels to train with into one file for Deno, Node and browsers.",
  example: "deno task make backend --out outputs/backend",
  flags: { out: { ...FLAGS.out, default: "outputs/backend" } },
  async run({ out }) {
    await Deno.mkdir(out, { recursive: true });
    await writeFileAtomically(join(out, "backend.js"), await bundleLibrary());
    console.log(`Wrote ${join(out, "backend.js")}`);
  },
});
