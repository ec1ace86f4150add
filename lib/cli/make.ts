/** `deno task make`: makes what the repository ships, the letters to learn from, and the library to train with. */

import { join } from "@std/path";
import { bundleLibrary } from "../backend/library.ts";
import { startBackend } from "../backend/mod.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { writeCharacters } from "../data/letters/data_sets.ts";
import { cutFonts } from "../data/letters/cut_fonts.ts";
import { FONTS } from "../data/letters/fonts.ts";
import { FLAGS } from "../flags.ts";
import { BASE_NAMES } from "../model/architecture.ts";
import { pretrainBase } from "../model/bases.ts";
import { recipeFor } from "../model/recipe.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { startTeam } from "../model/team.ts";
import { runOneOf } from "./command_line.ts";
import { showProgress } from "./progress.ts";

await runOneOf({
  name: "make",
  summary: "Makes the bases again that data/ ships, and draws letters to learn from.",
  commands: {
    backend: {
      brief: "the library to train with, as one file",
      summary:
        "Bundles tfjs and the kernels to train with into one file for Deno, Node and browsers.",
      example: "deno task make backend --out outputs/backend",
      flags: { out: { ...FLAGS.out, default: "outputs/backend" } },
      async run({ out }) {
        await Deno.mkdir(out, { recursive: true });
        await writeFileAtomically(join(out, "backend.js"), await bundleLibrary());
        console.log(`Wrote ${join(out, "backend.js")}`);
      },
    },
    base: {
      brief: "a base that reads letters, to data/bases",
      summary:
        "Pre-trains a base on letters drawn with open fonts, which are fetched from npm the first time\n" +
        "(243 packages, 260 MB on disk), and writes it to data/bases/NAME.",
      example: "deno task make base --base cnn-small --epochs 2",
      flags: {
        base: {
          type: "text",
          help: "which base",
          value: "NAME",
          choices: BASE_NAMES,
          default: "cnn",
        },
        epochs: {
          type: "integer",
          help: "epochs, each with letters of its own",
          default: recipeFor("pre-training").epochs,
          least: 1,
          most: 1000,
        },
        letters: {
          type: "integer",
          help: "letters an epoch",
          default: 120_000,
          least: 128,
        },
        seed: FLAGS.seed,
        out: { ...FLAGS.out, help: "folder for the base", default: "data/bases" },
        workers: FLAGS.workers,
        kernels: FLAGS.kernels,
      },
      async run(flags) {
        const started = performance.now();
        const observer = showProgress();
        await startBackend(flags);
        await using team = await startTeam(flags);
        const masters = await cutFonts(FONTS, observer);
        const { base: network, card } = await pretrainBase(team, {
          base: flags.base,
          masters,
          seed: flags.seed,
          lettersPerEpoch: flags.letters,
          recipe: { epochs: flags.epochs },
          observer,
        });
        await saveNetwork(join(flags.out, card.name), network, card);
        console.log(
          `Unseen-font accuracy ${
            (100 * card.unseenFontAccuracy).toFixed(2)
          } % (${card.unseenFontCount} letters) after ${
            ((performance.now() - started) / 1000).toFixed(0)
          } s; the base is in ${flags.out}/${card.name}`,
        );
      },
    },
    letters: {
      brief: "letters and digits drawn with fonts, to data/letters",
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
    },
  },
});
