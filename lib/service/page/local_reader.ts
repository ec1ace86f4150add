/// <reference lib="dom" />
/** The reader of the page as static files: the networks run in the browser. */

import type { GreyPicture } from "../../picture/decode.ts";
import type { Explanation } from "../explain.ts";
import { Helper } from "./helper.ts";
import { greyOf } from "./pixels.ts";
import type { ReadDigit, reader as served, ServedModel } from "./reader.ts";
import { texts } from "./texts.ts";

const network = new Helper<{
  load(model: ServedModel): void;
  read(model: ServedModel, picture: GreyPicture): ReadDigit[];
  explain(model: ServedModel, pixels: Uint8Array, label: string): Explanation;
}>("network.js");

let list: Promise<ServedModel[]> | undefined;

/** The reader of this page, in place of the one that asks the service. */
export const reader: typeof served = {
  models() {
    list ??= fetch("models.json").then((response) => response.json());
    list.catch(() => list = undefined);
    return list.catch(sayNotLoaded);
  },
  async load(model) {
    await network.run("load", model).catch(sayNotLoaded);
    keepFiles().catch(() => {}); // tried again with the next model
  },
  read: (model, canvas) => network.run("read", model, greyOf(canvas)).catch(sayNotLoaded),
  explain: (model, pixels, label) =>
    network.run("explain", model, pixels, label).catch(sayNotLoaded),
};

function sayNotLoaded(): never {
  throw new Error(texts.notLoaded);
}

/**
 * Has the browser keep all files of the page, so that it opens without a network: after the first model, so
 * that they do not hold it up. An address that is not https has no such place: there all models are loaded.
 */
async function keepFiles(): Promise<void> {
  if (navigator.serviceWorker) await navigator.serviceWorker.register("keeper.js");
  else for (const model of await list ?? []) await network.run("load", model);
}
