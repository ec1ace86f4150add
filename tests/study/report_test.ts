import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { pairedDifference, spread, table, writeSection } from "../../lib/study/report.ts";
import { withFolder } from "../temporary_folder.ts";

Deno.test("table() sets columns of figures flush right, the first column never", () => {
  assertEquals(
    table(["labels", "right", "", "against"], [
      ["1", "**99.5 ± 0.1**", "met", "−0.1"],
      ["5", "–", "3 s", ""],
    ]),
    "| labels | right |  | against |\n|---|--:|---|--:|\n" +
      "| 1 | **99.5 ± 0.1** | met | −0.1 |\n| 5 | – | 3 s |  |",
  );
});

Deno.test("writeSection() replaces what stands between its markers, and nothing else", () =>
  withFolder(async (folder) => {
    const file = join(folder, "README.md");
    const around = (text: string) =>
      `# Measured\n\n<!-- best: begin -->${text}<!-- best: end -->\n\n<!-- bases: begin -->\n`;
    await Deno.writeTextFile(file, around(""));
    for (const text of ["| a |", "| $& |"]) {
      await writeSection("best", text, file);
      assertEquals(await Deno.readTextFile(file), around(`\n\n${text}\n\n`));
    }
    const before = await Deno.readTextFile(file);
    for (const name of ["bases", "results"]) {
      await assertRejects(
        () => writeSection(name, "| a |", file),
        Error,
        `to have the lines <!-- ${name}: begin --> and <!-- ${name}: end --> but it has not`,
      );
    }
    assertEquals(await Deno.readTextFile(file), before);
  }));

Deno.test("pairedDifference() compares every thing with itself, in percentage points", () => {
  // Of 8 pictures, one is lost with both seeds and one with one: 100 and 50 points, the rest 0.
  const [shares, others] = [[1, 0.5, 1, 0.5, 0, 0, 0, 0], [1, 0.5, 0, 0, 0, 0, 0, 0]];
  const squares = (100 - 18.75) ** 2 + (50 - 18.75) ** 2 + 6 * 18.75 ** 2;
  const error = Math.sqrt(squares / 7 / 8).toFixed(2);
  assertEquals(pairedDifference(shares, others), `+18.75 ± ${error}`);
  assertEquals(pairedDifference(others, shares), `−18.75 ± ${error}`);
  assertEquals(pairedDifference([1, 0], [1, 0]), "+0.00 ± 0.00");
});

Deno.test("spread() shows the mean and the sample's standard deviation, which is 0 of a single value", () => {
  assertEquals([spread([1, 3, 5]), spread([7])], ["3.00 ± 2.00", "7.00 ± 0.00"]);
});
