/// <reference lib="dom" />
/** The reader of the page as static files: the network runs in the browser. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { startBackend } from "../../backend/backend.ts";
import { IMAGE_PIXELS } from "../../data/dataset.ts";
import { type DigitModel, predictDigits } from "../../model/classifier.ts";
import type { GreyPicture } from "../../picture/decode.ts";
import { findDigits } from "../../picture/normalise.ts";
import { explain } from "../explanation.ts";
import type { Reader } from "./reader.ts";

const model = loadModel();

/** The reader of this page. */
export const reader: Reader = {
  ready: model.then(() => {}),
  isService: false,
  async read(picture) {
    const { digits } = findDigits(toGrey(picture));
    const predictions = predictDigits(await model, digits.map(({ pixels }) => pixels));
    return digits.map((digit, i) => ({ ...digit, ...predictions[i] }));
  },
  async explain(pixels, digit) {
    return explain(await model, pixels, digit);
  },
  keepsSamples: () => Promise.resolve(false),
  keep: () => Promise.reject(new Error("Expected a service to keep samples but there is none")),
};

async function loadModel(): Promise<DigitModel> {
  setWasmPaths("./");
  await startBackend();
  const network = await tf.loadLayersModel("model/model.json");
  const card = await (await fetch("model/card.json")).json();
  const model = { network, card, [Symbol.dispose]: () => void network.dispose() };
  predictDigits(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
  return model;
}

/** Brightness 0–255 as luma (ITU-R BT.709), as the service's decoder has it. */
function toGrey(canvas: HTMLCanvasElement): GreyPicture {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    values[i] = Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  }
  return { width, height, values };
}
