/** The library of lib/backend as one file, in Deno, in Node and in Chromium. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { bundleLibrary } from "../../lib/backend/library.ts";
import { withFolder } from "../temporary_folder.ts";
import { startBrowser } from "./browser.ts";

const MODELS = fromFileUrl(import.meta.resolve("./backend_models.js"));

interface Trained {
  backend: string;
  losses: Record<string, [first: number, last: number]>;
}

function assertLearnt({ backend, losses }: Trained): void {
  assertEquals(backend, "wasm");
  assertEquals(Object.keys(losses), ["unet", "autoencoder", "lstm", "mnist"]);
  for (const [name, [first, last]] of Object.entries(losses)) {
    assert(last < 0.9 * first, `${name} went from ${first} to ${last}`);
  }
}

/** Trains by a script that an engine runs in a folder with the library. */
async function trainBy(engine: string, args: string[], folder: string): Promise<Trained> {
  const { success, stdout, stderr } = await new Deno.Command(engine, { args, cwd: folder })
    .output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

Deno.test("the library in one file trains models by plain tfjs", async (t) => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "backend.mjs"), await bundleLibrary());
    await Deno.copyFile(MODELS, join(folder, "models.mjs"));
    await Deno.writeTextFile(
      join(folder, "run.mjs"),
      `import * as library from "./backend.mjs";
import { trainAll } from "./models.mjs";
console.log(JSON.stringify(await trainAll(library)));`,
    );
    await t.step("in Deno, without permissions", async () => {
      assertLearnt(await trainBy(Deno.execPath(), ["run", "--no-config", "run.mjs"], folder));
    });
    await t.step("in Node", async () => {
      assertLearnt(await trainBy("node", ["run.mjs"], folder));
    });
    await t.step("in Chromium", async () => {
      await using server = serve(folder);
      await using browser = await startBrowser();
      const page = await browser.newPage();
      await page.goto(server.url);
      assertLearnt(
        await page.evaluate(`(async () => {
        const library = await import("./backend.mjs");
        const { trainAll } = await import("./models.mjs");
        return await trainAll(library);
      })()`),
      );
    });
  });
});

/** Hands out a folder's modules, and an empty page for all else. */
function serve(folder: string): AsyncDisposable & { url: string } {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.endsWith(".mjs")) {
      return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    }
    const body = await Deno.readFile(join(folder, pathname.slice(1)));
    return new Response(body, { headers: { "content-type": "text/javascript" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
