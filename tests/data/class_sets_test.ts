import { assertEquals } from "@std/assert";
import {
  CLASS_SETS,
  classIndex,
  LETTER_CLASSES,
  LETTERS,
  nameAnswer,
} from "../../lib/data/class_sets.ts";

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

Deno.test("classIndex() merges lower case with upper case where the shapes agree", () => {
  const merged = [...LETTERS].filter((letter) =>
    LETTER_CLASSES[classIndex(letter, LETTER_CLASSES)] !== letter
  );
  assertEquals(merged.join(""), "cijklmopsuvwxyz");
  for (const letter of merged) {
    assertEquals(LETTER_CLASSES[classIndex(letter, LETTER_CLASSES)], letter.toUpperCase());
  }
});

Deno.test("nameAnswer() gives a digit as a number and another class by its name", () => {
  const answer = { index: 7, label: "7" };
  assertEquals(nameAnswer(answer, CLASS_SETS.digits), { digit: 7 });
  assertEquals(nameAnswer({ index: 7, label: "H" }, CLASS_SETS.letters), { character: "H" });
  assertEquals(nameAnswer({ index: 0, label: "+" }, ["+", "-"]), { class: "+" });
});
