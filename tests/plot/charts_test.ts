import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { decode } from "fast-png";
import { loadFont } from "../../lib/data/letters/fonts.ts";
import { INTER } from "../data/letters/inter.ts";
import type { EpochRecord } from "../../lib/observer.ts";
import { confusionMatrix } from "../../lib/plot/confusion_matrix.ts";
import { predictionExamples } from "../../lib/plot/prediction_examples.ts";
import { readingSteps } from "../../lib/plot/reading_steps.ts";
import { addFont, renderPng, saveChart } from "../../lib/plot/render.ts";
import { type Spec, THEME } from "../../lib/plot/theme.ts";
import { pngUrl } from "../../lib/plot/tiles.ts";
import { trainingCurves } from "../../lib/plot/training_curves.ts";
import { withFolder } from "../temporary_folder.ts";
import { marksOf, pngOf, svgOf, textsOf, valuesOf } from "./chart_inspection.ts";

Deno.test("confusionMatrix() draws cells, counts and recall", async () => {
  const spec = confusionMatrix([[990, 8, 2], [0, 500, 0], [1, 0, 999]], ["4", "7", "9"]);
  assertEquals(marksOf(spec), ["rect", "text", "rect", "text", "text", "text"]);
  assertEquals(await textsOf(spec), [
    ...["8", "2", "1"], // mistakes
    ...["990", "500", "999"],
    "Recall",
    ...["99.0 %", "100.0 %", "99.9 %"],
    "2,489 of 2,500 right (99.56 %)",
    "Most frequent mistake: 4 read as 7 (8 of 1,000)",
    ...["4", "7", "9"], // columns
    "Predicted class",
    ...["4", "7", "9"], // rows
    "Actual class",
  ]);
});

Deno.test("confusionMatrix() colours mistakes and right answers on scales of their own", () => {
  const spec = confusionMatrix([[960, 40], [1, 999]], ["a", "b"]);
  const domains = valuesOf(spec, "scale")
    .filter((scale) => (scale as { type?: string }).type === "sqrt")
    .map((scale) => (scale as { domain: number[] }).domain);
  assertEquals(domains, [[0, 0.04], [0, 1]]);
});

Deno.test("confusionMatrix() switches the colour of the count on dark cells", async () => {
  const svg = await svgOf(confusionMatrix([[100, 0], [70, 30]], ["a", "b"]));
  const fillOf = (count: string) =>
    svg.match(new RegExp(`fill="(#\\w+)"[^>]*>${count}</text>`))?.[1];
  assertEquals(fillOf("100"), "#FFFFFF");
  assertEquals(fillOf("70"), "#FFFFFF");
  assertEquals(fillOf("30"), "#1F2933");
});

Deno.test("confusionMatrix() has no recall for a class without pictures", async () => {
  const texts = await textsOf(confusionMatrix([[5, 0], [0, 0]], ["a", "b"]));
  assert(texts.includes("–"));
  assert(texts.includes("No mistakes"));
  assert(texts.every((text) => !text.includes("NaN")));
});

Deno.test("confusionMatrix() draws a matrix without pictures", async () => {
  const texts = await textsOf(confusionMatrix([[0, 0], [0, 0]], ["a", "b"]));
  assert(texts.includes("No pictures"));
});

Deno.test("confusionMatrix() keeps 37 classes on a page", async () => {
  const classes = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"];
  const spec = confusionMatrix(
    classes.map((_, i) => classes.map((_, j) => i === j ? 1000 : 0)),
    classes,
  );
  const texts = await textsOf(spec);
  for (const name of classes) assertEquals(texts.filter((text) => text === name).length, 2, name);
  assertEquals(texts.filter((text) => text === "1000").length, 37);
  const [width] = valuesOf(spec, "width") as number[];
  assert(width <= 700, `${width}`);
});

Deno.test("confusionMatrix() throws when rows or columns do not match the classes", () => {
  for (const confusion of [[[1, 0], [0, 1]], [[1, 0, 0], [0, 1, 0], [0, 1]]]) {
    const error = assertThrows(() => confusionMatrix(confusion, ["a", "b", "c"]), RangeError);
    assertEquals(error.message, "Expected confusion to have 3 rows and columns but found 2");
  }
});

const pixels = Uint8Array.from({ length: 784 }, (_, i) => i % 256);

function example(actual: string, predicted: string, confidence: number) {
  return { pixels, actual, predicted, confidence };
}

const GROUP = ["point", "text", "rect", "image", "text", "text"];

Deno.test("predictionExamples() shows right answers above wrong ones", async () => {
  const spec = predictionExamples([
    example("4", "9", 0.514),
    example("7", "7", 0.99),
    example("2", "2", 1),
  ]);
  assertEquals(marksOf(spec), [...GROUP, ...GROUP]);
  assertEquals(await textsOf(spec), [
    "Right",
    ...["7", "2"],
    ...["99 % sure", "100 % sure"],
    "Wrong",
    "9, not 4",
    "51 % sure",
    "What the network read",
    "Predicted class and its probability",
  ]);
});

Deno.test("predictionExamples() marks right and wrong by sign and frame, not by colour alone", () => {
  const spec = predictionExamples([example("4", "9", 0.5), example("7", "7", 0.9)]);
  const marks = valuesOf(spec, "mark") as { type: string; shape?: string; strokeWidth?: number }[];
  const shapes = marks.filter(({ type }) => type === "point").map(({ shape }) => shape);
  const frames = marks.filter(({ type }) => type === "rect").map(({ strokeWidth }) => strokeWidth);
  assertEquals(new Set(shapes).size, 2);
  assertEquals(new Set(frames).size, 2);
});

Deno.test("predictionExamples() embeds every pixel of the picture, enlarged", () => {
  const [url] = valuesOf(predictionExamples([example("7", "7", 0.9)]), "url") as string[];
  const png = pngOf(url);
  assertEquals([png.width, png.height, png.channels], [224, 224, 1]);
  for (const [row, column] of [[0, 0], [3, 5], [27, 27]]) {
    for (const corner of [0, 7]) {
      const index = (8 * row + corner) * 224 + 8 * column + corner;
      assertEquals(png.data[index], pixels[28 * row + column]);
    }
  }
});

Deno.test("predictionExamples() says so when a group is empty", async () => {
  const onlyRight = await textsOf(predictionExamples([example("7", "7", 0.9)]));
  assert(onlyRight.includes("Right") && onlyRight.includes("Wrong: none"));
  const nothing = await textsOf(predictionExamples([]));
  assert(nothing.includes("Right: none") && nothing.includes("Wrong: none"));
});

Deno.test("predictionExamples() starts a second row after six pictures", () => {
  const spec = predictionExamples(Array.from({ length: 7 }, () => example("7", "7", 0.9)));
  const tiles = (valuesOf(spec, "values") as { x: number; y: number }[][])
    .find((values) => values.length === 7)!;
  assertEquals(tiles[6].x, tiles[0].x);
  assert(tiles[6].y > tiles[5].y);
  assertEquals(tiles[5].y, tiles[0].y);
});

Deno.test("predictionExamples() makes room for names of classes, and shortens long ones", async () => {
  const spec = predictionExamples([
    example("triangle", "hexagon", 0.9),
    example("a".repeat(300), "plus", 0.9),
  ]);
  const texts = await textsOf(spec);
  assert(texts.includes("hexagon, not triangle"));
  assert(texts.includes(`plus, not ${"a".repeat(19)}…`));
  const places = (valuesOf(spec, "values").flat() as { url?: string; x: number }[])
    .filter(({ url }) => url).map(({ x }) => x);
  assertEquals(places[0], 0);
  assert(places[1] > 7 * "plus, not …".length + 7 * 19);
});

Deno.test("predictionExamples() does not round to certainty", async () => {
  const texts = await textsOf(predictionExamples([example("7", "7", 0.9999)]));
  assert(texts.includes("> 99 % sure"));
});

Deno.test("predictionExamples() throws on a picture of another size", () => {
  const error = assertThrows(
    () => predictionExamples([{ ...example("7", "7", 0.9), pixels: new Uint8Array(783) }]),
    RangeError,
  );
  assertEquals(error.message, "Expected pixels to have 784 values but found 783");
});

const digit = {
  pixels: new Uint8Array(784).fill(100),
  importance: new Float32Array(784).fill(1, 0, 1),
  answer: "7 (99 % sure, then 1)",
};

function step(width: number, height: number) {
  return { name: `${width} × ${height}`, width, height, values: new Uint8Array(width * height) };
}

Deno.test("readingSteps() puts four pictures into a row as high as its highest and its label", async () => {
  const steps = [step(448, 112), step(2, 1), step(28, 28), step(112, 56), step(1, 1000)];
  const spec = readingSteps(steps, [digit]);
  const [tiles] = valuesOf(spec, "values") as [Record<"x" | "y" | "width" | "height", number>[]];
  assertEquals(tiles.map(({ x, y, width, height }) => [x, y, width, height]), [
    [0, 0, 224, 56],
    [240, 0, 224, 112],
    [480, 0, 224, 224],
    [720, 0, 224, 112],
    [0, 267, 1, 224],
    [240, 267, 224, 224],
  ]);
  assertEquals((await textsOf(spec)).slice(0, 2), ["448 × 112", "2 × 1"]);
  assertEquals((valuesOf(spec, "label") as string[][])[5], ["7 (99 % sure,", "then 1)"]);
});

Deno.test("readingSteps() lays orange over the ink that counts", () => {
  const [url] = valuesOf(readingSteps([], [digit]), "url") as string[];
  const { channels, data } = pngOf(url);
  assertEquals([channels, ...data.slice(0, 3)], [3, 115, 51, 0]);
  assertEquals([...data.slice(3 * 8, 3 * 9)], [100, 100, 100]);
});

Deno.test("readingSteps() shows the first twelve digits", () => {
  assertEquals(valuesOf(readingSteps([], new Array(15).fill(digit)), "url").length, 12 + 1);
});

function epochs(stage: EpochRecord["stage"], validationErrors: number[]): EpochRecord[] {
  return validationErrors.map((error, index) => ({
    stage,
    epoch: index + 1,
    trainLoss: 3 * error,
    validationLoss: 4 * error,
    trainAccuracy: 1 - error / 2,
    validationAccuracy: 1 - error,
    learningRate: 1e-3,
    seconds: 2,
  }));
}

const CURVES = ["line", "circle", "point", "text", "text"];
const BOUNDARY = ["rule", "text", "text"];

Deno.test("trainingCurves() draws loss and error with two labelled curves each", async () => {
  const spec = trainingCurves(epochs("head", [0.03, 0.02, 0.01]));
  assertEquals(marksOf(spec), [...CURVES, ...CURVES]);
  const texts = await textsOf(spec);
  for (
    const expected of [
      "Validation error: 1.00 %",
      "head, epoch 3 (ringed)",
      "Loss (cross-entropy), log scale",
      "Error (% of pictures), log scale",
      "Epoch (head)",
    ]
  ) {
    assert(texts.includes(expected), expected);
  }
  assertEquals(texts.filter((text) => text === "training").length, 2);
  assertEquals(texts.filter((text) => text === "validation").length, 2);
});

Deno.test("trainingCurves() takes its values from the history", () => {
  const spec = trainingCurves(epochs("head", [0.03]));
  assertEquals(valuesOf(spec, "values").filter((values) => (values as unknown[]).length === 2)[0], [
    { position: 1, epoch: 1, stage: "head", series: "training", value: 0.09 },
    { position: 1, epoch: 1, stage: "head", series: "validation", value: 0.12 },
  ]);
});

Deno.test("trainingCurves() keeps errors below one per cent apart on a logarithmic axis", async () => {
  const texts = await textsOf(trainingCurves(epochs("head", [0.006, 0.004])));
  for (const tick of ["0.2", "0.5", "1"]) assert(texts.includes(tick), tick);
});

Deno.test("trainingCurves() separates two stages and counts epochs from 1 in each", async () => {
  const spec = trainingCurves([
    ...epochs("head", [0.03, 0.02, 0.01]),
    ...epochs("fine-tuning", [0.009, 0.005, 0.007]),
  ]);
  assertEquals(marksOf(spec), [...BOUNDARY, ...CURVES, ...BOUNDARY, ...CURVES]);
  const texts = await textsOf(spec);
  assert(texts.includes("head") && texts.includes("fine-tuning"));
  assert(texts.includes("fine-tuning, epoch 2 (ringed)"));
  assertEquals(texts.slice(0, 6), ["1", "2", "3", "1", "2", "3"]);
});

Deno.test("trainingCurves() shows every fifth epoch of a long history", async () => {
  const texts = await textsOf(
    trainingCurves(epochs("from-scratch", Array.from({ length: 40 }, (_, i) => 0.1 / (i + 1)))),
  );
  assertEquals(texts.slice(0, 9), ["1", "5", "10", "15", "20", "25", "30", "35", "40"]);
});

Deno.test("trainingCurves() uses a linear axis from 0 where an error is 0", async () => {
  const history = epochs("head", [0.2, 0.1]);
  history[1].trainAccuracy = 1;
  const texts = await textsOf(trainingCurves(history));
  assert(texts.includes("Error (% of pictures)"));
  assert(texts.includes("0"));
});

Deno.test("trainingCurves() leaves out values that are not finite", async () => {
  const history = epochs("head", [0.2, 0.1]).map((record) => ({
    ...record,
    validationLoss: NaN,
    validationAccuracy: NaN,
  }));
  history[1].trainAccuracy = NaN;
  const spec = trainingCurves(history);
  const texts = await textsOf(spec);
  assert(texts.includes("Training without validation pictures"));
  assert(!texts.includes("validation"));
  for (const value of valuesOf(spec, "value")) {
    assert(typeof value !== "number" || Number.isFinite(value), String(value));
  }
});

Deno.test("trainingCurves() keeps both panels as long as the history", async () => {
  const history = epochs("head", [0.2, 0.1, 0.1]);
  history[2].trainLoss = history[2].validationLoss = NaN;
  const texts = await textsOf(trainingCurves(history));
  assertEquals(texts.filter((text) => text === "3").length, 2);
});

Deno.test("trainingCurves() says from which epoch of its stage on the loss is no number, over a band", async () => {
  const history = [...epochs("head", [0.1, 0.05]), ...epochs("fine-tuning", [0.04, NaN])];
  const spec = trainingCurves(history);
  assertEquals(marksOf(spec).filter((mark) => mark === "rect").length, 2);
  const texts = await textsOf(spec);
  assert(texts.includes("The loss is no number from epoch 2 on"));
  assert(!texts.some((text) => text.includes("ringed")));
  assertEquals(texts.filter((text) => text === "no number from epoch 2").length, 2);
});

Deno.test("trainingCurves() has few ticks where values are many powers of ten apart", async () => {
  const history = epochs("head", [0.2, 0.1]);
  Object.assign(history[0], { trainLoss: 8e15, validationLoss: 3e18 });
  Object.assign(history[1], { trainLoss: 1e30, validationLoss: 2e32 });
  const texts = await textsOf(trainingCurves(history));
  const ticks = texts.filter((text) => text.startsWith("1e+"));
  assertEquals([ticks[0], ticks.at(-1), ticks.length], ["1e+14", "1e+34", 11]);
});

Deno.test("trainingCurves() draws a history without a single finite value", async () => {
  const [record] = epochs("head", [NaN]);
  const texts = await textsOf(trainingCurves([record]));
  assert(texts.includes("Epoch (head)"));
});

Deno.test("trainingCurves() throws on an empty history", () => {
  const error = assertThrows(() => trainingCurves([]), RangeError);
  assertEquals(error.message, "Expected history to have at least one epoch but found none");
});

Deno.test("pngUrl() reduces a picture to its middle pixels, and to no less than one a side", () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const { width, height, data } = pngOf(pngUrl({ width: 9, height: 1, values }, 1 / 3));
  assertEquals([width, height, ...data], [3, 1, 2, 5, 8]);
});

const chart = confusionMatrix([[90, 10], [0, 100]], ["cat", "dog"]);

function textChart(text: string): Spec {
  return {
    ...THEME,
    width: 100,
    height: 40,
    padding: 0,
    data: { values: [{}] },
    mark: { type: "text", text, x: 50, y: 20, fontSize: 20 },
  };
}

/** Share of pixels that are not white. */
function inkOf(png: Uint8Array): number {
  const { data, channels, width, height } = decode(png);
  let ink = 0;
  for (let i = 0; i < data.length; i += channels) if (data[i] < 128) ink++;
  return ink / (width * height);
}

Deno.test("renderPng() throws on what Vega-Lite would warn about", async () => {
  await assertRejects(
    () =>
      renderPng({
        data: { values: [{ x: 1 }] },
        mark: "bar",
        encoding: { shape: { field: "x", type: "nominal" } },
      }),
    Error,
    "shape dropped as it is incompatible with",
  );
});

Deno.test({
  name: "renderPng() needs no permission: neither system fonts nor files are read",
  permissions: "none",
  fn: async () => {
    const empty = inkOf(await renderPng(textChart("")));
    const short = inkOf(await renderPng(textChart("1")));
    const long = inkOf(await renderPng(textChart("88888")));
    assertEquals(empty, 0);
    assert(short > 0 && long > 4 * short, `${short} ${long}`);
  },
});

Deno.test("renderPng() gives the same bytes twice and others for another chart", async () => {
  const png = await renderPng(chart);
  assertEquals(await renderPng(chart), png);
  assertNotEquals(await renderPng(confusionMatrix([[91, 9], [0, 100]], ["cat", "dog"])), png);
});

Deno.test("renderPng() shows embedded pictures", async () => {
  const inkWith = async (value: number) =>
    inkOf(
      await renderPng(predictionExamples([{
        pixels: new Uint8Array(784).fill(value),
        actual: "1",
        predicted: "1",
        confidence: 0.9,
      }])),
    );
  assert(await inkWith(0) > await inkWith(255) + 0.02);
});

Deno.test("saveChart() writes what renderPng() returns, and the same at half the size as SVG, with its text", () =>
  withFolder(async (folder) => {
    await saveChart(chart, join(folder, "confusion_matrix"));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["confusion_matrix.png", "confusion_matrix.svg"]);
    const png = await Deno.readFile(join(folder, "confusion_matrix.png"));
    assertEquals(png, await renderPng(chart));
    const svg = await Deno.readTextFile(join(folder, "confusion_matrix.svg"));
    const { width, height } = decode(png);
    assertStringIncludes(svg, `width="${width / 2}" height="${height / 2}"`);
    assertStringIncludes(svg, `fill="#FFFFFF"`);
    assertStringIncludes(svg, "Inter, system-ui, Helvetica, Arial, sans-serif");
    assertStringIncludes(svg, "cat read as dog");
  }));

/** Draws a line of text alone. */
const drawText = (text: string) =>
  renderPng({
    ...THEME,
    width: 60,
    height: 20,
    data: { values: [{}] },
    mark: { type: "text", text },
  });

Deno.test("renderPng() letters in all parts of Inter, and names characters that it lacks", async () => {
  for (const characters of ["Жщ", "λω", "ếợ", "ſŒ", "Ѣѫ", "ἀᾳ"]) {
    assertNotEquals(await drawText(characters[0]), await drawText(characters[1]));
  }
  // No font has what is no character yet.
  assertEquals(await drawText("\u0378"), await drawText("U+0378"));
  assertEquals(await drawText("a \u{1FFFD} b"), await drawText("a U+1FFFD b"));
  for (const characters of ["∀∃", "あい", "ᚠᚢ"]) { // from a font of the system, or named
    assertNotEquals(await drawText(characters[0]), await drawText(characters[1]));
  }
});

Deno.test("addFont() has PNGs show what another font has", async () => {
  const named = await drawText("\u0378");
  addFont(await loadFont({ ...INTER, subset: "cyrillic" }, "woff2"));
  assertNotEquals(await drawText("\u0378"), named);
});
