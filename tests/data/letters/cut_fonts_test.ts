import { assert, assertEquals } from "@std/assert";
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { LETTERS } from "../../../lib/data/class_sets.ts";
import { cutGlyphs } from "../../../lib/data/letters/cut_fonts.ts";
import { GLYPH_PIXELS, GLYPH_SIDE } from "../../../lib/data/letters/draw.ts";
import type { Font } from "../../../lib/data/letters/fonts.ts";

const font: Font = {
  family: "test",
  version: "1.0.0",
  handwriting: true,
  capitalsOnly: false,
  validation: false,
};

type Corners = [x: number, y: number][];

const BAR: Corners = [[0, 0], [200, 0], [200, 400], [0, 400]];

/** Makes a font whose every character has the same outlines, or none. */
function makeFont(characters: string, empty = "", outlines = [BAR]): Uint8Array {
  const glyphs = [...characters].map((character) => {
    const path = new opentype.Path();
    if (!empty.includes(character)) {
      for (const [[x, y], ...rest] of outlines) {
        path.moveTo(x, y);
        for (const corner of rest) path.lineTo(...corner);
        path.close();
      }
    }
    const unicode = character.codePointAt(0)!;
    return new opentype.Glyph({ name: character, unicode, advanceWidth: 600, path });
  });
  const missing = { name: ".notdef", unicode: 0, advanceWidth: 600, path: new opentype.Path() };
  const made = new opentype.Font({
    familyName: "Test",
    styleName: "Regular",
    unitsPerEm: 1000,
    ascender: 800,
    descender: -200,
    glyphs: [new opentype.Glyph(missing), ...glyphs],
  });
  return new Uint8Array(made.toArrayBuffer());
}

Deno.test("cutGlyphs() gives every letter in turn", async () => {
  const glyphs = await cutGlyphs(font, makeFont(LETTERS));
  assertEquals(glyphs.map(({ character }) => character).join(""), LETTERS);
});

Deno.test("cutGlyphs() never asks a font for a digit", async () => {
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
    const glyphs = await cutGlyphs(font, makeFont(LETTERS + "0123456789"));
    assertEquals([...asked].sort().join(""), LETTERS);
    assert(glyphs.every(({ character }) => asked.has(character)));
  } finally {
    Object.assign(opentype.Font.prototype, { charToGlyph, charToGlyphIndex });
  }
});

Deno.test("cutGlyphs() draws a letter in the middle, its larger side 44 pixels", async () => {
  const [{ outline, skeleton, halfWidth }] = await cutGlyphs(font, makeFont(LETTERS));
  const inked = [...Array(GLYPH_PIXELS).keys()].filter((i) => outline[i] > 0);
  const columns = inked.map((i) => i % GLYPH_SIDE);
  const rows = inked.map((i) => Math.floor(i / GLYPH_SIDE));
  assertEquals([Math.min(...rows), Math.max(...rows)], [10, 53]);
  assertEquals([Math.min(...columns), Math.max(...columns)], [21, 42]);
  assertEquals(Math.max(...outline), 110);
  assertEquals(Math.max(...skeleton), 0);
  assert(halfWidth > 8 && halfWidth < 11.5, `half a bar of 22 pixels is not ${halfWidth}`);
});

Deno.test("cutGlyphs() leaves out an empty letter", async () => {
  const glyphs = await cutGlyphs(font, makeFont(LETTERS, "Aq"));
  assertEquals(glyphs.map(({ character }) => character).join(""), LETTERS.replace(/[Aq]/g, ""));
});

Deno.test("cutGlyphs() takes nothing from a font that lacks a letter", async () => {
  assertEquals(await cutGlyphs(font, makeFont(LETTERS.replace("q", ""))), []);
});

Deno.test("cutGlyphs() takes lower case for upper case in a font of capitals", async () => {
  const glyphs = await cutGlyphs({ ...font, capitalsOnly: true }, makeFont(LETTERS));
  assertEquals(glyphs.map(({ character }) => character).join(""), LETTERS.toUpperCase());
});

/** 1 on the skeleton of a character of such outlines, else 0. */
async function skeletonOf(outlines: Corners[]): Promise<Uint8Array> {
  const [{ skeleton }] = await cutGlyphs(font, makeFont("A", "", outlines), "A");
  return Uint8Array.from(skeleton, (distance) => distance === 0 ? 1 : 0);
}

/** Counts the regions of pixels with a value, joined across sides and, if asked, corners. */
function countRegions(mask: Uint8Array, value: number, corners: boolean): number {
  const left = new Set([...mask.keys()].filter((i) => mask[i] === value));
  let regions = 0;
  for (const start of left) {
    regions++;
    const queue = [start];
    left.delete(start);
    for (const i of queue) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = i % GLYPH_SIDE + dx;
          const neighbour = i + dy * GLYPH_SIDE + dx;
          if (x < 0 || x >= GLYPH_SIDE || !left.has(neighbour) || (dx && dy && !corners)) continue;
          left.delete(neighbour);
          queue.push(neighbour);
        }
      }
    }
  }
  return regions;
}

const countInk = (mask: Uint8Array) => mask.reduce((sum, set) => sum + set, 0);

Deno.test("cutGlyphs() thins a bar to its middle line", async () => {
  const skeleton = await skeletonOf([BAR]);
  const columns = new Set(
    [...skeleton.keys()].filter((i) => skeleton[i]).map((i) => i % GLYPH_SIDE),
  );
  assert([...columns].some((column) => column === 31 || column === 32));
  assertEquals(countRegions(skeleton, 1, true), 1);
  assert(countInk(skeleton) >= 22 && countInk(skeleton) <= 48, `Found ${countInk(skeleton)}`);
});

Deno.test("cutGlyphs() keeps a ring a ring when it is thinned", async () => {
  const circle = (radius: number): Corners =>
    Array.from({ length: 60 }, (_, i) => {
      const angle = 2 * Math.PI * i / 60;
      return [300 + radius * Math.cos(angle), 300 + radius * Math.sin(angle)];
    });
  const skeleton = await skeletonOf([circle(300), circle(150).reverse()]);
  assertEquals(countRegions(skeleton, 1, true), 1);
  assertEquals(countRegions(skeleton, 0, false), 2);
  assert(countInk(skeleton) < 150, `Found ${countInk(skeleton)}`);
});

Deno.test("cutGlyphs() keeps the arms of a cross joined when they are thinned", async () => {
  const skeleton = await skeletonOf([
    [
      ...[[0, 200], [200, 200], [200, 0], [400, 0], [400, 200], [600, 200]] as Corners,
      ...[[600, 400], [400, 400], [400, 600], [200, 600], [200, 400], [0, 400]] as Corners,
    ],
  ]);
  assertEquals(countRegions(skeleton, 1, true), 1);
  assertEquals(countRegions(skeleton, 0, false), 1);
  assert(countInk(skeleton) < 100, `Found ${countInk(skeleton)}`);
});
