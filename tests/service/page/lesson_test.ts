import { assertEquals, assertThrows } from "@std/assert";
import { cleanClassName, Lesson } from "../../../lib/service/page/lesson.ts";

const [ONE, TWO, THREE] = [1, 2, 3].map((value) => new Uint8Array(784).fill(value));

/** Names of classes, and the first pixel of each example. */
const outline = (examples: Lesson["examples"]) =>
  Array.from(examples, ([name, pictures]) => [name, ...pictures.map(([pixel]) => pixel)]);

Deno.test("Lesson takes back adding, removing, renaming and dropping, one after the other", () => {
  const lesson = new Lesson();
  lesson.add(new Map([["plus", [ONE]]]));
  lesson.add(new Map([["__proto__", [TWO, THREE]]]));
  lesson.remove("__proto__", 0);
  lesson.rename("plus", "cross");
  lesson.drop("__proto__");
  const seen = [];
  for (; lesson.canUndo; lesson.undo()) seen.push(outline(lesson.examples));
  assertEquals(seen, [
    [["cross", 1]],
    [["cross", 1], ["__proto__", 3]],
    [["plus", 1], ["__proto__", 3]],
    [["plus", 1], ["__proto__", 2, 3]],
    [["plus", 1]],
  ]);
});

Deno.test("Lesson.rename() makes two classes of one name one", () => {
  const lesson = new Lesson(new Map([["a", [ONE]], ["b", [TWO]], ["c", [THREE]]]));
  lesson.rename("c", "a");
  assertEquals(outline(lesson.examples), [["a", 1, 3], ["b", 2]]);
});

Deno.test("Lesson.add() throws on too many examples or classes, and adds none of them", () => {
  const lesson = new Lesson(new Map([["a", [ONE]]]));
  assertThrows(
    () => lesson.add(new Map([["b", Array(500).fill(TWO)]])),
    RangeError,
    "Expected at most 500 examples of 255 classes but found 501 of 2",
  );
  assertThrows(
    () => lesson.add(new Map(Array.from({ length: 255 }, (_, i) => [String(i), []]))),
    RangeError,
    "Expected at most 500 examples of 255 classes but found 1 of 256",
  );
  assertEquals(outline(lesson.examples), [["a", 1]]);
});

Deno.test("Lesson.fromText() reads what toText() wrote, and nothing else", () => {
  const lesson = new Lesson(new Map([["__proto__", [ONE, TWO]], ["は", []]]));
  assertEquals(Lesson.fromText(lesson.toText()).examples, lesson.examples);
  for (const text of ["", "{", "null", "{}", '[["a",["AAAA"]]]', "[[1,[]]]", '[["a",["?"]]]']) {
    assertEquals(Lesson.fromText(text).examples, new Map(), text);
  }
});

Deno.test("cleanClassName() makes any text the name of a folder, and leaves a good one as it is", () => {
  for (
    const [text, name] of [
      ["plus", "plus"],
      ["は", "は"],
      ["__proto__", "__proto__"],
      ["👩‍🎨", "👩‍🎨"],
      ["  two \n words ", "two words"],
      ["", ""],
      ["\0\t", ""],
      [".", "．"],
      ["../x", "．.／x"],
      ["a\\b?", "a＼b？"],
      [".hidden", "．hidden"],
      ["end.", "end．"],
      ["con", "_con"],
      ["lone \ud800", "lone"],
      ["é", "é"],
      ["x".repeat(300), "x".repeat(80)],
      ["x".repeat(79) + "😀", "x".repeat(79)],
    ]
  ) {
    assertEquals(cleanClassName(text), name);
    assertEquals(cleanClassName(name), name);
  }
});
