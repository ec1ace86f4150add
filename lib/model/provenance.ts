/** What a card says of when and with what something was made. */

import * as tf from "@tensorflow/tfjs";

/** @returns Versions of what computes. */
export function versions(): Record<string, string> {
  // The page, too, makes classifiers: in browsers, which have no Deno.
  return { ...("Deno" in globalThis && { deno: Deno.version.deno }), tfjs: tf.version.tfjs };
}

/** @returns Today as `YYYY-MM-DD`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
