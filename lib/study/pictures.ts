/** The study of how well, and how fast, pictures are read that differ from MNIST's. */

import { encode } from "fast-png";
import { type Dataset, slice } from "../data/dataset.ts";
import { loadMnist } from "../data/mnist.ts";
import { Random } from "../data/random.ts";
import { FLAGS } from "../flags.ts";
import { shrinkPicture } from "../image/shrink.ts";
import { IMAGE_SIDE } from "../image/size.ts";
import { type Classifier, loadModel, predict, predictDigit } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import type { GreyPicture } from "../picture/decode.ts";
import { findDigits } from "../picture/find_digits.ts";
import { median, table } from "./report.ts";
import { defineStudy } from "./study.ts";
import { drawTestPicture, PICTURE_KINDS } from "./test_pictures.ts";

/** Sizes at which MNIST's pictures are pasted, in pixels of the sheet for each of theirs. */
const SCALES = [0.5, 1, 2, 4, 8];

/** Pictures whose reading is timed, each several times: at most how many, which is no more than are {@linkcode SHOWN}. */
const SPEEDS = [
  { kind: "plain", side: 256, most: 30 },
  { kind: "squared", side: 256, most: 30 },
  { kind: "12 megapixels", side: undefined, most: 5 },
];
const ROUNDS = 5;

/** Pictures of each kind on the sheet that is drawn, and the side of each in pixels. */
const [SHOWN, SIDE] = [10, 120];

export const pictures = defineStudy({
  name: "pictures",
  summary: "Draws pictures as people make them, pastes MNIST's anywhere: how many are read right.",
  minutes: 4,
  flags: {
    model: FLAGS.model,
    count: { type: "integer", help: "pictures of each kind", default: 50, least: 1 },
    pasted: { type: "integer", help: "pictures of MNIST to paste", default: 500, least: 1 },
    split: {
      type: "text",
      help: "which pictures of MNIST",
      value: "NAME",
      choices: ["validation", "test"],
      default: "validation",
    },
    seed: { ...FLAGS.seed, help: "seed of the pictures" },
  },
  async run({ model: directory, count, pasted, split, seed }) {
    using model = await loadModel(directory ?? await findModel());
    const mnist = (await loadMnist({ limit: pasted }))[split];
    const drawn = await readDrawn(model, count, seed);
    const tables = [
      table(["kind", "normalised %", "squeezed %"], drawn.rows),
      pastedTable(model, mnist, seed),
      table(
        ["from pixels to answer", "median ms"],
        await timeReading(model, drawn.pictures, count, seed),
      ),
    ];
    const shown = Object.values(drawn.pictures);
    return { text: tables.join("\n\n"), files: { test_pictures: { png: sheet(shown) } } };
  },
});

/** How many pictures of every kind are read right, with normalisation and without; the first of each. */
async function readDrawn(model: Classifier, count: number, seed: number) {
  const pictures: Record<string, GreyPicture[]> = {};
  const rows: string[][] = [];
  for (const kind of PICTURE_KINDS) {
    let [normalised, squeezed] = [0, 0];
    const shown: GreyPicture[] = pictures[kind] = [];
    for (let i = 0; i < count; i++) {
      const { digits, picture } = await drawTestPicture(kind, i % 10, new Random(seed, i));
      if (i < SHOWN) shown.push(picture);
      if (read(model, picture) === digits.join("")) normalised++;
      if (`${predictDigit(model, squeeze(picture)).digit}` === digits.join("")) squeezed++;
    }
    rows.push([kind, ...[normalised, squeezed].map((n) => (100 * n / count).toFixed(1))]);
  }
  return { pictures, rows };
}

/** How many of MNIST's pictures are read right wherever they are pasted. */
function pastedTable(model: Classifier, mnist: Dataset, seed: number): string {
  const { count, labels } = mnist;
  const digit = (i: number) => slice(mnist, i, 1).images;
  const percent = (answer: (i: number) => string) => {
    const hits = labels.filter((label, i) => answer(i) === `${label}`).length;
    return (100 * hits / count).toFixed(2);
  };
  const rows = SCALES.map((scale) => {
    const pasted = (lightOnDark: boolean) =>
      percent((i) => {
        const options = { scale, lightOnDark, random: new Random(seed, i) };
        return read(model, pasteDigit(digit(i), options));
      });
    return [`pasted, × ${scale}`, pasted(true), pasted(false)];
  });
  return table([`MNIST, ${count} pictures`, "light on dark %", "dark on light %"], [
    ["as they are", percent((i) => `${predictDigit(model, digit(i)).digit}`), ""],
    ...rows,
  ]);
}

/**
 * Pastes a digit anywhere on an empty sheet, enlarged or reduced with linear weights, as most programs do.
 *
 * @param pixels White ink (255) on black (0), `[28, 28]`.
 * @param scale Pixels of the sheet for each of the digit's; less than 1 to make it smaller.
 * @param random Size of the sheet, and the place on it.
 */
function pasteDigit(
  pixels: Uint8Array,
  { scale, lightOnDark, random }: { scale: number; lightOnDark: boolean; random: Random },
): GreyPicture {
  const side = Math.round(IMAGE_SIDE * scale);
  const [width, height] = [1, 2].map(() => Math.round(side * random.uniform(1, 2.5)));
  const [left, top] = [width, height].map((length) => random.integer(length - side + 1));
  const taps = Array.from({ length: side }, (_, i) => linearTaps((i + 0.5) / scale - 0.5, scale));
  const values = new Uint8Array(width * height).fill(lightOnDark ? 0 : 255);
  taps.forEach((down, y) =>
    taps.forEach((across, x) => {
      let ink = 0;
      for (const [row, share] of down) {
        for (const [column, weight] of across) {
          ink += share * weight * pixels[row * IMAGE_SIDE + column];
        }
      }
      values[(top + y) * width + left + x] = Math.round(lightOnDark ? ink : 255 - ink);
    })
  );
  return { width, height, values };
}

/** Pixels that a position lies between or covers, with their weights, which sum to 1. */
function linearTaps(position: number, scale: number): [pixel: number, weight: number][] {
  const reach = Math.max(1, 1 / scale);
  const taps: [number, number][] = [];
  for (let at = Math.ceil(position - reach); at <= position + reach; at++) {
    const weight = (1 - Math.abs(at - position) / reach) / reach;
    if (weight > 0) taps.push([Math.min(Math.max(at, 0), IMAGE_SIDE - 1), weight]);
  }
  return taps;
}

/** The digits in a picture, accepted or not. */
function read(model: Classifier, picture: GreyPicture): string {
  const { digits } = findDigits(picture);
  return predict(model, digits.map(({ pixels }) => pixels)).map(({ index }) => index).join("");
}

/** Median time from decoded pixels to the answer; pictures of their kinds' own size are those `drawn` already. */
async function timeReading(
  model: Classifier,
  drawn: Record<string, GreyPicture[]>,
  count: number,
  seed: number,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { kind, side, most } of SPEEDS) {
    const times: number[] = [];
    for (let i = 0; i < Math.min(count, most); i++) {
      const { picture } = side
        ? await drawTestPicture(kind, i % 10, new Random(seed, i), side)
        : { picture: drawn[kind][i] };
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        read(model, picture);
        times.push(performance.now() - start);
      }
    }
    rows.push([side ? `${kind}, ${side} × ${side}` : kind, median(times).toFixed(2)]);
  }
  return rows;
}

/** The whole picture in 28 × 28 pixels, inverted if it is light: what is done where nothing is normalised. */
function squeeze(picture: GreyPicture): Uint8Array {
  const pixels = shrinkPicture(picture);
  const light = pixels.reduce((sum, value) => sum + value, 0) > 127.5 * pixels.length;
  return light ? pixels.map((value) => 255 - value) : pixels;
}

/** Pictures side by side, a kind in each row, as PNG. */
function sheet(rows: GreyPicture[][]): Uint8Array {
  const [width, height] = [rows[0].length * SIDE, rows.length * SIDE];
  const data = new Uint8Array(width * height).fill(128);
  rows.forEach((pictures, row) =>
    pictures.forEach(({ values, ...size }, column) => {
      const step = Math.max(size.width, size.height) / (SIDE - 4);
      for (let y = 0; y < size.height / step; y++) {
        for (let x = 0; x < size.width / step; x++) {
          data[(row * SIDE + y) * width + column * SIDE + x] =
            values[Math.floor(y * step) * size.width + Math.floor(x * step)];
        }
      }
    })
  );
  return encode({ width, height, data, channels: 1, depth: 8 });
}
