import { assert, assertEquals } from "@std/assert";
import { classBalance } from "../../../lib/workshop/charts/class_balance.ts";
import { textsOf, valuesOf } from "../../plot/chart_inspection.ts";

Deno.test("classBalance() counts every class of every split, and names the extremes of the first", async () => {
  const spec = classBalance({ train: Uint8Array.of(0, 0, 1, 0), test: Uint8Array.of(1) }, [
    "a",
    "b",
  ]);
  const [{ values }] = valuesOf(spec, "data") as [{ values: { count: number; share: number }[] }];
  assertEquals(values.map(({ count, share }) => [count, share]), [[3, 75], [1, 25], [0, 0], [
    1,
    100,
  ]]);
  const texts = await textsOf(spec);
  assert(texts.includes("a is the most frequent class, b the rarest"));
  assert(texts.includes("Share of each class; train: from 25.0 % to 75.0 %"));
});
