/** The worker of the page as static files: the networks run in it, beside the page. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { startBackend } from "../../backend/mod.ts";
import { IMAGE_PIXELS } from "../../image/size.ts";
import { Classifier, predict } from "../../model/classifier.ts";
import type { GreyPicture } from "../../picture/decode.ts";
import { finderFor } from "../../picture/find_digits.ts";
import { explain } from "../explain.ts";
import { help } from "./helper.ts";
import type { ReadDigit, ServedModel } from "./reader.ts";

const models = new Map<string, Promise<Classifier>>();

let started: Promise<void> | undefined;

help({
  load: async ({ name }: ServedModel) => void await modelOf(name),
  read: async ({ name }: ServedModel, picture: GreyPicture) => read(await modelOf(name), picture),
  explain: async ({ name, classes }: ServedModel, pixels: Uint8Array, label: string) =>
    explain(await modelOf(name), pixels, classes.indexOf(label)),
});

function read(model: Classifier, picture: GreyPicture): ReadDigit[] {
  const { digits } = finderFor(model.card.classes)(picture);
  const predictions = predict(model, digits.map(({ pixels }) => pixels));
  return digits.map((digit, i) => ({ ...digit, ...predictions[i] }));
}

/** The model of a name; one that could not be loaded is fetched again. */
function modelOf(name: string): Promise<Classifier> {
  const loaded = models.get(name) ?? loadModel(name);
  models.set(name, loaded);
  loaded.catch(() => models.delete(name));
  return loaded;
}

async function loadModel(name: string): Promise<Classifier> {
  started ??= startComputing();
  started.catch(() => started = undefined);
  await started;
  const network = await tf.loadLayersModel(`models/${name}/model.json`);
  const card = await (await fetch(`models/${name}/card.json`)).json();
  const model = new Classifier(network, card);
  predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
  return model;
}

async function startComputing(): Promise<void> {
  setWasmPaths("./");
  await startBackend();
}
