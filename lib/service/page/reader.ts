/// <reference lib="dom" />
/** What the page asks for answers; here, the service that it came from. */

import type { Prediction } from "../../model/classifier.ts";
import type { GreyPicture } from "../../picture/decode.ts";
import type { FoundDigit } from "../../picture/find_digits.ts";
import type { Explanation } from "../explain.ts";
import { Helper } from "./helper.ts";
import { cleanClassName } from "./lesson.ts";
import { fromBase64, greyOf, toBase64 } from "./pixels.ts";
import { texts } from "./texts.ts";

/** A model that can be asked. */
export interface ServedModel {
  name: string;
  classes: string[];
}

/** A digit, or another character, that was found in a picture, and read. */
export type ReadDigit = FoundDigit & Omit<Prediction, "index">;

/** A layer as the service sends it. */
interface LayerInJson {
  name: string;
  side: number;
  maps: string;
  filters?: { count: number; side: number; values: string };
}

/** Where answers come from. What it throws is a sentence for people. */
interface Reader {
  /** Lists the models; the first is asked unless somebody chooses another. */
  models(): Promise<ServedModel[]>;
  /** Fetches what a model needs to answer, once, if it needs anything. */
  load?(model: ServedModel): Promise<void>;
  /** Finds and reads the digits, or characters, in a picture, which may have been drawn here. */
  read(model: ServedModel, picture: HTMLCanvasElement, isDrawn: boolean): Promise<ReadDigit[]>;
  /** Explains why pixels are read as a class. */
  explain(model: ServedModel, pixels: Uint8Array, label: string): Promise<Explanation>;
  /** Lists where other machines find the service behind it, with QR codes of that; a page of static files has none. */
  addresses?(): Promise<{ url: string; code: string }[]>;
  /** Who keeps samples, if anybody does, which is known with the models. */
  keeper?: Keeper;
}

/** What keeps samples. */
interface Keeper {
  /** Keeps pixels as a sample of a class, in place of any that they were kept as of before; of none, takes that back. */
  keepAs(pixels: Uint8Array, name?: string): Promise<void>;
  /** The class as of which pixels are kept, if they are. */
  keptAs(pixels: Uint8Array): string | undefined;
}

const finder = new Helper<{
  find(classes: string[], picture: GreyPicture): FoundDigit[];
}>("finder.js");

/** The reader of this page. */
export const reader: Reader = {
  async models() {
    const { models } = await getJson("models");
    const { open } = await getJson("samples").catch(() => ({ open: false }));
    if (open) reader.keeper = { keepAs, keptAs: (pixels) => kept.get(pixels)?.name };
    return models;
  },
  async read(model, picture, isDrawn) {
    // What is drawn here is found in the browser, which spares the service nearly all of the work; where the
    // program for that could not be bundled, the service finds it.
    const found = isDrawn &&
      await finder.run("find", model.classes, greyOf(picture)).catch(() => false as const);
    return found ? await readFound(model, found) : await readFile(model, picture);
  },
  async explain({ name }, pixels, label) {
    const { importance, layers } = await ask(
      "explain",
      JSON.stringify({
        model: name,
        pixels: toBase64(pixels),
        ...(name === "digits" ? { digit: Number(label) } : { character: label }),
      }),
    ) as { importance: number[]; layers: LayerInJson[] };
    return {
      importance,
      layers: layers.map(({ maps, filters, ...layer }) => ({
        ...layer,
        maps: fromBase64(maps),
        filters: filters && { ...filters, values: new Int8Array(fromBase64(filters.values)) },
      })),
    };
  },
  async addresses() {
    return (await getJson("addresses")).addresses;
  },
};

/** As of which classes pixels are kept, and by what they can be taken back. */
const kept = new WeakMap<Uint8Array, { name: string; sample: string }>();

async function keepAs(pixels: Uint8Array, name?: string): Promise<void> {
  const before = kept.get(pixels);
  if (before?.name === name) return;
  if (before) await get(`samples?sample=${before.sample}`, { method: "DELETE" });
  kept.delete(pixels);
  if (name === undefined) return;
  const body = JSON.stringify({ pixels: toBase64(pixels), class: cleanClassName(name) });
  const { sample } = await ask("samples", body).catch(({ message }) => {
    throw new Error(message === texts.noPlace ? message : texts.notKept);
  }) as { sample: string };
  kept.set(pixels, { name, sample });
}

/** A class by whichever name the service has for it, and how sure it is. */
type Said = Omit<Prediction, "index" | "label"> & {
  digit?: number;
  character?: string;
  class?: string;
};

function labelOf(said: Said): string {
  return said.class ?? said.character ?? String(said.digit);
}

async function readFound({ name }: ServedModel, found: FoundDigit[]): Promise<ReadDigit[]> {
  if (found.length === 0) return [];
  const instances = found.map(({ pixels }) => ({ b64: toBase64(pixels) }));
  const { predictions } = await ask(
    `v1/models/${name}:predict`,
    JSON.stringify({ instances }),
  ) as { predictions: Said[] };
  return predictions.map((said, i) => ({ ...found[i], ...said, label: labelOf(said) }));
}

async function readFile({ name }: ServedModel, picture: HTMLCanvasElement): Promise<ReadDigit[]> {
  const file = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, "image/png"));
  const answer = await ask(`predict?model=${name}`, file, "image/png") as Record<
    string,
    (Said & { box: FoundDigit["box"]; pixels: string })[]
  >;
  return (answer.digits ?? answer.characters).map((said) => ({
    ...said,
    label: labelOf(said),
    pixels: fromBase64(said.pixels),
  }));
}

/** How often a question is put again to a service that is busy. */
const MOST_TRIES = 5;

/** What a refusal means for people, by its status. */
const REFUSALS: Record<number, string> = {
  413: texts.pictureTooLarge,
  415: texts.noPicture,
  503: texts.busy,
  507: texts.noPlace,
};

async function ask(
  path: string,
  body: BodyInit | null,
  type = "application/json",
): Promise<unknown> {
  for (let tries = 1;; tries++) {
    const response = await get(path, { method: "POST", body, headers: { "content-type": type } });
    if (response.ok) return await response.json().catch(sayFailed);
    if (response.status !== 503 || tries === MOST_TRIES) {
      throw new Error(REFUSALS[response.status] ?? texts.failed);
    }
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

async function getJson(path: string) {
  return await (await get(path)).json().catch(sayFailed);
}

function sayFailed(): never {
  throw new Error(texts.failed);
}

async function get(path: string, init?: RequestInit): Promise<Response> {
  return await fetch(path, init).catch(() => {
    throw new Error(texts.noService);
  });
}
