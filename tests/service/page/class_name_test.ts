import { assertEquals } from "@std/assert";
import { cleanClassName } from "../../../lib/service/page/class_name.ts";

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
