/** Typed arrays that workers see without a copy. */

/**
 * Puts numbers into shared memory.
 *
 * @returns `array` itself if it is shared already, else a shared copy.
 */
export function shareMemory<Numbers extends Uint8Array | Float32Array>(array: Numbers): Numbers {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  const shared = array instanceof Uint8Array ? new Uint8Array(buffer) : new Float32Array(buffer);
  shared.set(array);
  return shared as Numbers;
}
