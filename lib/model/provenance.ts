/** What a card says of when and with what something was made. */

import * as tf from "@tensorflow/tfjs";

/** @returns Today as `YYYY-MM-DD`, and the versions of what computes. */
export function dateAndVersions(): { date: string; versions: Record<string, string> } {
  return {
    date: new Date().toISOString().slice(0, 10),
    // The page, too, makes classifiers: in browsers, which have no Deno.
    versions: { ...("Deno" in globalThis && { deno: Deno.version.deno }), tfjs: tf.version.tfjs },
  };
}
