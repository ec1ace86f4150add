import { assertEquals } from "@std/assert";
import { CORRUPTION_NAMES, type CorruptionName } from "../../../lib/data/augment/corruptions.ts";
import { corruptionBars } from "../../../lib/study/charts/corruption_bars.ts";
import { textsOf, valuesOf } from "../../plot/chart_inspection.ts";

const measured = (error: (index: number) => number) => ({
  cleanError: 0.005,
  errors: Object.fromEntries(
    CORRUPTION_NAMES.map((name, i) => [name, error(i)]),
  ) as Record<CorruptionName, number>,
  meanError: error(7),
});

const CHART = corruptionBars({
  plain: measured((i) => (i + 1) / 20),
  robust: measured((i) => (15 - i) / 100),
});

Deno.test("corruptionBars() has a bar for each network on clean pictures and every corruption", () => {
  const [{ values }] = valuesOf(CHART, "data") as [{ values: unknown[] }];
  assertEquals(values.length, 32);
  assertEquals(values[0], { network: "plain", corruption: "clean", error: 0.5 });
  assertEquals(values.at(-1), { network: "robust", corruption: "canny edges", error: 1 });
});

Deno.test("corruptionBars() names the networks, and the corruptions from the hardest for the first", async () => {
  const texts = await textsOf(CHART);
  const labels = texts.filter((text) =>
    text === "clean" || (CORRUPTION_NAMES as string[]).includes(text)
  );
  assertEquals(labels, [...CORRUPTION_NAMES.toReversed(), "clean"]);
  for (const name of ["plain", "robust"]) assertEquals(texts.includes(name), true);
  assertEquals(texts.includes("Wrong: 40.0 % plain, 8.0 % robust"), true);
});
