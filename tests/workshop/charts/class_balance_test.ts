import { assertEquals } from "@std/assert";
import { classBalance } from "../../../lib/workshop/charts/class_balance.ts";
import { renderSvg } from "../../../lib/plot/render.ts";
import { valuesOf } from "../../plot/chart_inspection.ts";

Deno.test("classBalance() counts every class of every split", async () => {
  const spec = classBalance({ train: Uint8Array.of(0, 0, 1, 0), test: Uint8Array.of(1) }, [
    "a",
    "b",
  ]);
  const [{ values }] = valuesOf(spec, "data") as [{ values: { count: number; share: number }[] }];
  assertEquals(values.map(({ count, share }) => [count, share]), [[3, 75], [1, 25], [0, 0], [
    1,
    100,
  ]]);
  await renderSvg(spec);
});
