/**
 * Scripts that no base has seen, in fonts that none was made with: each font is one writer. As with
 * `FONTS`, importing this module fetches none of them.
 */

import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Observer } from "../../observer.ts";
import type { Splits } from "../dataset.ts";
import { cutGlyphs } from "./cut_glyphs.ts";
import { drawCharacters } from "./draw.ts";
import { describeAll, loadFont } from "./fonts.ts";
import { type Font, packGlyphs } from "./glyphs.ts";

/** Letters of a script and the fonts to draw them with; no digit of it is among them. */
interface Script {
  name: string;
  letters: string;
  fonts: readonly Font[];
}

/** Two dozen letters of each script; those that draw by hand stand first. */
export const SCRIPTS: readonly Script[] = [
  script("Hebrew", "hebrew", "אבגדהוזחטיכלמנסעפצקרשת", {
    handwriting: "gveret-levin solitreo playpen-sans-hebrew noto-rashi-hebrew",
    text:
      `noto-sans-hebrew noto-serif-hebrew heebo rubik assistant frank-ruhl-libre david-libre alef
      secular-one suez-one bellefair karantina`,
  }),
  script("Hiragana", "japanese", "あいうえおかきくけこさしすせそたちつてとなにぬね", {
    handwriting: `klee-one hachi-maru-pop yuji-mai yuji-syuku kiwi-maru slackside-one darumadrop-one
      cherry-bomb-one`,
    text: `mochiy-pop-one kaisei-decol zen-maru-gothic potta-one reggae-one stick
      sawarabi-mincho@5.2.8`,
  }),
  script("Thai", "thai", "กขคงจฉชซญฎฐฑฒณดตถทธนบปผฝ", {
    handwriting: "mali charm@5.2.7 charmonman@5.2.7 playpen-sans-thai",
    text: `noto-sans-thai noto-serif-thai kanit prompt sarabun mitr chonburi k2d@5.2.8
      kodchasan@5.2.8 pattaya`,
  }),
  script("Devanagari", "devanagari", "कखगघङचछजझञटठडढणतथदधनपफबभ", {
    handwriting: "amita@5.2.8 playpen-sans-deva tillana@5.2.8 kurale dekko",
    text: `noto-sans-devanagari noto-serif-devanagari poppins hind khand laila martel baloo-2 modak
      rozha-one yatra-one`,
  }),
];

/** Every third font writes what is tested on, and nothing that is learnt from. */
const TESTING = 3;

/** How strongly letters are warped: as much as digits are when they are augmented lightly. */
const WARP = 0.4;

function script(
  name: string,
  subset: string,
  letters: string,
  { handwriting, text }: { handwriting: string; text: string },
): Script {
  const fonts = [...describeAll(handwriting, true), ...describeAll(text, false)];
  return { name, letters, fonts: fonts.map((font) => ({ ...font, subset })) };
}

/**
 * Draws a script: every writer as many of each letter as it takes.
 *
 * @param options.learning Pictures of each letter to learn from, by two thirds of the fonts.
 * @param options.testing Pictures of each letter to test on, by the others.
 * @returns Pictures named after their fonts, the writers of a letter in turn.
 * @throws {TypeError} If a font can neither be fetched nor found in Deno's cache.
 */
export async function drawScript(
  { name, letters, fonts }: Script,
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
    for (let i = 0; i < total; i++) {
      const writer = writers[Math.floor(i / classes.length) % writers.length];
      const masters = cut.get(writer)[i % classes.length];
      const drawn = drawCharacters(masters, {
        count: 1,
        firstIndex: i,
        split: "train",
        warp: WARP,
        seed,
        epoch: fonts.indexOf(writer),
      });
      images.set(drawn.images, i * IMAGE_PIXELS);
    }
    return {
      count: total,
      images,
      labels: Uint8Array.from({ length: total }, (_, i) => i % classes.length),
      names: Array.from(
        { length: total },
        (_, i) => writers[Math.floor(i / classes.length) % writers.length].family,
      ),
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
