/** Letters and digits drawn with fonts, as files to learn from, to validate and to test on. */

import { join } from "@std/path";
import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Observer } from "../../observer.ts";
import { CLASS_SETS } from "../class_sets.ts";
import { writeFileAtomically } from "../file_system.ts";
import { encodeIdxPair } from "../idx.ts";
import { cutFonts } from "./cut_fonts.ts";
import { drawLetters } from "./draw.ts";
import { type Font, FONTS, MORE_FONTS } from "./fonts.ts";

/** Every character once and the digits twice: so often is each class drawn where case does not count. */
const DRAWN = [...CLASS_SETS["cased-alphanumeric"], ...CLASS_SETS.digits].join("");

/** Pictures drawn at a time. */
const BLOCK = 1000;

const UNSEEN = FONTS.filter(({ validation }) => validation);

/**
 * What is drawn with which fonts: of those that the bases never saw, every other one is for the test.
 * What is learnt from is warped more strongly, which is augmentation; the rest about as much as digits are
 * when they are augmented lightly.
 */
const PARTS: { name: string; split: "train" | "validation"; fonts: Font[]; warp: number }[] = [
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

/**
 * Draws all characters and writes them as {@linkcode loadCharacters} reads them.
 *
 * @param directory Folder for the IDX files.
 * @param options.count Characters to learn from; a tenth as many are drawn for each other part.
 * @returns How many of each part there are, and in how many fonts.
 */
export async function writeCharacters(
  directory: string,
  { count, seed, observer }: { count: number; seed: number; observer: Observer },
): Promise<{ name: string; total: number; fonts: number }[]> {
  await Deno.mkdir(directory, { recursive: true });
  const written = [];
  for (const { name, split, fonts, warp } of PARTS) {
    const masters = await cutFonts(fonts, observer, DRAWN);
    const total = split === "train" ? count : Math.ceil(count / 10);
    const images = new Uint8Array(total * IMAGE_PIXELS);
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
      images.set(drawn.images, first * IMAGE_PIXELS);
      labels.set(drawn.labels, first);
      const done = first + drawn.count;
      observer({ kind: "progress", what: `characters for ${name}`, done, total });
    }
    const files = await encodeIdxPair(name, { count: total, images, labels }, { gzip: true });
    for (const [file, bytes] of Object.entries(files)) {
      await writeFileAtomically(join(directory, file), bytes);
    }
    written.push({ name, total, fonts: fonts.length });
  }
  return written;
}
