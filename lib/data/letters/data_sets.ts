/** Data sets drawn with fonts: characters to learn to read, and scripts that no base has seen. */

import { join as joinPath } from "@std/path";
import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Observer } from "../../observer.ts";
import { CLASS_SETS } from "../class_sets.ts";
import { join, type Splits } from "../dataset.ts";
import { writeFileAtomically } from "../file_system.ts";
import { encodeIdxPair } from "../idx.ts";
import { cutFonts } from "./cut_fonts.ts";
import { drawLetters, type GlyphMasters } from "./draw.ts";
import { type Font, FONTS, MORE_FONTS, type SCRIPTS } from "./fonts.ts";

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
const PARTS = {
  train: { fonts: [...FONTS.filter(({ validation }) => !validation), ...MORE_FONTS], warp: 0.6 },
  validation: { fonts: UNSEEN.filter((_, i) => i % 2 === 0), warp: 0.4 },
  test: { fonts: UNSEEN.filter((_, i) => i % 2 === 1), warp: 0.4 },
};

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
  for (const [name, { fonts, warp }] of Object.entries(PARTS)) {
    const masters = await cutFonts(fonts, observer, DRAWN);
    const [split, total] = name === "train"
      ? ["train", count] as const
      : ["validation", Math.ceil(count / 10)] as const;
    const images = new Uint8Array(total * IMAGE_PIXELS);
    const labels = new Uint8Array(total);
    for (let first = 0; first < total; first += BLOCK) {
      const done = Math.min(first + BLOCK, total);
      const options = { split, warp, count: done - first, seed, epoch: 0, firstIndex: first };
      const drawn = drawLetters(masters, options, CLASS_SETS["cased-alphanumeric"]);
      images.set(drawn.images, first * IMAGE_PIXELS);
      labels.set(drawn.labels, first);
      observer({ kind: "progress", what: `characters for ${name}`, done, total });
      await new Promise((resolve) => setTimeout(resolve)); // Ctrl+C is heard between two blocks.
    }
    const files = await encodeIdxPair(name, { count: total, images, labels }, { gzip: true });
    for (const [file, bytes] of Object.entries(files)) {
      await writeFileAtomically(joinPath(directory, file), bytes);
    }
    written.push({ name, total, fonts: fonts.length });
  }
  return written;
}

// Scripts that no base has seen, drawn with fonts that none was made with: each font is one writer

/** Every third font writes what is tested on, and nothing that is learnt from. */
const TESTING = 3;

/** How strongly letters are warped: as much as digits are when they are augmented lightly. */
const WARP = 0.4;

/**
 * Draws a script: every writer as many of each letter as it takes.
 *
 * @param options.learning Pictures of each letter to learn from, by two thirds of the fonts.
 * @param options.testing Pictures of each letter to test on, by the others.
 * @returns Pictures named after their fonts, the writers of a letter in turn.
 * @throws {TypeError} If a font can neither be fetched nor found in Deno's cache.
 */
export async function drawScript(
  { name, letters, fonts }: typeof SCRIPTS[number],
  { learning, testing, seed, observer }: {
    learning: number;
    testing: number;
    seed: number;
    observer?: Observer;
  },
): Promise<Splits> {
  const classes = [...letters];
  const parts = {
    train: { count: learning, writers: fonts.filter((_, i) => i % TESTING !== TESTING - 1) },
    test: { count: testing, writers: fonts.filter((_, i) => i % TESTING === TESTING - 1) },
  };
  const cut = new Map<Font, GlyphMasters>();
  for (const [i, font] of fonts.entries()) {
    cut.set(font, await cutFonts([font], undefined, letters));
    observer?.({ kind: "progress", what: `fonts of ${name}`, done: i + 1, total: fonts.length });
  }
  const draw = ({ count, writers }: typeof parts.train) => {
    const total = count * classes.length;
    const written = Array.from({ length: total }, (_, i) => {
      const writer = writers[Math.floor(i / classes.length) % writers.length];
      const options = {
        count: 1,
        firstIndex: i,
        only: classes[i % classes.length],
        warp: WARP,
        seed,
      };
      const picture = drawLetters(
        cut.get(writer)!,
        { ...options, split: "train", epoch: fonts.indexOf(writer) },
        classes,
      );
      return { ...picture, names: [writer.family] };
    });
    return join(...written);
  };
  return {
    train: draw(parts.train),
    validation: { count: 0, images: new Uint8Array(), labels: new Uint8Array() },
    test: draw(parts.test),
    classes,
    source: `${name} in ${fonts.length} fonts`,
  };
}
