/** Compiles the AssemblyScript kernels to WASM: `deno run -A lib/backend/kernels/build.ts`. */

import { main, version } from "assemblyscript/asc";

const ASSEMBLY = new URL("./assembly/", import.meta.url);

/** What is compiled, and with relaxed SIMD or not. */
const MODULES = [["kernels_relaxed.wasm", true], ["kernels.wasm", false]] as const;

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

/**
 * The digest of the kernels, of what they are compiled from and by: as long as `kernels.sha256` says the same,
 * nothing has changed since they were compiled, which takes half a minute.
 *
 * @returns SHA-256 in hexadecimal digits.
 */
export async function digestKernels(): Promise<string> {
  const sources = Array.from(Deno.readDirSync(ASSEMBLY), ({ name }) => `assembly/${name}`).sort();
  const names = ["build.ts", ...sources, ...MODULES.map(([name]) => name)];
  const files = names.map((name) => Deno.readFileSync(new URL(name, import.meta.url)));
  const parts = names.flatMap((name, i) => [`\n${name} ${files[i].length}\n`, files[i]]);
  const all = await new Blob([version, ...parts]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
}

if (import.meta.main) {
  for (const [name, relaxed] of MODULES) {
    Deno.writeFileSync(new URL(name, import.meta.url), await buildKernels(relaxed));
  }
  Deno.writeTextFileSync(new URL("kernels.sha256", import.meta.url), `${await digestKernels()}\n`);
}
