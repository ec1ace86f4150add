/** `deno task pictures`: how well pictures are read that differ from MNIST, kind by kind. */

import { join } from "@std/path";
import { encode } from "fast-png";
import { writeFileAtomically } from "../data/files.ts";
import { Random } from "../data/random.ts";
import { loadModel, predictDigit } from "../model/classifier.ts";
import type { GreyPicture } from "../picture/decode.ts";
import { findDigits } from "../picture/normalise.ts";
import { shrinkPicture } from "../picture/shrink.ts";
import { drawTestPicture, PICTURE_KINDS } from "../picture/test_pictures.ts";
import { runCommand } from "./command_line.ts";

/** Pictures of each kind on the sheet that `--show` draws, and the side of each in pixels. */
const [SHOWN, SIDE] = [10, 120];

await runCommand({
  name: "pictures",
  summary:
    "Draws pictures of digits in the ways in which people's pictures differ from MNIST's, and\n" +
    "prints how many of each kind are read right with and without normalisation.",
  example: "deno task pictures --count 100 --show outputs",
  flags: {
    model: { type: "text", help: "folder of the model", value: "DIR", default: "outputs/model" },
    count: { type: "integer", help: "pictures of each kind", default: 50, least: 1 },
    seed: { type: "integer", help: "seed of the pictures", default: 1, least: 0 },
    show: { type: "text", help: "draw some of each kind into DIR/test_pictures.png", value: "DIR" },
  },
  async run({ model: directory, count, seed, show }) {
    using model = await loadModel(directory);
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
    if (show !== undefined) {
      await Deno.mkdir(show, { recursive: true });
      await writeFileAtomically(
        join(show, "test_pictures.png"),
        sheet(shown, Math.min(count, SHOWN)),
      );
    }
  },
});

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
