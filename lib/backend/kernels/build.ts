/** Compiles the AssemblyScript kernels to WASM: `deno run -A lib/backend/kernels/build.ts`. */

import { fromFileUrl } from "@std/path";
import { main } from "assemblyscript/asc";

const ASSEMBLY = new URL("./assembly/", import.meta.url);

/**
 * Compiles the kernels.
 *
 * They import the memory of tfjs's WASM module and live beside its heap: no data, no globals, no
 * allocation of their own.
 *
 * @param relaxed Whether to use relaxed SIMD, that is fused multiply-add.
 * @returns The WASM module.
 * @throws {SyntaxError} When a source does not compile.
 */
export async function buildKernels(relaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main([
    "index.ts",
    "--outFile",
    "kernels.wasm",
    "--runtime",
    "stub",
    "--importMemory",
    "--noAssert",
    "-O3",
    "--enable",
    "simd",
    ...(relaxed ? ["--enable", "relaxed-simd"] : []),
  ], {
    readFile: (name) => {
      try {
        return Deno.readTextFileSync(new URL(name, ASSEMBLY));
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new SyntaxError(`Expected the kernels to compile: ${stderr}`);
  return new Uint8Array(binary);
}

if (import.meta.main) {
  for (
    const [name, relaxed] of [["kernels_relaxed.wasm", true], ["kernels.wasm", false]] as const
  ) {
    Deno.writeFileSync(fromFileUrl(new URL(name, import.meta.url)), await buildKernels(relaxed));
  }
}
