/// <reference lib="dom" />
/** The reader of the page as static files: the networks run in the browser. */

import type { Explanation } from "../explain.ts";
import { pixelsOf } from "./grey.ts";
import { Helper } from "./helper.ts";
import type { NetworkTask } from "./network.ts";
import type { ReadDigit, Reader, ServedModel } from "./reader.ts";
import { texts } from "./texts.ts";

const network = new Helper<NetworkTask, unknown>("network.js");

let list: Promise<ServedModel[]> | undefined;

/** The reader of this page. */
export const reader: Reader = {
  isService: false,
  models() {
    list ??= fetch("models.json").then((response) => response.json());
    list.catch(() => list = undefined);
    return list.catch(sayNotLoaded);
  },
  addresses: () => Promise.resolve([]),
  async load(model) {
    await network.run({ model }).catch(sayNotLoaded);
    keepFiles();
  },
  async read(model, canvas) {
    const picture = pixelsOf(canvas);
    const found = network.run({ model, picture }, [picture.data.buffer]).catch(sayNotLoaded);
    return await found as ReadDigit[];
  },
  async explain(model, pixels, character) {
    return await network.run({ model, pixels, character }).catch(sayNotLoaded) as Explanation;
  },
  keepsSamples: () => Promise.resolve(false),
  keep: () => Promise.reject(new Error(texts.notKept)),
  takeBack: () => Promise.resolve(),
};

function sayNotLoaded(): never {
  throw new Error(texts.notLoaded);
}

/**
 * Has the browser keep all files of the page, so that it opens without a network: after the first model, so
 * that they do not hold it up. An address that is not https has no such place.
 */
function keepFiles(): void {
  navigator.serviceWorker?.register("keeper.js").catch(() => {});
}
