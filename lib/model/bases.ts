/** The pre-trained bases: small files in `data/bases/`, each with a card that says how it was made. */

import type * as tf from "@tensorflow/tfjs";
import { fromFileUrl, join } from "@std/path";
import { BASE_FILTERS, type BaseName } from "./architecture.ts";
import { loadNetwork, saveNetwork } from "./saved_network.ts";

/** How a base was made. */
export interface BaseCard {
  name: BaseName;
  /** What it learnt to tell apart. */
  classes: string[];
  /** Fonts that its letters were drawn with. */
  fonts: string[];
  /** Fonts kept out of training. */
  unseenFonts: string[];
  /** Share of letters in the unseen fonts that it read right, 0–1, and of how many. */
  unseenFontAccuracy: number;
  unseenFontCount: number;
  lettersPerEpoch: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  workers: number;
  /** Day it was made, `YYYY-MM-DD`. */
  date: string;
  versions: Record<string, string>;
}

const DIRECTORY = fromFileUrl(new URL("../../data/bases/", import.meta.url));

/** Names of the bases that there are. */
export const BASE_NAMES = Object.keys(BASE_FILTERS) as BaseName[];

/**
 * Loads a pre-trained base.
 *
 * @returns The base, from pixels 0–1 `[count, 28, 28, 1]` to features, and its card.
 * @throws {RangeError} If there is no base of that name.
 */
export async function loadBase(name: string): Promise<{ network: tf.Sequential; card: BaseCard }> {
  if (!BASE_NAMES.includes(name as BaseName)) {
    throw new RangeError(`Expected base to be ${BASE_NAMES.join(" or ")} but found ${name}`);
  }
  const { network, card } = await loadNetwork(join(DIRECTORY, name));
  return { network: network as tf.Sequential, card: card as BaseCard };
}

/** Saves a pre-trained base under the name on its card, in half precision. */
export function saveBase(
  network: tf.Sequential,
  card: BaseCard,
  directory: string = DIRECTORY,
): Promise<void> {
  return saveNetwork(join(directory, card.name), network, card);
}
