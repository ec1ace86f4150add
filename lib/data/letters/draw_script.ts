/** Scripts that no base has seen, drawn with fonts that none was made with: each font is one writer. */

import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Observer } from "../../observer.ts";
import type { Splits } from "../dataset.ts";
import { cutGlyphs, packGlyphs } from "./cut_fonts.ts";
import { drawCharacters } from "./draw.ts";
import { loadFont, type SCRIPTS } from "./fonts.ts";

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
  const cut = new Map();
  for (const [i, font] of fonts.entries()) {
    const glyphs = await cutGlyphs(font, await loadFont(font), letters);
    cut.set(font, glyphs.map((glyph) => packGlyphs([glyph])));
    observer?.({ kind: "progress", what: `fonts of ${name}`, done: i + 1, total: fonts.length });
  }
  const draw = ({ count, writers }: typeof parts.train) => {
    const total = count * classes.length;
    const images = new Uint8Array(total * IMAGE_PIXELS);
    const writerOf = (i: number) => writers[Math.floor(i / classes.length) % writers.length];
    for (let i = 0; i < total; i++) {
      const drawn = drawCharacters(cut.get(writerOf(i))[i % classes.length], {
        count: 1,
        firstIndex: i,
        split: "train",
        warp: WARP,
        seed,
        epoch: fonts.indexOf(writerOf(i)),
      });
      images.set(drawn.images, i * IMAGE_PIXELS);
    }
    return {
      count: total,
      images,
      labels: Uint8Array.from({ length: total }, (_, i) => i % classes.length),
      names: Array.from({ length: total }, (_, i) => writerOf(i).family),
    };
  };
  const none = { count: 0, images: new Uint8Array(), labels: new Uint8Array() };
  return {
    train: draw(parts.train),
    validation: none,
    test: draw(parts.test),
    classes,
    source: `${name} in ${fonts.length} fonts`,
  };
}
