import { assertEquals, assertThrows } from "@std/assert";
import { LETTER_CLASSES, letterClass, LETTERS } from "../../../lib/data/letters/classes.ts";

Deno.test("LETTERS holds the 52 letters and no digit", () => {
  const codes = [...LETTERS].map((letter) => letter.codePointAt(0)!);
  const upper = Array.from({ length: 26 }, (_, i) => 0x41 + i);
  const lower = Array.from({ length: 26 }, (_, i) => 0x61 + i);
  assertEquals(codes, [...upper, ...lower]);
});

Deno.test("LETTER_CLASSES names 37 different classes, none of them a digit", () => {
  assertEquals(new Set(LETTER_CLASSES).size, 37);
  assertEquals(LETTER_CLASSES.length, 37);
  assertEquals(LETTER_CLASSES.filter((name) => !/^[A-Za-z]$/.test(name)), []);
});

Deno.test("letterClass() merges lower case with upper case where the shapes agree", () => {
  const merged = [...LETTERS].filter((letter) => LETTER_CLASSES[letterClass(letter)] !== letter);
  assertEquals(merged.join(""), "cijklmopsuvwxyz");
  for (const letter of merged) {
    assertEquals(LETTER_CLASSES[letterClass(letter)], letter.toUpperCase());
  }
});

Deno.test("letterClass() throws on anything but a letter", () => {
  assertThrows(() => letterClass("7"), RangeError, 'Expected a letter A–Z or a–z but found "7"');
  assertThrows(() => letterClass("AB"), RangeError, 'Expected a letter A–Z or a–z but found "AB"');
});
