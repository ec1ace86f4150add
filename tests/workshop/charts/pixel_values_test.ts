import { assert, assertEquals } from "@std/assert";
import { pixelValues } from "../../../lib/workshop/charts/pixel_values.ts";
import { textsOf } from "../../plot/chart_inspection.ts";

Deno.test("pixelValues() writes the brightness of ink into its pixel", async () => {
  const texts = await textsOf(pixelValues(Uint8Array.of(0, 200, 60, 0)));
  assertEquals(texts.filter((text) => ["200", "60"].includes(text)), ["200", "60"]);
  assert(texts.includes("2 × 2 pixels, 2 of them with ink"));
});
