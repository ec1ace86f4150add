import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  averageProbabilities,
  computeOutputs,
  confusedPairs,
  evaluateProbabilities,
  pickExamples,
  VIEWS,
} from "../../lib/model/evaluation.ts";
import { startBackend } from "../../lib/backend/backend.ts";
import { startTeam } from "../../lib/model/team.ts";
import { type Move, movePicture } from "../../lib/image/affine.ts";
import { randomNetwork } from "./saved_networks.ts";

const CLASSES = ["a", "b", "c", "d"];

/** Six answers, written so that everything below can be counted by hand. */
const ANSWERS: [actual: string, probabilities: number[]][] = [
  ["a", [0.7, 0.1, 0.1, 0.1]], // right
  ["a", [0.2, 0.6, 0.1, 0.1]], // called b
  ["b", [0.1, 0.8, 0.1, 0.0]], // right
  ["b", [0.4, 0.4, 0.2, 0.0]], // a tie, called a
  ["c", [0.25, 0.25, 0.25, 0.25]], // a tie of all, called a
  ["b", [0.72, 0.28, 0.0, 0.0]], // called a, in the same bin as the first
];

const EVALUATION = evaluateProbabilities(
  Float32Array.from(ANSWERS.flatMap(([, probabilities]) => probabilities)),
  Uint8Array.from(ANSWERS, ([actual]) => CLASSES.indexOf(actual)),
  CLASSES,
);

Deno.test("evaluateProbabilities() counts by true and predicted class, ties for the first", () => {
  assertEquals(EVALUATION.confusion, [
    [1, 1, 0, 0],
    [2, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  assertEquals(EVALUATION.count, 6);
  assertEquals(EVALUATION.accuracy, 2 / 6);
});

Deno.test("evaluateProbabilities() reports precision, recall and F1, 0 for classes never met", () => {
  assertEquals(EVALUATION.perClass, [
    { label: "a", precision: 1 / 4, recall: 1 / 2, f1: 1 / 3, support: 2 },
    { label: "b", precision: 1 / 2, recall: 1 / 3, f1: 2 / 5, support: 3 },
    { label: "c", precision: 0, recall: 0, f1: 0, support: 1 },
    { label: "d", precision: 0, recall: 0, f1: 0, support: 0 },
  ]);
});

Deno.test("evaluateProbabilities() means the cross-entropy over all answers", () => {
  const ofTruth = [0.7, 0.2, 0.8, 0.4, 0.25, 0.28];
  const expected = ofTruth.reduce((sum, p) => sum - Math.log(p), 0) / 6;
  assertAlmostEquals(EVALUATION.loss, expected, 1e-6);
});

Deno.test("evaluateProbabilities() compares confidence and accuracy bin by bin", () => {
  const { calibration, calibrationError } = EVALUATION;
  assertEquals(calibration.length, 15);
  assertEquals(calibration.map(({ count }) => count), [
    ...[0, 0, 0, 1, 0],
    ...[0, 1, 0, 0, 1],
    ...[2, 0, 1, 0, 0],
  ]);
  assertAlmostEquals(calibration[10].confidence, 0.71, 1e-6);
  assertEquals(calibration[10].accuracy, 1 / 2);
  assertEquals(calibration[0], { count: 0, confidence: 0, accuracy: 0 });
  // |1 - 0.7 - 0.72| + 0.6 + |1 - 0.8| + 0.4 + 0.25, over six answers.
  assertAlmostEquals(calibrationError, (0.42 + 0.6 + 0.2 + 0.4 + 0.25) / 6, 1e-6);
});

Deno.test("evaluateProbabilities() lists every answer, and the mistakes by confidence", () => {
  assertEquals(
    EVALUATION.answers.map(({ index, actual, predicted }) => [index, actual, predicted]),
    [
      [0, "a", "a"],
      [1, "a", "b"],
      [2, "b", "b"],
      [3, "b", "a"],
      [4, "c", "a"],
      [5, "b", "a"],
    ],
  );
  assertEquals(EVALUATION.mistakes.map(({ index }) => index), [5, 1, 3, 4]);
  assertEquals(EVALUATION.mistakes[0], {
    index: 5,
    actual: "b",
    predicted: "a",
    confidence: Math.fround(0.72),
  });
});

Deno.test("evaluateProbabilities() stays finite where the truth was ruled out", () => {
  const { loss, calibration, accuracy } = evaluateProbabilities(
    Float32Array.of(1, 0, 0, 1),
    Uint8Array.of(0, 0),
    ["a", "b"],
  );
  assertAlmostEquals(loss, -Math.log(1e-7) / 2, 1e-6);
  assertEquals(calibration[14], { count: 2, confidence: 1, accuracy: 0.5 });
  assertEquals(accuracy, 0.5);
});

Deno.test("evaluateProbabilities() gives perfect figures for perfect answers", () => {
  const { accuracy, loss, calibrationError, mistakes } = evaluateProbabilities(
    Float32Array.of(1, 0, 0, 1),
    Uint8Array.of(0, 1),
    ["a", "b"],
  );
  assertEquals([accuracy, Math.abs(loss), calibrationError, mistakes], [1, 0, 0, []]);
});

const WRONG: [name: string, probabilities: number[], labels: number[], message: string][] = [
  ["no answers", [], [], "Expected 2 probabilities for each of 0 labels but found 0"],
  ["one too few", [1, 0, 1], [0, 1], "Expected 2 probabilities for each of 2 labels but found 3"],
  [
    "a label beyond the classes",
    [1, 0, 1, 0],
    [0, 2],
    "Expected labels from 0 to 1 but found 2 at index 1",
  ],
  [
    "a network that has come apart",
    [1, 0, NaN, NaN],
    [0, 1],
    "Expected probabilities from 0 to 1 but found NaN at index 1",
  ],
];

for (const [name, probabilities, labels, message] of WRONG) {
  Deno.test(`evaluateProbabilities() throws on ${name}`, () => {
    const error = assertThrows(
      () =>
        evaluateProbabilities(
          Float32Array.from(probabilities),
          Uint8Array.from(labels),
          ["a", "b"],
        ),
      RangeError,
    );
    assertEquals(error.message, message);
  });
}

Deno.test("pickExamples() picks the first right one of each class, then the surest mistakes", () => {
  const images = Uint8Array.from({ length: 6 * 784 }, (_, i) => i / 784);
  const dataset = { count: 6, images, labels: new Uint8Array(6) };
  const examples = pickExamples(EVALUATION, dataset, 2);
  assertEquals(examples.map(({ index }) => index), [0, 2, 5, 1]);
  for (const { index, pixels } of examples) assertEquals(pixels, new Uint8Array(784).fill(index));
  assertEquals(pickExamples(EVALUATION, dataset).length, 6);
});

Deno.test("confusedPairs() counts mistakes in either direction, and leaves out pairs without any", () => {
  const confusion = [[9, 1, 0], [0, 10, 0], [0, 0, 10]];
  assertEquals(confusedPairs({ classes: ["4", "9", "7"], confusion }), [
    { pair: ["4", "9"], count: 1, rate: 0.05 },
  ]);
});

/** Two pictures of a bar each. */
const IMAGES = new Uint8Array(2 * 784);
for (const [picture, column] of [[0, 10], [1, 16]]) {
  for (let row = 6; row < 22; row++) {
    IMAGES.fill(255, picture * 784 + row * 28 + column, picture * 784 + row * 28 + column + 3);
  }
}

/** The pictures as a view shows them. */
function seenFrom(images: Uint8Array, view: Move): Uint8Array {
  return Uint8Array.from(
    [0, 784].flatMap((start) =>
      Array.from(movePicture(images.subarray(start, start + 784), [view]), Math.round)
    ),
  );
}

function middleOfInk(images: Uint8Array): { x: number; y: number; ink: number } {
  let [x, y, ink] = [0, 0, 0];
  images.subarray(0, 784).forEach((value, i) => {
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
    ink += value;
  });
  return { x: x / ink, y: y / ink, ink };
}

Deno.test("VIEWS move by whole pixels, turns, and changes the size by 7 %", () => {
  const [still, left, right, up, down, , , smaller, larger] = VIEWS[9]
    .map((view) => middleOfInk(seenFrom(IMAGES, view)));
  assertEquals(still, middleOfInk(IMAGES));
  assertEquals([left.x - still.x, right.x - still.x], [-1, 1]);
  assertEquals([up.y - still.y, down.y - still.y], [-1, 1]);
  assertAlmostEquals(smaller.ink / still.ink, 0.93 ** 2, 0.02);
  assertAlmostEquals(larger.ink / still.ink, 1.07 ** 2, 0.02);
  const [, , , , , turned, back] = VIEWS[9].map((view) => seenFrom(IMAGES, view));
  assert(turned.some((value, i) => value !== back[i]));
});

Deno.test("averageProbabilities() averages over views and networks", async () => {
  await startBackend();
  await using team = await startTeam({ workers: 1 });
  const networks = [await randomNetwork(1), await randomNetwork(2)];
  const views = VIEWS[9].slice(0, 2);
  const average = await averageProbabilities(team, networks, IMAGES, views);
  const each: Float32Array[] = [];
  for (const network of networks) {
    for (const view of views) {
      const seen = seenFrom(IMAGES, view);
      each.push(await computeOutputs(team, network, seen, "probabilities"));
    }
  }
  average.forEach((value, i) => {
    assertAlmostEquals(value, each.reduce((sum, rows) => sum + rows[i], 0) / 4, 1e-6);
  });
  const alone = await averageProbabilities(team, [networks[0]], IMAGES, VIEWS[1]);
  assertEquals([...alone], [...each[0]]);
  for (const network of networks) network.dispose();
});
