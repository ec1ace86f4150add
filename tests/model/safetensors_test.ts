import { assertEquals, assertThrows } from "@std/assert";
import { decodeSafetensors, encodeSafetensors } from "../../lib/model/safetensors.ts";

const CONTENT = {
  arrays: {
    "weights.0": Float32Array.of(1, -0, Infinity, 1e-45, 3.4e38),
    "empty": new Float32Array(),
    "weights.1": Float32Array.of(-7.25).subarray(0),
  },
  metadata: { run: '{"name":"ü"}', note: "" },
};

Deno.test("decodeSafetensors() gives back what encodeSafetensors() wrote, to the last bit", () => {
  for (let padding = 0; padding < 8; padding++) {
    const content = { ...CONTENT, metadata: { ...CONTENT.metadata, pad: "x".repeat(padding) } };
    const bytes = encodeSafetensors(content);
    assertEquals(decodeSafetensors(bytes, "file"), content);
    const inside = new Uint8Array(bytes.length + 3);
    inside.set(bytes, 3);
    assertEquals(decodeSafetensors(inside.subarray(3), "file"), content);
  }
  const nothing = { arrays: {}, metadata: {} };
  assertEquals(decodeSafetensors(encodeSafetensors(nothing), "file"), nothing);
});

Deno.test("encodeSafetensors() writes the published layout", () => {
  const bytes = encodeSafetensors({
    arrays: { a: Float32Array.of(1), b: Float32Array.of(2, 3) },
    metadata: { k: "v" },
  });
  const view = new DataView(bytes.buffer);
  const length = Number(view.getBigUint64(0, true));
  assertEquals(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
    __metadata__: { k: "v" },
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
  });
  const numbers = [0, 4, 8].map((offset) => view.getFloat32(8 + length + offset, true));
  assertEquals([numbers, bytes.length], [[1, 2, 3], 8 + length + 12]);
});

Deno.test("encodeSafetensors() writes views of larger buffers", () => {
  const numbers = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const { arrays } = decodeSafetensors(
    encodeSafetensors({ arrays: { numbers }, metadata: {} }),
    "file",
  );
  assertEquals(arrays.numbers, Float32Array.of(2, 3));
});

/** A file with this header, followed by `length` bytes. */
function file(header: string, length = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + length);
  bytes[0] = text.length;
  bytes.set(text, 8);
  return bytes;
}

const whole = encodeSafetensors(CONTENT);
const DAMAGED: [name: string, bytes: Uint8Array, what: string][] = [
  ["an empty file", new Uint8Array(), "it has 0 bytes"],
  ["seven bytes", whole.subarray(0, 7), "it has 7 bytes"],
  ["a file that ends within its header", whole.subarray(0, 50), "it ends within its header"],
  ["a header longer than any file", new Uint8Array(8).fill(255), "it ends within its header"],
  ["a file that ends within an array", whole.subarray(0, -1), "it ends within weights.1"],
  ["another kind of file", new Uint8Array(300), "its header is not JSON"],
  ["an entry that is nothing", file('{"a":null}'), "its entry a is not a list of 32-bit floats"],
  [
    "another type of numbers",
    file('{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}', 4),
    "its entry a is not a list of 32-bit floats",
  ],
  [
    "offsets that are no list",
    file('{"a":{"dtype":"F32","shape":[1],"data_offsets":4}}', 4),
    "its entry a is not a list of 32-bit floats",
  ],
  [
    "offsets that run backwards",
    file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', 4),
    "its entry a is not a list of 32-bit floats",
  ],
  [
    "half a number",
    file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2]}}', 2),
    "its entry a is not a list of 32-bit floats",
  ],
];

for (const [name, bytes, what] of DAMAGED) {
  Deno.test(`decodeSafetensors() throws on ${name}`, () => {
    assertEquals(
      assertThrows(() => decodeSafetensors(bytes, "file"), SyntaxError).message,
      `Expected file to be a whole safetensors file but ${what}`,
    );
  });
}
