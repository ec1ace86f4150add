/** `deno task make letters`: letters and digits drawn with fonts, as files to learn from. */

import { join } from "@std/path";
import { idxNames } from "../../data/characters.ts";
import { CHARACTERS, CLASS_SETS } from "../../data/class_sets.ts";
import { IMAGE_SIDE } from "../../image/size.ts";
import { writeIdx } from "../../data/idx.ts";
import { cutFonts } from "../../data/letters/cut_fonts.ts";
import { drawLetters, type Split } from "../../data/letters/draw.ts";
import { FONTS, MORE_FONTS } from "../../data/letters/fonts.ts";
import type { Font } from "../../data/letters/glyphs.ts";
import { defineCommand, FLAGS } from "../command_line.ts";
import { showProgress } from "../progress.ts";

/** Every character once and the digits twice: so often is each class drawn where case does not count. */
const DRAWN = [...CHARACTERS, ...CLASS_SETS.digits].join("");

/** Pictures drawn at a time. */
const BLOCK = 1000;

const UNSEEN = FONTS.filter(({ validation }) => validation);

/**
 * What is drawn with which fonts: of those that the bases never saw, every other one is for the test.
 * What is learnt from is warped more strongly, which is augmentation; the rest about as much as digits are
 * when they are augmented lightly.
 */
const PARTS: { name: string; split: Split; fonts: Font[]; warp: number }[] = [
  {
    name: "train",
    split: "train",
    fonts: [...FONTS.filter(({ validation }) => !validation), ...MORE_FONTS],
    warp: 0.6,
  },
  {
    name: "validation",
    split: "validation",
    fonts: UNSEEN.filter((_, i) => i % 2 === 0),
    warp: 0.4,
  },
  { name: "test", split: "validation", fonts: UNSEEN.filter((_, i) => i % 2 === 1), warp: 0.4 },
];

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
    const observer = showProgress();
    await Deno.mkdir(out, { recursive: true });
    for (const { name, split, fonts, warp } of PARTS) {
      const masters = await cutFonts(fonts, observer, DRAWN);
      const total = split === "train" ? count : Math.ceil(count / 10);
      const images = new Uint8Array(total * IMAGE_SIDE ** 2);
      const labels = new Uint8Array(total);
      for (let first = 0; first < total; first += BLOCK) {
        const drawn = drawLetters(masters, {
          split,
          warp,
          count: Math.min(BLOCK, total - first),
          seed,
          epoch: 0,
          firstIndex: first,
        }, CLASS_SETS["cased-alphanumeric"]);
        images.set(drawn.images, first * IMAGE_SIDE ** 2);
        labels.set(drawn.labels, first);
        const done = first + drawn.count;
        observer({ kind: "progress", what: `characters for ${name}`, done, total });
      }
      const files = idxNames(name);
      const shape = [total, IMAGE_SIDE, IMAGE_SIDE];
      await writeIdx(join(out, `${files.images}.gz`), { shape, values: images });
      await writeIdx(join(out, `${files.labels}.gz`), { shape: [total], values: labels });
      console.log(`${name}: ${total} characters in ${fonts.length} fonts`);
    }
  },
});
