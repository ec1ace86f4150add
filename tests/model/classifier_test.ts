import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import { cutFonts } from "../../lib/data/letters/cut_fonts.ts";
import { drawLetters } from "../../lib/data/letters/draw.ts";
import { INTER } from "../data/letters/inter.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { movePicture } from "../../lib/image/affine.ts";
import { buildBase } from "../../lib/model/architecture.ts";
import {
  Classifier,
  describeClassifier,
  loadModel,
  predict,
  predictDigit,
} from "../../lib/model/classifier.ts";
import { evaluateProbabilities } from "../../lib/model/evaluation.ts";
import { findModel, findModels, outputFolder } from "../../lib/model/model_folders.ts";
import { saveNetwork } from "../../lib/model/saved_network.ts";
import { withFolder } from "../temporary_folder.ts";
import { answers } from "./answers.ts";
import { CARD, randomNetwork, saveRandomNetwork } from "./saved_networks.ts";

/** Runs `act` with a classifier that was saved and loaded. */
function withModel(act: (model: Classifier) => void | Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await saveRandomNetwork(join(folder, "model"));
    using model = await loadModel(join(folder, "model"));
    await act(model);
  });
}

const pixels = (await loadMnist({ limit: 1 })).test.images;
const rows = Array.from({ length: 28 }, (_, row) => [...pixels.subarray(28 * row, 28 * row + 28)]);

Deno.test("predictDigit() answers with the most probable digit", () =>
  withModel((model) => {
    const { digit, confidence, probabilities } = predictDigit(model, pixels);
    assertEquals(probabilities.length, 10);
    assertAlmostEquals(probabilities.reduce((sum, p) => sum + p, 0), 1, 1e-6);
    assertEquals(confidence, Math.max(...probabilities));
    assertEquals(probabilities[digit], confidence);
  }));

Deno.test("predictDigit() answers as the network does", () =>
  withModel((model) => {
    const expected = tf.tidy(() => {
      const input = tf.tensor4d(Float32Array.from(pixels, (value) => value / 255), [1, 28, 28, 1]);
      return [...(model.network.predict(input) as tf.Tensor).dataSync()];
    });
    assertEquals(predictDigit(model, pixels).probabilities, expected);
  }));

type Picture = Parameters<typeof predictDigit>[1];

const SHAPES: [name: string, picture: Picture][] = [
  ["28 × 28", rows],
  ["28 × 28 × 1", rows.map((row) => row.map((value) => [value]))],
  ["784 numbers", [...pixels]],
  ["rows of typed arrays", rows.map((row) => Uint8Array.from(row)) as unknown as number[][]],
  ["a Uint8ClampedArray", Uint8ClampedArray.from(pixels)],
  ["a Float32Array", Float32Array.from(pixels)],
  ["a Float64Array", Float64Array.from(pixels)],
];

for (const [name, picture] of SHAPES) {
  Deno.test(`predictDigit() takes ${name}`, () =>
    withModel((model) => {
      assertEquals(predictDigit(model, picture), predictDigit(model, pixels));
    }));
}

Deno.test("predictDigit() takes pixels from 0 to 1 where told so, by card or by option", () =>
  withModel((model) => {
    const expected = predictDigit(model, pixels);
    const shares = Float32Array.from(pixels, (value) => value / 255);
    assertEquals(predictDigit(model, shares, { pixelRange: 1 }), expected);
    const card = { ...CARD, input: { ...CARD.input, pixelRange: 1 as const } };
    const other = new Classifier(model.network, card);
    assertEquals(predictDigit(other, shares), expected);
    assertEquals(predictDigit(other, pixels, { pixelRange: 255 }), expected);
  }));

Deno.test("predictDigit() takes an empty sheet", () =>
  withModel((model) => {
    assert(Number.isFinite(predictDigit(model, new Uint8Array(784)).confidence));
  }));

Deno.test("predict() averages what it says of several views", () =>
  withModel((model) => {
    const views = [{}, { shiftX: 1 }, { shiftY: 1 }];
    const [one, two] = predict(model, [pixels, new Uint8Array(784)], { views });
    const each = views.map((view) =>
      predictDigit(model, movePicture(pixels, [view])).probabilities
    );
    one.probabilities.forEach((probability, i) => {
      assertAlmostEquals(probability, each.reduce((sum, row) => sum + row[i], 0) / 3, 1e-6);
    });
    const blank = predictDigit(model, new Uint8Array(784)).probabilities;
    two.probabilities.forEach((probability, i) => assertAlmostEquals(probability, blank[i], 1e-6));
  }));

Deno.test("predict() answers each picture as predictDigit() does", () =>
  withModel(async (model) => {
    const { images } = (await loadMnist({ limit: 20 })).test;
    const pictures = Array.from({ length: 20 }, (_, i) => images.subarray(784 * i, 784 * i + 784));
    const answers = predict(model, pictures);
    assertEquals(
      answers.map(({ index }) => index),
      pictures.map((p) => predictDigit(model, p).digit),
    );
    answers.forEach(({ confidence }, i) =>
      assertAlmostEquals(confidence, predictDigit(model, pictures[i]).confidence, 1e-6)
    );
    assertEquals(predict(model, []), []);
  }));

const changed = (value: number) => Float64Array.from(pixels).fill(value, 400, 401);
const EXPECTED = "Expected a picture of 28 × 28, 28 × 28 × 1 or 784 numbers but found";
const WRONG: [name: string, picture: unknown, message: string, range?: 1 | 255][] = [
  ["783 numbers", pixels.subarray(1), `${EXPECTED} 783 with 783 numbers`],
  ["27 rows", rows.slice(1), `${EXPECTED} 27 × 28 with 756 numbers`],
  ["rows of unequal length", rows.with(3, [0]), `${EXPECTED} 28 × 28 with 757 numbers`],
  [
    "three colours",
    rows.map((row) => row.map((value) => [value, value, value])),
    `${EXPECTED} 28 × 28 × 3 with 2352 numbers`,
  ],
  ["a batch", [rows], `${EXPECTED} 1 × 28 × 28 with 784 numbers`],
  ["no numbers", [], `${EXPECTED} 0 with 0 numbers`],
  ["nothing", undefined, `${EXPECTED} undefined`],
  ["a file name", "digit.png", `${EXPECTED} string`],
  [
    "text among pixels",
    rows.with(9, Array(28).fill("7")),
    "Expected pixels from 0 to 255 but found 7",
  ],
  ["NaN", changed(NaN), "Expected pixels from 0 to 255 but found NaN"],
  ["256", changed(256), "Expected pixels from 0 to 255 but found 256"],
  ["a negative pixel", changed(-0.5), "Expected pixels from 0 to 255 but found -0.5"],
  ["infinite ink", changed(Infinity), "Expected pixels from 0 to 255 but found Infinity"],
  [
    "pixels from 0 to 1 given as 0 to 255",
    Array.from(pixels, (value) => value / 255),
    "Expected pixels from 0 to 255 but found none above 1: give pixelRange 1 for pixels from 0 to 1",
  ],
  [
    "pixels from 0 to 255 given as 0 to 1",
    [...pixels],
    "Expected pixels from 0 to 1 but found 84",
    1,
  ],
];

Deno.test("predictDigit() throws on what is no picture, in one sentence", () =>
  withModel((model) => {
    for (const [name, picture, message, pixelRange] of WRONG) {
      const error = assertThrows(
        () => predictDigit(model, picture as Picture, { pixelRange }),
        RangeError,
      );
      assertEquals(error.message, message, name);
    }
  }));

Deno.test("loadModel() rejects a network that is no classifier of digits by its card", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model");
    const network = await randomNetwork();
    const message =
      `Expected ${path} to hold a classifier of pictures of 28 × 28 whose card names its classes and pixel range but it does not`;
    const cards: unknown[] = [
      null,
      {},
      { ...CARD, classes: "0123456789" },
      { ...CARD, classes: ["0", "1"] },
      { ...CARD, input: undefined },
      { ...CARD, input: { ...CARD.input, pixelRange: 2 } } as unknown as Classifier["card"],
    ];
    const before = tf.memory().numTensors;
    for (const card of cards) {
      await saveNetwork(path, network, card);
      assertEquals((await assertRejects(() => loadModel(path), TypeError)).message, message);
    }
    assertEquals(tf.memory().numTensors, before);
    network.dispose();

    const base = buildBase("cnn-small", 1);
    await saveNetwork(path, base, CARD);
    await assertRejects(() => loadModel(path), TypeError, message);
    base.dispose();
  }));

Deno.test("a model that was disposed of leaves no tensors, nor do predictions", () =>
  withFolder(async (folder) => {
    await saveRandomNetwork(join(folder, "model"));
    const before = tf.memory().numTensors;
    {
      using model = await loadModel(join(folder, "model"));
      const loaded = tf.memory().numTensors;
      assert(loaded > before);
      predictDigit(model, pixels);
      predict(model, [pixels, pixels]);
      assertThrows(() => predictDigit(model, []));
      assertEquals(tf.memory().numTensors, loaded);
    }
    assertEquals(tf.memory().numTensors, before);
  }));

Deno.test("loadModel() loads a head with other classes if its card names them", () =>
  withFolder(async (folder) => {
    await saveRandomNetwork(join(folder, "model"), { ...CARD, classes: ["even", "odd"] });
    using model = await loadModel(join(folder, "model"));
    const [{ index, label, probabilities }] = predict(model, [pixels]);
    assertEquals([label, probabilities.length], [["even", "odd"][index], 2]);
    assertThrows(
      () => predictDigit(model, pixels),
      TypeError,
      "Expected a model of digits but found one of even odd",
    );
  }));

Deno.test("findModels() finds one of digits before others, or serves the named one alone", () =>
  withFolder(async (folder) => {
    assertEquals(Object.keys(await findModels())[0], "digits");
    const model = join(folder, "model");
    await saveRandomNetwork(model, { ...CARD, classes: CLASS_SETS.letters });
    assertEquals(await findModels(model), { letters: model });
    await assertRejects(() => findModels("nowhere"), Error, "Expected nowhere to be the folder");
  }));

Deno.test("outputs of digits lie where they always did, those of others apart", () => {
  assertEquals([outputFolder("digits"), outputFolder("letters")], ["outputs", "outputs/letters"]);
});

Deno.test("The shipped models of letters do what their cards say", async () => {
  for (const name of ["letters", "alphanumeric"] as const) {
    const folder = await findModel(name);
    using model = await loadModel(folder);
    assertEquals(model.card.classes, CLASS_SETS[name]);
    const { size } = await Deno.stat(`data/models/${name}/weights.bin`);
    assert(size < 800_000, `Found ${size} bytes`);
    const masters = await cutFonts([INTER]);
    const options = { count: 520, seed: 1, epoch: 0, split: "train", warp: 0.2 } as const;
    const { images, labels } = drawLetters(masters, options, CLASS_SETS[name]);
    const pictures = Array.from(labels, (_, i) => images.subarray(784 * i, 784 * (i + 1)));
    const right = predict(model, pictures).filter(({ index }, i) => index === labels[i]);
    assert(right.length / 520 > 0.9, `Found ${right.length} of 520 by ${name}`);
  }
});

Deno.test("describeClassifier() rejects at most the share of digits that it states", () => {
  const { probabilities, labels } = answers(2000, 1);
  const validation = evaluateProbabilities(probabilities, labels, ["a", "b", "c"]);
  const { leastConfidence, falseRejections } = describeClassifier(validation, validation)
    .calibration!;
  const rejected = validation.answers.filter(({ confidence }) => confidence < leastConfidence);
  assertEquals(rejected.length / labels.length, falseRejections);
  assert(falseRejections > 0 && falseRejections <= 0.005);
});
