import { assert, assertEquals } from "@std/assert";
// @ts-types="npm:@types/opentype.js@1.3.8"
import opentype from "opentype.js";
import { LETTERS } from "../../../lib/data/letters/classes.ts";
import { cutGlyphs } from "../../../lib/data/letters/cut_glyphs.ts";
import { type Font, GLYPH_PIXELS, GLYPH_SIDE } from "../../../lib/data/letters/glyphs.ts";

const font: Font = {
  family: "test",
  version: "1.0.0",
  handwriting: true,
  capitalsOnly: false,
  validation: false,
};

/** Makes a font whose every character is a bar, 200 wide and 400 tall, or nothing. */
function makeFont(characters: string, empty = ""): Uint8Array {
  const glyphs = [...characters].map((character) => {
    const path = new opentype.Path();
    if (!empty.includes(character)) {
      path.moveTo(0, 0);
      path.lineTo(200, 0);
      path.lineTo(200, 400);
      path.lineTo(0, 400);
      path.close();
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
