import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { LETTERS } from "../../../lib/data/class_sets.ts";
import { cutFonts } from "../../../lib/data/letters/cut_fonts.ts";
import type { Font } from "../../../lib/data/letters/fonts.ts";
import { INTER } from "./inter.ts";

const cut = (characters: string, font: Font = INTER) => cutFonts([font], undefined, characters);

Deno.test("cutFonts() asks a font for its letters and for nothing else", async () => {
  const asked = new Set<string>();
  const { charToGlyph, charToGlyphIndex } = opentype.Font.prototype;
  opentype.Font.prototype.charToGlyph = function (character) {
    asked.add(character);
    return charToGlyph.call(this, character);
  };
  opentype.Font.prototype.charToGlyphIndex = function (character) {
    asked.add(character);
    return charToGlyphIndex.call(this, character);
  };
  try {
    const { characters, fontIndices } = await cutFonts([INTER]);
    assertEquals([...asked].sort().join(""), LETTERS);
    assertEquals([characters, fontIndices.length], [LETTERS, 52]);
  } finally {
    Object.assign(opentype.Font.prototype, { charToGlyph, charToGlyphIndex });
  }
});

Deno.test("cutFonts() keeps glyphs in the order of the fonts, in shared memory", async () => {
  const fonts = [{ ...INTER }, { ...INTER }];
  const masters = await cutFonts(fonts, undefined, "ba");
  assertEquals([masters.fonts, [...masters.fontIndices]], [fonts, [0, 0, 1, 1]]);
  assertEquals([masters.characters, [...masters.characterIndices]], ["ba", [0, 1, 0, 1]]);
  assert(masters.outlines.buffer instanceof SharedArrayBuffer);
  assert(masters.skeletons.buffer instanceof SharedArrayBuffer);
});

Deno.test("cutFonts() draws a letter in the middle, its larger side 44 pixels", async () => {
  const { outlines, skeletons, halfWidths: [halfWidth], side, steps } = await cut("l");
  const inked = [...outlines.keys()].filter((i) => outlines[i] > 0);
  const columns = inked.map((i) => i % side);
  const rows = inked.map((i) => Math.floor(i / side));
  assertEquals([Math.min(...rows), Math.max(...rows)], [10, 53]);
  assertEquals(Math.min(...columns) + Math.max(...columns), 63);
  assertEquals(Math.max(...skeletons), 0);
  const width = Math.max(...columns) - Math.min(...columns) + 1;
  assertEquals(Math.max(...outlines), steps * width / 2);
  assertAlmostEquals(halfWidth, width / 2, width / 10);
});

Deno.test("cutFonts() leaves out an empty character", async () => {
  const { characters, fontIndices } = await cut("A q");
  assertEquals([characters, fontIndices.length], ["Aq", 2]);
});

Deno.test("cutFonts() takes nothing from a font that lacks a letter", async () => {
  assertEquals((await cut("Aあ")).fontIndices.length, 0);
});

Deno.test("cutFonts() takes lower case for upper case in a font of capitals", async () => {
  const { characters, characterIndices } = await cut("aBcC", { ...INTER, capitalsOnly: true });
  assertEquals([...characterIndices].map((i) => characters[i]).join(""), "ABCC");
});

/** 1 on the skeleton of a character, else 0, and the side of the picture. */
async function skeletonOf(character: string): Promise<{ skeleton: Uint8Array; side: number }> {
  const { skeletons, side } = await cut(character);
  return { skeleton: Uint8Array.from(skeletons, (distance) => distance === 0 ? 1 : 0), side };
}

/** Counts the regions of pixels with a value, joined across sides and, if asked, corners. */
function countRegions(mask: Uint8Array, side: number, value: number, corners: boolean): number {
  const left = new Set([...mask.keys()].filter((i) => mask[i] === value));
  let regions = 0;
  for (const start of left) {
    regions++;
    const queue = [start];
    left.delete(start);
    for (const i of queue) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = i % side + dx;
          const neighbour = i + dy * side + dx;
          if (x < 0 || x >= side || !left.has(neighbour) || (dx && dy && !corners)) continue;
          left.delete(neighbour);
          queue.push(neighbour);
        }
      }
    }
  }
  return regions;
}

const countInk = (mask: Uint8Array) => mask.reduce((sum, set) => sum + set, 0);

Deno.test("cutFonts() thins a bar to its middle line", async () => {
  const { skeleton, side } = await skeletonOf("l");
  const columns = new Set([...skeleton.keys()].filter((i) => skeleton[i]).map((i) => i % side));
  assert([...columns].some((column) => column === 31 || column === 32));
  assertEquals(countRegions(skeleton, side, 1, true), 1);
  assert(countInk(skeleton) >= 22 && countInk(skeleton) <= 48, `Found ${countInk(skeleton)}`);
});

for (const [character, holes] of [["O", 1], ["B", 2], ["+", 0], ["#", 1]] as const) {
  Deno.test(`cutFonts() keeps the holes of ${character} and its lines joined when they are thinned`, async () => {
    const { skeleton, side } = await skeletonOf(character);
    assertEquals(countRegions(skeleton, side, 1, true), 1);
    assertEquals(countRegions(skeleton, side, 0, false), 1 + holes);
    assert(countInk(skeleton) < 250, `Found ${countInk(skeleton)}`);
  });
}
