/** Guards around every allocation of the WASM heap, and NaN in it. */

import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";

const GUARD_BYTES = 64;
const GUARD = 0xa5;

/** A float of these bytes is NaN, an integer −1. */
const DIRT = 0xff;

/** The allocator of the active WASM backend. */
interface Heap {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/**
 * Runs `body` while every tensor and scratch area is full of NaN at first and has guards on both
 * sides, and asserts that nothing has written to those. What lives longer than `body` keeps its guards
 * until it is freed, so the allocator stays in place.
 */
export async function withCanaries(body: () => Promise<void> | void): Promise<void> {
  const heap = (tf.backend() as unknown as { wasm: Heap }).wasm;
  const guarded = canariesOf(heap);
  await body();
  for (const [address, bytes] of guarded) assertUntouched(heap, address, bytes);
}

const installed = new WeakMap<Heap, Map<number, number>>();

function canariesOf(heap: Heap): Map<number, number> {
  const known = installed.get(heap);
  if (known) return known;
  // Emscripten's stubs replace themselves by the real functions when they are first called.
  heap._free(heap._malloc(1));
  const { _malloc: malloc, _free: free } = heap;
  const guarded = new Map<number, number>();
  heap._malloc = (bytes) => {
    const address = (malloc(bytes + 2 * GUARD_BYTES) >>> 0) + GUARD_BYTES;
    heap.HEAPU8.fill(GUARD, address - GUARD_BYTES, address);
    heap.HEAPU8.fill(GUARD, address + bytes, address + bytes + GUARD_BYTES);
    heap.HEAPU8.fill(DIRT, address, address + bytes);
    guarded.set(address, bytes);
    return address;
  };
  heap._free = (address) => {
    const bytes = guarded.get(address);
    if (bytes === undefined) return free(address);
    assertUntouched(heap, address, bytes);
    guarded.delete(address);
    free(address - GUARD_BYTES);
  };
  installed.set(heap, guarded);
  return guarded;
}

function assertUntouched({ HEAPU8 }: Heap, address: number, bytes: number): void {
  const before = HEAPU8.subarray(address - GUARD_BYTES, address);
  const after = HEAPU8.subarray(address + bytes, address + bytes + GUARD_BYTES);
  for (const guard of [before, after]) {
    assert(
      guard.every((value) => value === GUARD),
      `Expected the guards around ${bytes} bytes at ${address} to be untouched`,
    );
  }
}
