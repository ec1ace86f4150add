/** This library as one file for others. */

import { fromFileUrl } from "@std/path";

/**
 * Bundles tfjs with its WASM modules and this library; `--unstable-bundle` is needed.
 *
 * @returns A JavaScript module for Deno, Node from 20 on and browsers, that exports `tf` and what
 * `mod.ts` does.
 */
export async function bundleLibrary(): Promise<string> {
  const { outputFiles } = await Deno.bundle({
    entrypoints: [fromFileUrl(import.meta.resolve("./bundle.ts"))],
    platform: "browser",
    minify: true,
    write: false,
  });
  return outputFiles![0].text();
}
