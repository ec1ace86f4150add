/** What the page needs to run networks by itself: their program, tfjs's kernels, and a base to teach. */

import "@tensorflow/tfjs-backend-wasm";
import { fromFileUrl } from "@std/path";

/** A file that is read when it is asked for. */
interface LazyFile {
  type: string;
  read: () => Promise<Uint8Array<ArrayBuffer>>;
}

const BACKEND = import.meta.resolve("@tensorflow/tfjs-backend-wasm");

const BASE = new URL("../../data/bases/cnn/", import.meta.url);

/** The files beside the programs, by name. */
export const NETWORK_FILES: ReadonlyMap<string, LazyFile> = new Map([
  ...["", "-simd", "-threaded-simd"].map((kind): [string, LazyFile] => {
    const name = `tfjs-backend-wasm${kind}.wasm`;
    return [name, {
      type: "application/wasm",
      read: () => Deno.readFile(fromFileUrl(new URL(name, BACKEND))),
    }];
  }),
  ["base/model.json", {
    type: "application/json",
    read: () => Deno.readFile(new URL("model.json", BASE)),
  }],
  ["base/weights.bin", {
    type: "application/octet-stream",
    read: () => Deno.readFile(new URL("weights.bin", BASE)),
  }],
]);

/**
 * Bundles programs of the page with all that they import. Needs `--unstable-bundle`.
 *
 * @param names Modules in `page/`.
 * @returns Texts by the names of their files; what programs share is in files of its own.
 */
export async function bundlePrograms(...names: string[]): Promise<Map<string, string>> {
  const { outputFiles } = await Deno.bundle({
    entrypoints: names.map((name) => fromFileUrl(new URL(`./page/${name}`, import.meta.url))),
    outputDir: "/",
    platform: "browser",
    codeSplitting: true,
    minify: true,
    write: false,
  });
  return new Map(outputFiles!.map((file) => [
    file.path.split(/[/\\]/).at(-1)!,
    // Nothing that is left uses Deno's own modules, but their imports stay, and a browser has none.
    file.text().replaceAll(/import(\{[^}]*\}from)?"node:\w+";?/g, ""),
  ]));
}
