import { assert, assertEquals } from "@std/assert";
import { networkFromData, networkToData, readWeights } from "../../lib/model/network.ts";
import { roundWeights, storedLength, storedWeights } from "../../lib/model/precision.ts";
import { randomNetwork } from "./saved_networks.ts";

/** Largest distance of a weight from what tfjs makes of the rounded one, as a share of its tensor's range. */
async function rounding(precision: "float16" | "uint8") {
  const network = await randomNetwork();
  const data = roundWeights(await networkToData(network), precision);
  const rounded = await networkFromData(data);
  const [before, after] = [network, rounded].map(({ layers }) => readWeights(layers));
  network.dispose();
  rounded.dispose();
  const errors = before.map((values, i) => {
    const sorted = values.toSorted();
    const range = Math.max(sorted.at(-1)!, 0) - Math.min(sorted[0], 0);
    const distances = values.map((value, j) => Math.abs(value - after[i][j])).toSorted();
    return distances.at(-1)! / (range || 1);
  });
  return { data, error: Math.max(...errors) };
}

Deno.test("roundWeights() to half precision takes two bytes a weight", async () => {
  const { data, error } = await rounding("float16");
  const weights = storedWeights(data);
  assert(weights.every(({ values }) => values instanceof Uint16Array));
  const count = weights.reduce((sum, { values }) => sum + values.length, 0);
  assertEquals((data.weightData as ArrayBuffer).byteLength, 2 * count);
  assert(error > 0 && error < 2 ** -11);
});

Deno.test("roundWeights() to bytes takes one byte a weight of a kernel, and errs by at most a step", async () => {
  const { data, error } = await rounding("uint8");
  for (const { shape, values, grid } of storedWeights(data)) {
    if (shape.length < 2) assert(values instanceof Float32Array && grid === undefined);
    else {
      assert(values instanceof Uint8Array);
      const { zero } = grid!;
      assert(Number.isInteger(zero) && zero >= 0 && zero <= 255);
    }
  }
  const length = data.weightSpecs!.reduce((sum, spec) => sum + storedLength(spec), 0);
  assertEquals((data.weightData as ArrayBuffer).byteLength, length);
  assert(error > 0 && error < 1.01 / 255);
});

Deno.test("roundWeights() that are rounded already changes nothing", async () => {
  const network = await randomNetwork();
  const data = await networkToData(network);
  network.dispose();
  assertEquals(roundWeights(data, "float32"), data);
  for (const precision of ["float16", "uint8"] as const) {
    const once = roundWeights(data, precision);
    const copy = await networkFromData(once);
    const twice = roundWeights(await networkToData(copy), precision);
    copy.dispose();
    assertEquals(
      new Uint8Array(twice.weightData as ArrayBuffer),
      new Uint8Array(once.weightData as ArrayBuffer),
    );
  }
});
