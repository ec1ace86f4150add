/// <reference lib="dom" />
/** The reader of the page as static files: the networks run in the browser. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { startBackend } from "../../backend/mod.ts";
import { IMAGE_PIXELS } from "../../image/size.ts";
import { asClassifier, type Classifier, predict } from "../../model/classifier.ts";
import { finderFor } from "../../picture/find_digits.ts";
import { explain } from "../explain.ts";
import { pixelsOf, toGrey } from "./grey.ts";
import type { Reader, ServedModel } from "./reader.ts";

const list: Promise<ServedModel[]> = fetch("models.json").then((response) => response.json());

/** The models by name, loaded one after the other. */
const loading: Promise<Map<string, Promise<Classifier>>> = list.then((list) => {
  const models = new Map<string, Promise<Classifier>>();
  let last: Promise<unknown> = startComputing();
  for (const { name } of list) {
    const model = last.then(() => loadModel(name));
    models.set(name, model);
    last = model;
  }
  return models;
});

/** The reader of this page. */
export const reader: Reader = {
  ready: loading.then(async (models) => void await Promise.all(models.values())),
  isService: false,
  models: () => list,
  async read({ name, classes }, picture) {
    const { digits } = finderFor(classes)(toGrey(pixelsOf(picture)));
    const predictions = predict(await modelOf(name), digits.map(({ pixels }) => pixels));
    return digits.map((digit, i) => ({
      ...digit,
      ...predictions[i],
      character: predictions[i].label,
    }));
  },
  async explain({ name, classes }, pixels, character) {
    return explain(await modelOf(name), pixels, classes.indexOf(character));
  },
  keepsSamples: () => Promise.resolve(false),
  keep: () => Promise.reject(new Error("Expected a service to keep samples but there is none")),
};

async function startComputing(): Promise<void> {
  setWasmPaths("./");
  await startBackend();
}

async function modelOf(name: string): Promise<Classifier> {
  return (await loading).get(name)!;
}

async function loadModel(name: string): Promise<Classifier> {
  const network = await tf.loadLayersModel(`models/${name}/model.json`);
  const card = await (await fetch(`models/${name}/card.json`)).json();
  const model = asClassifier(network, card);
  predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
  return model;
}
