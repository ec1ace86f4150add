import { assertEquals } from "@std/assert";
import { recipeFor } from "../../lib/model/recipe.ts";

Deno.test("recipeFor() has more epochs where there are few pictures, 200 steps at least", () => {
  const epochsOf = (count?: number) => recipeFor("head", { batchSize: 32 }, count).epochs;
  assertEquals([epochsOf(), epochsOf(1e6), epochsOf(799)], [8, 8, 9]);
  assertEquals(epochsOf(0), 10_000);
  assertEquals(recipeFor("fine-tuning", { epochs: 5 }, 100).epochs, 256);
});
