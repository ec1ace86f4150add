import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { oneCycle, RECIPES } from "../../lib/model/recipe.ts";

Deno.test("oneCycle() starts at 5 %, peaks after 15 % of the steps and ends at 1 %", () => {
  for (const steps of [20, 100, 4297]) {
    assertAlmostEquals(oneCycle(0, steps), 0.05);
    assertAlmostEquals(oneCycle(0.15 * steps, steps), 1);
    assertAlmostEquals(oneCycle(0.075 * steps, steps), 0.525);
    assertAlmostEquals(oneCycle(0.575 * steps, steps), 0.505);
    assertAlmostEquals(oneCycle(steps, steps), 0.01);
  }
});

Deno.test("oneCycle() rises, then falls, without a jump", () => {
  const rates = Array.from({ length: 1000 }, (_, step) => oneCycle(step, 1000));
  for (let step = 1; step < 1000; step++) {
    const change = rates[step] - rates[step - 1];
    assert(step <= 150 ? change > 0 : change < 0, `Found ${change} at step ${step}`);
    assert(Math.abs(change) < 0.007);
  }
});

Deno.test("oneCycle() of a single step is defined", () => {
  assertEquals(oneCycle(0, 1), 0.05);
});

Deno.test("RECIPES keeps the base where only the head learns", () => {
  assertEquals(RECIPES.head.baseRate, 0);
});
