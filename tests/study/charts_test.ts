import { assert, assertEquals } from "@std/assert";
import { CORRUPTION_NAMES } from "../../lib/data/augment/corruptions.ts";
import { corruptionBars } from "../../lib/study/charts/corruption_bars.ts";
import { fewLabelsCurves } from "../../lib/study/charts/few_labels_curves.ts";
import { marksOf, textsOf, valuesOf } from "../plot/chart_inspection.ts";

const measured = (error: (index: number) => number) => ({
  cleanError: 0.005,
  errors: Object.fromEntries(
    CORRUPTION_NAMES.map((name, i) => [name, error(i)]),
  ) as Record<typeof CORRUPTION_NAMES[number], number>,
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

function summaries(way: string, errors: Record<number, number>, deviation = 0.5) {
  return Object.entries(errors).map(([count, error]) => ({
    way,
    labelsPerClass: Number(count),
    error,
    deviation,
    seconds: 2,
  }));
}

Deno.test("fewLabelsCurves() draws a line with error bars and a name for each way", async () => {
  const spec = fewLabelsCurves([
    ...summaries("letters, frozen", { 1: 25, 5: 6, 10: 3 }),
    ...summaries("from scratch", { 1: 50, 5: 12, 10: 6 }),
  ]);
  assertEquals(marksOf(spec), ["line", "rule", "circle", "text"]);
  const texts = await textsOf(spec);
  for (
    const expected of [
      "letters, frozen: 3.0 % wrong with 10 labels a digit",
      "Mean ± standard deviation over seeds, log scales",
      "letters, frozen",
      "from scratch",
      "Labelled pictures of each digit",
      "Wrong pictures (%)",
    ]
  ) assert(texts.includes(expected), expected);
});

Deno.test("fewLabelsCurves() speaks of the fewest labels where there are not ten", async () => {
  const texts = await textsOf(fewLabelsCurves(summaries("from scratch", { 5: 12, 1: 50 })));
  assert(texts.includes("from scratch: 50.0 % wrong with 1 label a digit"));
});

Deno.test("fewLabelsCurves() keeps error bars above 0, where the axis has no place", () => {
  const [[{ low, high }]] = valuesOf(
    fewLabelsCurves(summaries("from scratch", { 10: 0.3 })),
    "values",
  ) as { low: number; high: number }[][];
  assertEquals([low, high], [0.01, 0.8]);
});

Deno.test("fewLabelsCurves() keeps the names of curves that end together apart", () => {
  const spec = fewLabelsCurves([
    ...summaries("letters, frozen", { 10: 3 }),
    ...summaries("letters, fine-tuned", { 10: 3.01 }),
  ]);
  const names = valuesOf(spec, "values").at(-1) as { way: string; place: number }[];
  assertEquals(names.map(({ way }) => way), ["letters, frozen", "letters, fine-tuned"]);
  assert(names[1].place >= 1.2 * names[0].place);
});
