/** Compiles the kernels again, which takes half a minute: `deno task test:all` does. */

import { assertEquals } from "@std/assert";
import { buildKernels } from "../../lib/backend/kernels/build.ts";

for (const [name, relaxed] of [["kernels_relaxed", true], ["kernels", false]] as const) {
  Deno.test(`${name}.wasm is what its sources compile to`, async () => {
    const committed = new URL(`../../lib/backend/kernels/${name}.wasm`, import.meta.url);
    assertEquals(await buildKernels(relaxed), await Deno.readFile(committed));
  });
}
