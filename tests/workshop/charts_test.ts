import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Evaluation } from "../../lib/model/evaluation.ts";
import type { EpochRecord } from "../../lib/observer.ts";
import { COLORS } from "../../lib/plot/theme.ts";
import { classBalance } from "../../lib/workshop/charts/class_balance.ts";
import { reliabilityDiagram, riskCoverage } from "../../lib/workshop/charts/confidence.ts";
import { confusionExamples } from "../../lib/workshop/charts/confusion_examples.ts";
import { digitMap } from "../../lib/workshop/charts/digit_map.ts";
import { comparisonCurves, lineChart } from "../../lib/workshop/charts/line_chart.ts";
import { pictureGrid, pictureSheet } from "../../lib/workshop/charts/pictures.ts";
import { pixelValues } from "../../lib/workshop/charts/pixel_values.ts";
import { marksOf, pngOf, svgOf, textsOf, valuesOf } from "../plot/chart_inspection.ts";

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

function history(...validationAccuracies: number[]): EpochRecord[] {
  return validationAccuracies.map((validationAccuracy, i) => ({
    stage: "head",
    epoch: i + 1,
    trainLoss: 1,
    validationLoss: 1,
    trainAccuracy: 0.9,
    validationAccuracy,
    learningRate: 1e-3,
    seconds: 1,
  }));
}

Deno.test("comparisonCurves() names every run once, at the end of its curve", async () => {
  const texts = await textsOf(
    comparisonCurves({ frozen: history(0.9, 0.95, 0.97), "from scratch": history(0.5, 0.8) }),
  );
  assertEquals(texts.filter((text) => text === "frozen").length, 1);
  assertEquals(texts.filter((text) => text === "from scratch").length, 1);
  assert(texts.includes("Lowest: frozen"));
});

Deno.test("comparisonCurves() leaves out an error of 0, which a logarithmic axis cannot show", async () => {
  const texts = await textsOf(comparisonCurves({ frozen: history(0.9, 1) }));
  assert(texts.every((text) => !/NaN|Infinity/.test(text)));
});

Deno.test("lineChart() names each line at its end, with dots unless they would run together", () => {
  const long = Array.from({ length: 100 }, (_, i): [number, number] => [i, i]);
  const spec = lineChart({ long, short: [[0, 3], [1, 2]] }, { title: "", x: "step", y: "loss" });
  const dots = valuesOf(spec, "dots") as number[];
  assertEquals([dots.length, dots.filter((dot) => dot === 1).length], [102, 2]);
  assertEquals(marksOf(spec), ["line", "circle", "text"]);
});

Deno.test("lineChart() says from where on a line is no number, also if none of them is one", async () => {
  for (const scale of ["linear", "log"] as const) {
    const options = { title: "Rates", x: "step", y: "loss", scale };
    const lines: Record<string, [number, number][]> = { wild: [[0, 1], [1, Infinity], [2, NaN]] };
    const some = await textsOf(lineChart({ ...lines, tame: [[0, 1], [2, 0.5]] }, options));
    assert(some.includes("wild: no number from step 1 on"), some.join());
    const none = await textsOf(lineChart({ wilder: [[0, NaN]] }, options));
    assert(none.includes("wilder: no number from step 0 on"), none.join());
  }
});

function mistakes(actual: string, predicted: string, count: number) {
  const pixels = new Uint8Array(784);
  return Array.from({ length: count }, (_, index) => ({
    index,
    actual,
    predicted,
    confidence: 0.9,
    pixels,
  }));
}

Deno.test("confusionExamples() first shows the cell with the most mistakes", async () => {
  const spec = confusionExamples([...mistakes("4", "9", 2), ...mistakes("9", "4", 3)], ["4", "9"]);
  const texts = await textsOf(spec);
  assertEquals(texts.filter((text) => text === "4, not 9").length, 3);
  assertEquals(texts.filter((text) => text === "9, not 4").length, 0);
});

Deno.test("confusionExamples() shows sixteen pictures at most", async () => {
  const svg = await svgOf(confusionExamples(mistakes("4", "9", 40), ["4", "9"]));
  assertEquals(svg.match(/<image /g)?.length, 16);
});

Deno.test("confusionExamples() throws without mistakes", () => {
  const error = assertThrows(() => confusionExamples([], ["4", "9"]), RangeError);
  assertEquals(error.message, "Expected at least one mistake but found none");
});

const answers: Evaluation["answers"] = [
  { index: 0, actual: "4", predicted: "4", confidence: 0.9 },
  { index: 1, actual: "7", predicted: "1", confidence: 0.6 },
  { index: 2, actual: "7", predicted: "7", confidence: 0.8 },
];
const places = [{ x: 0, y: 1 }, { x: 2, y: 3 }, { x: 4, y: 5 }];
const images = new Uint8Array(3 * 784);

Deno.test("digitMap() writes each digit at its place and rings the mistakes", async () => {
  const spec = digitMap({ places, answers, images }, "Features");
  assertEquals(marksOf(spec), ["text", "text", "point"]);
  const texts = await textsOf(spec);
  assertEquals(texts.filter((text) => text === "7").length, 2);
  assert(texts.includes("3 pictures, 1 read wrong (ringed)"));
  const rings = (await svgOf(spec)).match(/stroke-width="2"/g);
  assertEquals(rings?.length, 1);
});

Deno.test("digitMap() has the pictures of strangers under the mouse, and only those", () => {
  const inked = images.slice().fill(255, 784, 2 * 784);
  const [others, strangers] = valuesOf(
    digitMap({ places, answers, images: inked }, "Features"),
    "values",
  ) as [string, { url: string; predicted: string }[]];
  // The 4 is nearest to a 7, one 7 was read wrong; the other 7 is nearest to a 7.
  assertEquals(others, "x,y,actual,predicted,confidence\n4,5,7,7,0.8");
  assertEquals(strangers.map(({ predicted }) => predicted), ["4", "1"]);
  assert(strangers.every(({ url }) => url.startsWith("data:image/png;base64,")));
  assert(strangers[0].url !== strangers[1].url);
});

Deno.test("digitMap() shows a map without strangers, without others, and without mistakes", async () => {
  for (const digits of ["444", "474", "4"]) {
    const right = Array.from(digits, (digit, index) => ({
      index,
      actual: digit,
      predicted: digit,
      confidence: 0.9,
    }));
    const map = {
      places: places.slice(0, digits.length),
      answers: right,
      images: images.subarray(0, 784 * digits.length),
    };
    const texts = await textsOf(digitMap(map, "Features"));
    assertEquals(texts.filter((text) => "47".includes(text)), [...digits]);
  }
});

Deno.test("digitMap() throws unless everything is there for every picture", () => {
  assertThrows(
    () => digitMap({ places: places.slice(1), answers, images }, "Features"),
    RangeError,
    "Expected a place and an answer for each of 3 pictures but found 2 and 3",
  );
});

Deno.test("pictureGrid() puts pictures into rows with their captions", async () => {
  const pictures = ["a", "b", "c"].map((caption) => ({ pixels: new Uint8Array(4), caption }));
  const spec = pictureGrid(pictures, { title: "Three", columns: 2, side: 10 });
  assertEquals(await textsOf(spec), ["a", "b", "c", "Three"]);
  const [{ values }] = valuesOf(spec, "data") as [{ values: { x: number; y: number }[] }];
  assertEquals(values.map(({ x, y }) => [x, y]), [[0, 0], [18, 0], [0, 34]]);
  const svg = await svgOf(spec);
  assertEquals(svg.match(/<image /g)?.length, 3);
});

Deno.test("pictureGrid() shows the picture and its details under the mouse", () => {
  const spec = pictureGrid([{ pixels: new Uint8Array(4), details: { label: "7" } }], { title: "" });
  const [tooltip] = valuesOf(spec, "tooltip") as { field: string; title?: string }[][];
  assertEquals(tooltip.map(({ field, title }) => title ?? field), ["image", "label"]);
});

Deno.test("pictureGrid() says what the colours of numbers mean", async () => {
  const subtitleOf = async (...values: number[]) =>
    (await textsOf(pictureGrid([{ pixels: Float32Array.from(values) }], { title: "Maps" })))
      .find((text) => text.startsWith("White"));
  assertEquals(await subtitleOf(1), "White: 0; blue: above it");
  assertEquals(await subtitleOf(-1), "White: 0; blue: above it; orange: below it");
});

Deno.test("pictureGrid() draws signed numbers blue above 0, white at 0, orange below", () => {
  const [url] = valuesOf(
    pictureGrid([{ pixels: Float32Array.of(2, 0, -2, -1) }], { title: "", side: 1 }),
    "url",
  ) as string[];
  const { channels, data } = pngOf(url);
  assertEquals(channels, 3);
  const hex = (i: number) =>
    "#" + Uint8Array.from(data.slice(3 * i, 3 * i + 3)).toHex().toUpperCase();
  assertEquals([hex(0), hex(1), hex(2)], [COLORS.right, "#FFFFFF", COLORS.wrong]);
});

Deno.test("pictureGrid() enlarges by whole factors, to at least twice the side asked for", () => {
  const pictures = [{ pixels: new Uint8Array(9) }];
  const [url] = valuesOf(pictureGrid(pictures, { title: "", side: 5 }), "url") as string[];
  assertEquals(pngOf(url).width, 12);
});

Deno.test("pictureGrid() throws on a picture that is not square", () => {
  for (const length of [0, 8]) {
    assertThrows(
      () => pictureGrid([{ pixels: new Uint8Array(length) }], { title: "" }),
      RangeError,
      `Expected pixels to fill a square but found ${length}`,
    );
  }
});

Deno.test("pictureGrid() has one scale for all pictures or one for each", () => {
  const pictures = [1, 4].map((value) => ({ pixels: Float32Array.of(value) }));
  const brightness = (scale?: "own") => {
    const spec = pictureGrid(pictures, { title: "", scale });
    const [{ values }] = valuesOf(spec, "data") as [{ values: { url: string }[] }];
    return values.map(({ url }) => pngOf(url).data[0]);
  };
  const [weak, strong] = brightness();
  assert(weak > strong);
  assertEquals(brightness("own"), [strong, strong]);
});

const wide = { name: "wide", width: 20, height: 10, values: new Uint8Array(200).fill(90, 0, 20) };
const high = { name: "high", width: 3, height: 300, values: new Uint8Array(900) };

Deno.test("pictureSheet() shows every picture with its name, in rows", async () => {
  const spec = pictureSheet([wide, high, wide, wide, wide, wide], { title: "Steps", side: 100 });
  assertEquals(marksOf(spec), ["image", "text"]);
  const texts = await textsOf(spec);
  assertEquals(texts, ["wide", "high", "wide", "wide", "wide", "wide", "Steps"]);
  const [values] = valuesOf(spec, "values") as { x: number; y: number }[][];
  assertEquals(values.map(({ x, y }) => [x, y]), [
    ...[0, 116, 232, 348, 464].map((x) => [x, 0]),
    [0, 134],
  ]);
});

Deno.test("pictureSheet() enlarges small pictures by whole pixels and keeps their shape", () => {
  const [values] = valuesOf(
    pictureSheet([wide, high], { title: "Steps", side: 90 }),
    "values",
  ) as { url: string }[][];
  const [first, second] = values.map(({ url }) => pngOf(url));
  assertEquals([first.width, first.height], [100, 50]);
  assertEquals([first.data[0], first.data[4 * 100 + 99], first.data[5 * 100]], [90, 90, 0]);
  assertEquals([second.width, second.height], [3, 300]);
  assert(second.data.every((value) => value === 0));
});

Deno.test("pixelValues() writes the brightness of ink into its pixel", async () => {
  const texts = await textsOf(pixelValues(Uint8Array.of(0, 200, 60, 0)));
  assertEquals(texts.filter((text) => ["200", "60"].includes(text)), ["200", "60"]);
  assert(texts.includes("2 × 2 pixels, 2 of them with ink"));
});

Deno.test("reliabilityDiagram() leaves out empty bins", async () => {
  const bins = [
    { count: 0, confidence: 0, accuracy: 0 },
    { count: 1234, confidence: 0.9, accuracy: 0.8 },
  ];
  const texts = await textsOf(reliabilityDiagram(bins));
  assert(texts.includes("1,234"));
  assert(!texts.includes("0"));
  assert(texts.includes("Expected calibration error: 10.00 %"));
});

Deno.test("reliabilityDiagram() draws Wilson's interval, which stays within 0 and 1", () => {
  // 9 of 10 right: 0.596–0.982, as in tables of the interval.
  const spec = reliabilityDiagram([
    { count: 10, confidence: 0.9, accuracy: 0.9 },
    { count: 3, confidence: 1, accuracy: 1 },
  ]);
  const data = valuesOf(spec, "values").find((values) =>
    Array.isArray(values) && "low" in Object(values[0])
  ) as { low: number; high: number }[];
  assertAlmostEquals(data[0].low, 0.596, 1e-3);
  assertAlmostEquals(data[0].high, 0.982, 1e-3);
  assert(data[1].high <= 1);
});

function answered(...rights: boolean[]) {
  return rights.map((right, index) => ({
    index,
    actual: "4",
    predicted: right ? "4" : "9",
    confidence: 1 - index / 1000,
  }));
}

Deno.test("riskCoverage() sorts by confidence and counts the wrong ones", async () => {
  const spec = riskCoverage(answered(true, false, true, true).reverse());
  const [{ values }] = valuesOf(spec, "data") as [
    { values: { coverage: number; risk: number }[] },
  ];
  assertEquals(values.map(({ coverage, risk }) => [coverage, risk]), [
    [0.25, 0],
    [0.5, 0.5],
    [0.75, 1 / 3],
    [1, 0.25],
  ]);
  await svgOf(spec);
});

Deno.test("riskCoverage() says so when there is no mistake", () => {
  assertEquals(riskCoverage(answered(true, true)).title, {
    text: "No mistake among the surest 100.0 %",
    subtitle: "All 2 answered: 0.00 % wrong",
  });
});

Deno.test("riskCoverage() thins out a long curve, and keeps its last point", () => {
  const spec = riskCoverage(answered(...new Array(1003).fill(true)));
  const [{ values }] = valuesOf(spec, "data") as [{ values: { coverage: number }[] }];
  assertEquals(values.length, 201);
  assertEquals(values.at(-1)!.coverage, 1);
});

Deno.test("riskCoverage() throws without answers", () => {
  const error = assertThrows(() => riskCoverage([]), RangeError);
  assertEquals(error.message, "Expected at least one answer but found none");
});
