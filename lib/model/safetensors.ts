/** Safetensors (https://github.com/huggingface/safetensors): named arrays of numbers and some text in one file. */

/** What a safetensors file holds here. */
interface Safetensors {
  /** Arrays by name. */
  arrays: Record<string, Float32Array>;
  /** Text by name. */
  metadata: Record<string, string>;
}

/**
 * Writes arrays and texts as a safetensors file: eight bytes with the length of
 * a JSON header, the header, then the numbers (little-endian).
 */
export function encodeSafetensors({ arrays, metadata }: Safetensors): Uint8Array {
  let offset = 0;
  const entries = Object.entries(arrays).map(([name, { length, byteLength }]) => {
    const entry = { dtype: "F32", shape: [length], data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
    return [name, entry];
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  // Spaces up to a multiple of four bytes, so that the numbers can be viewed in place.
  const header = new TextEncoder().encode(json.padEnd(json.length + 3));
  const headerLength = header.length - header.length % 4;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(header.subarray(0, headerLength), 8);
  for (const [name, array] of Object.entries(arrays)) {
    const [start] = Object.fromEntries(entries)[name].data_offsets;
    bytes.set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      8 + headerLength + start,
    );
  }
  return bytes;
}

/**
 * Reads a file that {@linkcode encodeSafetensors} wrote.
 *
 * @param name What to call the file in an error.
 * @throws {SyntaxError} If it is cut off, damaged, or no such file.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const damaged = (what: string) =>
    new SyntaxError(`Expected ${name} to be a whole safetensors file but ${what}`);
  if (bytes.length < 8) throw damaged(`it has ${bytes.length} bytes`);
  const headerLength = Number(
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true),
  );
  const start = 8 + headerLength;
  if (start > bytes.length) throw damaged("it ends within its header");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  } catch {
    throw damaged("its header is not JSON");
  }
  const { __metadata__: metadata, ...entries } = (header ?? {}) as {
    __metadata__?: Record<string, string>;
  };
  const arrays: Record<string, Float32Array> = {};
  for (const [array, entry] of Object.entries(entries as Record<string, unknown>)) {
    const { dtype, data_offsets: offsets } = (entry ?? {}) as {
      dtype?: string;
      data_offsets?: number[];
    };
    const [first, last] = Array.isArray(offsets) ? offsets : [];
    if (dtype !== "F32" || !(first >= 0 && last >= first) || (last - first) % 4 !== 0) {
      throw damaged(`its entry ${array} is not a list of 32-bit floats`);
    }
    if (start + last > bytes.length) throw damaged(`it ends within ${array}`);
    arrays[array] = new Float32Array(bytes.slice(start + first, start + last).buffer);
  }
  return { arrays, metadata: metadata ?? {} };
}
