/** `deno task make base`: a base learns to read letters drawn with fonts. */

import { join } from "@std/path";
import { startBackend } from "../../backend/mod.ts";
import { FONTS } from "../../data/letters/fonts.ts";
import { cutFonts } from "../../data/letters/cut_fonts.ts";
import { FLAGS } from "../../flags.ts";
import { BASE_NAMES } from "../../model/architecture.ts";
import { pretrainBase } from "../../model/bases.ts";
import { RECIPES } from "../../model/recipe.ts";
import { saveNetwork } from "../../model/saved_network.ts";
import { startTeam } from "../../model/team.ts";
import { defineCommand } from "../command_line.ts";
import { showProgress } from "../progress.ts";

export const base = defineCommand({
  name: "make base",
  summary:
    "Pre-trains a base on letters drawn with open fonts, which are fetched from npm the first time\n" +
    "(243 packages, 260 MB on disk), and writes it to data/bases/NAME.",
  example: "deno task make base --base cnn-small --epochs 2",
  flags: {
    base: { type: "text", help: "which base", value: "NAME", choices: BASE_NAMES, default: "cnn" },
    epochs: {
      type: "integer",
      help: "epochs, each with letters of its own",
      default: RECIPES["pre-training"].epochs,
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
});
