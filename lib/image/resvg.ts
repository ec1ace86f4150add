/** The renderer of SVG, which a process can start only once. */

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import resvgWasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };

let started: Promise<void> | undefined;

/**
 * Starts the renderer, unless it runs already.
 *
 * @returns The class that renders an SVG.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const Renderer = await startResvg();
 * const renderer = new Renderer('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="3"/>');
 * assertEquals(renderer.height, 3);
 * ```
 */
export async function startResvg(): Promise<typeof Resvg> {
  await (started ??= initWasm(resvgWasm));
  return Resvg;
}
