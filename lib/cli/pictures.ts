/** `deno task pictures`: how well, and how fast, pictures are read that differ from MNIST. */

import { join } from "@std/path";
import { encode } from "fast-png";
import { writeFileAtomically } from "../data/file_system.ts";
import type { Dataset } from "../data/dataset.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { loadMnist } from "../data/mnist.ts";
import { Random } from "../data/random.ts";
import { type Classifier, loadModel, predict, predictDigit } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import type { GreyPicture } from "../picture/decode.ts";
import { findDigits } from "../picture/find_digits.ts";
import { shrinkPicture } from "../image/shrink.ts";
import { drawTestPicture, pasteDigit, PICTURE_KINDS } from "../study/test_pictures.ts";
import { runCommand } from "./command_line.ts";

/** Sizes at which MNIST's pictures are pasted, in pixels of the sheet for each of theirs. */
const SCALES = [0.5, 1, 2, 4, 8];

/** Pictures whose reading is timed, each several times. */
const SPEEDS = [
  { kind: "plain", side: 256, count: 30 },
  { kind: "squared", side: 256, count: 30 },
  { kind: "12 megapixels", side: undefined, count: 5 },
];
const ROUNDS = 5;

/** Pictures of each kind on the sheet that `--show` draws, and the side of each in pixels. */
const [SHOWN, SIDE] = [10, 120];

await runCommand({
  name: "pictures",
  summary:
    "Draws pictures of digits in the ways in which people's pictures differ from MNIST's, and\n" +
    "prints how many of each kind are read right with and without normalisation; the same for\n" +
    "MNIST's pictures pasted anywhere on a sheet; and the median time an answer takes.",
  example: "deno task pictures --count 100 --show outputs",
  flags: {
    model: {
      type: "text",
      help: "folder of the model, if not outputs/model or data/models/digits",
      value: "DIR",
    },
    count: { type: "integer", help: "pictures of each kind", default: 50, least: 1 },
    pasted: { type: "integer", help: "pictures of MNIST to paste", default: 500, least: 1 },
    split: {
      type: "text",
      help: "which pictures of MNIST",
      value: "NAME",
      choices: ["validation", "test"],
      default: "validation",
    },
    seed: { type: "integer", help: "seed of the pictures", default: 1, least: 0 },
    show: { type: "text", help: "draw some of each kind into DIR/test_pictures.png", value: "DIR" },
  },
  async run({ model: directory, count, pasted, split, seed, show }) {
    using model = await loadModel(directory ?? await findModel());
    console.log(`${"kind".padEnd(24)} normalised %  squeezed %`);
    const shown: GreyPicture[] = [];
    for (const kind of PICTURE_KINDS) {
      let [normalised, squeezed] = [0, 0];
      for (let i = 0; i < count; i++) {
        const { digit, picture } = await drawTestPicture(kind, i % 10, new Random(seed, i));
        if (i < SHOWN) shown.push(picture);
        const { digits } = findDigits(picture);
        if (digits.length === 1 && predictDigit(model, digits[0].pixels).digit === digit) {
          normalised++;
        }
        if (predictDigit(model, squeeze(picture)).digit === digit) squeezed++;
      }
      const [on, off] = [normalised, squeezed].map((n) =>
        (100 * n / count).toFixed(1).padStart(11)
      );
      console.log(`${kind.padEnd(24)} ${on} ${off}`);
    }
    const mnist = (await loadMnist())[split as "validation" | "test"];
    printPasted(model, mnist, Math.min(pasted, mnist.count), seed);
    await printSpeed(model, seed);
    if (show !== undefined) {
      await Deno.mkdir(show, { recursive: true });
      await writeFileAtomically(
        join(show, "test_pictures.png"),
        sheet(shown, Math.min(count, SHOWN)),
      );
    }
  },
});

/** How many of MNIST's pictures are read right wherever they are pasted. */
function printPasted(model: Classifier, { images, labels }: Dataset, count: number, seed: number) {
  const digit = (i: number) => images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
  const percent = (right: (i: number) => boolean) => {
    const hits = Array.from({ length: count }, (_, i) => right(i)).filter(Boolean).length;
    return (100 * hits / count).toFixed(2).padStart(11);
  };
  const plain = percent((i) => predictDigit(model, digit(i)).digit === labels[i]);
  console.log(`\n${`MNIST, ${count} pictures`.padEnd(24)} light on dark % dark on light %`);
  console.log(`${"as they are".padEnd(24)} ${plain}`);
  for (const scale of SCALES) {
    const read = (lightOnDark: boolean) =>
      percent((i) => {
        const options = { scale, lightOnDark, random: new Random(seed, i) };
        const { digits } = findDigits(pasteDigit(digit(i), options));
        return digits.length === 1 && predictDigit(model, digits[0].pixels).digit === labels[i];
      });
    console.log(`${`pasted, × ${scale}`.padEnd(24)} ${read(true)} ${read(false)}`);
  }
}

/** Median time from decoded pixels to the answer. */
async function printSpeed(model: Classifier, seed: number) {
  console.log(`\n${"from pixels to answer".padEnd(24)}   median ms`);
  for (const { kind, side, count } of SPEEDS) {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const { picture } = await drawTestPicture(kind, i % 10, new Random(seed, i), side);
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        predict(model, findDigits(picture).digits.map(({ pixels }) => pixels));
        times.push(performance.now() - start);
      }
    }
    const median = times.sort((a, b) => a - b)[times.length >> 1];
    const name = side ? `${kind}, ${side} × ${side}` : kind;
    console.log(`${name.padEnd(24)} ${median.toFixed(2).padStart(11)}`);
  }
}

/** The whole picture in 28 × 28 pixels, inverted if it is light: what is done where nothing is normalised. */
function squeeze(picture: GreyPicture): Uint8Array {
  const pixels = shrinkPicture(picture);
  const light = pixels.reduce((sum, value) => sum + value, 0) > 127.5 * pixels.length;
  return light ? pixels.map((value) => 255 - value) : pixels;
}

/** Pictures side by side, a kind in each row. */
function sheet(pictures: GreyPicture[], columns: number): Uint8Array {
  const width = columns * SIDE;
  const height = Math.ceil(pictures.length / columns) * SIDE;
  const data = new Uint8Array(width * height).fill(128);
  pictures.forEach((picture, k) => {
    const left = (k % columns) * SIDE;
    const top = Math.floor(k / columns) * SIDE;
    const step = Math.max(picture.width, picture.height) / (SIDE - 4);
    for (let y = 0; y < picture.height / step; y++) {
      for (let x = 0; x < picture.width / step; x++) {
        data[(top + y) * width + left + x] =
          picture.values[Math.floor(y * step) * picture.width + Math.floor(x * step)];
      }
    }
  });
  return encode({ width, height, data, channels: 1, depth: 8 });
}
