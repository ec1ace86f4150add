/** The library of lib/backend: as one file in Deno, in Node and in Chromium, and over many steps. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/mod.ts";
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

Deno.test("10 000 steps of varying batches leave tensors and memory as they were", async () => {
  await startBackend();
  const { conv2d, maxPooling2d, batchNormalization, activation, flatten, dense } = tf.layers;
  const model = tf.sequential({
    layers: [
      conv2d({ inputShape: [6, 6, 1], filters: 8, kernelSize: 3, padding: "same", useBias: false }),
      maxPooling2d({ poolSize: 2 }),
      batchNormalization(),
      activation({ activation: "relu" }),
      conv2d({ filters: 3, kernelSize: 2, activation: "relu" }), // by tfjs's own kernels
      flatten(),
      dense({ units: 2, activation: "softmax" }),
    ],
  });
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
  const batches = Array.from({ length: 9 }, (_, i) => [
    tf.randomNormal([i + 1, 6, 6, 1]),
    tf.oneHot(Array.from({ length: i + 1 }, (_, k) => k % 2), 2),
  ]);
  const allocations = countAllocations();
  const state = () => {
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    const heapBytes = allocations.heap.asm.memory.buffer.byteLength;
    return { numTensors, numDataBuffers, numBytes, live: allocations.live, heapBytes };
  };
  const step = async (i: number) => {
    const [pictures, labels] = batches[(7 * i) % 9];
    await model.trainOnBatch(pictures, labels);
  };
  for (let i = 0; i < 100; i++) await step(i);
  const before = state();
  for (let i = 0; i < 10_000; i++) await step(i);
  assertEquals(state(), before);
});

/** Counts what the backend has taken from the WASM heap and not given back, from now on. */
function countAllocations() {
  const { wasm: heap } = tf.backend() as unknown as {
    wasm: {
      asm: { memory: WebAssembly.Memory };
      _malloc(bytes: number): number;
      _free(address: number): void;
    };
  };
  const { _malloc: malloc, _free: free } = heap;
  const counted = { heap, live: 0 };
  heap._malloc = (bytes) => {
    counted.live++;
    return malloc(bytes);
  };
  heap._free = (address) => {
    counted.live--;
    free(address);
  };
  return counted;
}
