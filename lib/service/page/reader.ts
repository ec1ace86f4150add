/// <reference lib="dom" />
/** What the page asks for answers; here, the service that it came from. */

import type { FoundDigit } from "../../picture/steps.ts";
import type { Explanation } from "../explain.ts";
import { ADDRESSES } from "./addresses.ts";
import { fromBase64, toBase64 } from "./base64.ts";

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

/** What made the network say a character. */
export type Explained = Pick<Explanation, "layers"> & { importance: ArrayLike<number> };

/** Where answers come from. */
export interface Reader {
  /** Resolves once questions are answered. */
  ready: Promise<void>;
  /** Whether there is a service with an interface for programs behind it. */
  isService: boolean;
  /** Lists the models; the first is asked unless somebody chooses another. */
  models(): Promise<ServedModel[]>;
  /** Finds and reads the digits, or characters, in a picture. */
  read(model: ServedModel, picture: HTMLCanvasElement): Promise<ReadDigit[]>;
  /** Explains why pixels are read as a character. */
  explain(model: ServedModel, pixels: Uint8Array, character: string): Promise<Explained>;
  /** Whether samples are kept. */
  keepsSamples(): Promise<boolean>;
  /** Keeps a sample with the class that it really is of. */
  keep(pixels: Uint8Array, name: string): Promise<void>;
}

/** The reader of this page. */
export const reader: Reader = {
  ready: Promise.resolve(),
  isService: true,
  async models() {
    return (await (await fetch(ADDRESSES.models)).json()).models;
  },
  async read({ name }, picture) {
    const file = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, "image/png"));
    type Found = Omit<ReadDigit, "pixels"> & { digit?: number; class?: string; pixels: string };
    const answer = await ask(`${ADDRESSES.file}?model=${name}`, file, "image/png") as Record<
      string,
      Found[]
    >;
    return (answer.digits ?? answer.characters).map((found) => ({
      ...found,
      character: found.class ?? found.character ?? String(found.digit),
      pixels: fromBase64(found.pixels),
    }));
  },
  async explain({ name }, pixels, character) {
    const { importance, layers } = await ask(
      ADDRESSES.explanation,
      JSON.stringify({
        model: name,
        pixels: toBase64(pixels),
        ...(name === "digits" ? { digit: Number(character) } : { character }),
      }),
    ) as { importance: number[]; layers: { name: string; side: number; maps: string }[] };
    return {
      importance,
      layers: layers.map((layer) => ({ ...layer, maps: fromBase64(layer.maps) })),
    };
  },
  async keepsSamples() {
    const response = await fetch(ADDRESSES.samples);
    return response.ok && (await response.json()).open;
  },
  async keep(pixels, name) {
    await ask(ADDRESSES.samples, JSON.stringify({ pixels: toBase64(pixels), class: name }));
  },
};

/** How often a question is put again to a service that is busy. */
const MOST_TRIES = 5;

async function ask(
  path: string,
  body: BodyInit | null,
  type = "application/json",
): Promise<unknown> {
  for (let tries = 1;; tries++) {
    const response = await fetch(path, { method: "POST", body, headers: { "content-type": type } });
    if (response.ok) return await response.json();
    const { error } = await response.json();
    if (response.status !== 503 || tries === MOST_TRIES) throw new Error(error);
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}
