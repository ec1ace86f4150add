import { assert, assertEquals } from "@std/assert";
import { shareMemory } from "../../lib/backend/shared_memory.ts";

Deno.test("shareMemory() copies the numbers of the view, not of its whole buffer", () => {
  for (const array of [Uint8Array.of(1, 2, 3, 4), Float32Array.of(1.5, -2, NaN, 0)]) {
    const shared = shareMemory(array.subarray(1, 3));
    assertEquals([...shared], [...array.subarray(1, 3)]);
    assertEquals(shared.buffer.byteLength, 2 * array.BYTES_PER_ELEMENT);
    assert(shared.buffer as ArrayBufferLike instanceof SharedArrayBuffer);
  }
});

Deno.test("shareMemory() gives back what is shared already", () => {
  const array = new Float32Array(new SharedArrayBuffer(8));
  assert(shareMemory(array) === array);
});
