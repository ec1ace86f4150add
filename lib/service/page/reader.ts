/// <reference lib="dom" />
/** What the page asks for answers; here, the service that it came from. */

import type { GreyPicture } from "../../picture/decode.ts";
import type { FoundDigit } from "../../picture/find_digits.ts";
import type { Explanation } from "../explain.ts";
import { Helper } from "./helper.ts";
import { fromBase64, greyOf, toBase64 } from "./pixels.ts";
import { texts } from "./texts.ts";

/** A model that can be asked. */
export interface ServedModel {
  name: string;
  classes: string[];
}

/** A digit, or another character, that was found in a picture, and read. */
export interface ReadDigit extends FoundDigit {
  /** The class that was read. */
  character: string;
  /** Its probability, 0–1. */
  confidence: number;
  /** Whether it is sure enough; if not: "don't know". */
  accepted: boolean;
  /** Of every class. */
  probabilities: number[];
}

/** A layer as the service sends it. */
interface LayerInJson {
  name: string;
  side: number;
  maps: string;
  filters?: { count: number; side: number; values: string };
}

/** Where answers come from. What it throws is a sentence for people. */
interface Reader {
  /** Fetches what a model needs to answer, once. */
  load(model: ServedModel): Promise<void>;
  /** Whether there is a service with an interface for programs behind it. */
  isService: boolean;
  /** Lists the models; the first is asked unless somebody chooses another. */
  models(): Promise<ServedModel[]>;
  /** Lists where other machines find the page, with pictures of their QR codes. */
  addresses(): Promise<{ url: string; code: string }[]>;
  /** Finds and reads the digits, or characters, in a picture, which may have been drawn here. */
  read(model: ServedModel, picture: HTMLCanvasElement, isDrawn: boolean): Promise<ReadDigit[]>;
  /** Explains why pixels are read as a character. */
  explain(model: ServedModel, pixels: Uint8Array, character: string): Promise<Explanation>;
  /** Whether samples are kept. */
  keepsSamples(): Promise<boolean>;
  /** Keeps a sample with the class that it really is of; by what is returned it can be taken back. */
  keep(pixels: Uint8Array, name: string): Promise<string>;
  /** Takes a sample back. */
  takeBack(sample: string): Promise<void>;
}

/** The reader of this page. */
export const reader: Reader = {
  load: () => Promise.resolve(),
  isService: true,
  async models() {
    return (await getJson("models")).models;
  },
  async addresses() {
    return (await getJson("addresses")).addresses;
  },
  async read(model, picture, isDrawn) {
    const found = isDrawn ? await find(model, picture) : undefined;
    return found ? await readFound(model, found) : await readFile(model, picture);
  },
  async explain({ name }, pixels, character) {
    const { importance, layers } = await ask(
      "explain",
      JSON.stringify({
        model: name,
        pixels: toBase64(pixels),
        ...(name === "digits" ? { digit: Number(character) } : { character }),
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
  async keepsSamples() {
    const response = await get("samples");
    return response.ok && (await response.json()).open;
  },
  async keep(pixels, name) {
    const body = JSON.stringify({ pixels: toBase64(pixels), class: name });
    const answer = await ask("samples", body).catch(({ message }) => {
      throw new Error(message === texts.noPlace ? message : texts.notKept);
    });
    return (answer as { sample: string }).sample;
  },
  async takeBack(sample) {
    await get(`samples?sample=${sample}`, { method: "DELETE" });
  },
};

const finder = new Helper<{
  find(classes: string[], picture: GreyPicture): FoundDigit[];
}>("finder.js");

/** Finds what is drawn here, in the browser, which spares the service nearly all of the work. */
async function find(
  { classes }: ServedModel,
  canvas: HTMLCanvasElement,
): Promise<FoundDigit[] | undefined> {
  // Where the program could not be bundled, the service finds it.
  return await finder.run("find", classes, greyOf(canvas)).catch(() => undefined);
}

/** A class by whichever name the service has for it, and how sure it is. */
type Said = Omit<ReadDigit, "pixels" | "box"> & { digit?: number; class?: string };

function characterOf(said: Said): string {
  return said.class ?? said.character ?? String(said.digit);
}

async function readFound({ name }: ServedModel, found: FoundDigit[]): Promise<ReadDigit[]> {
  if (found.length === 0) return [];
  const instances = found.map(({ pixels }) => ({ b64: toBase64(pixels) }));
  const { predictions } = await ask(
    `v1/models/${name}:predict`,
    JSON.stringify({ instances }),
  ) as { predictions: Said[] };
  return predictions.map((said, i) => ({ ...found[i], ...said, character: characterOf(said) }));
}

async function readFile({ name }: ServedModel, picture: HTMLCanvasElement): Promise<ReadDigit[]> {
  const file = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, "image/png"));
  const answer = await ask(`predict?model=${name}`, file, "image/png") as Record<
    string,
    (Said & { box: FoundDigit["box"]; pixels: string })[]
  >;
  return (answer.digits ?? answer.characters).map((said) => ({
    ...said,
    character: characterOf(said),
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
