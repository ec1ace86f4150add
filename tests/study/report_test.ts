import { assertEquals } from "@std/assert";
import { combine, mean, spread, table } from "../../lib/study/report.ts";

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

Deno.test("combine() puts the same figures together, at any depth", () => {
  const all = [{ a: 1, b: { c: 4, d: { e: 0 } } }, { a: 3, b: { c: 5, d: { e: 8 } } }];
  assertEquals(combine(all, mean), { a: 2, b: { c: 4.5, d: { e: 4 } } });
});

Deno.test("spread() shows mean and the sample's standard deviation in per cent, which is 0 of a single share", () => {
  assertEquals([spread([0.01, 0.03, 0.05]), spread([0.07])], ["3.00 ± 2.00", "7.00 ± 0.00"]);
});
