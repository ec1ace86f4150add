import { assertEquals } from "@std/assert";
import { decodePicture } from "../../lib/picture/decode.ts";
import { leanFile } from "../../lib/picture/file_parts.ts";
import { SEVEN_PNG, sevenFiles } from "./picture_files.ts";

/** A length in four bytes, or two, the highest first. */
function lengthBytes(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => length >> 8 * (count - 1 - i) & 0xff);
}

/** Puts bytes into a file. */
function insert(file: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  return new Uint8Array([...file.subarray(0, at), ...bytes, ...file.subarray(at)]);
}

/** A segment of a JPEG file with a text. */
function segment(marker: number, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array([0xff, marker, ...lengthBytes(bytes.length + 2, 2), ...bytes]);
}

Deno.test("leanFile() leaves texts and profiles of a PNG out, and no pixel, also of a file that is cut off", () => {
  const text = new TextEncoder().encode("iTXtComment");
  const chunk = new Uint8Array([...lengthBytes(text.length - 4, 4), ...text, 0, 0, 0, 0]);
  const afterHeader = 8 + 25;
  assertEquals(leanFile("PNG", insert(SEVEN_PNG, afterHeader, chunk)).bytes, SEVEN_PNG);
  const cut = SEVEN_PNG.subarray(0, SEVEN_PNG.length - 40);
  assertEquals(leanFile("PNG", insert(cut, afterHeader, chunk)).bytes, cut);
});

Deno.test("leanFile() leaves comments and profiles of a JPEG out, keeps which way is up, and counts scans", async () => {
  const files = await sevenFiles();
  for (const [name, file] of Object.entries(files).filter(([name]) => /\.jpe?g$/.test(name))) {
    const noted = insert(
      insert(file, 2, segment(0xfe, "a comment")),
      2,
      segment(0xe2, "a profile"),
    );
    const { bytes, scans } = leanFile("JPEG", noted);
    assertEquals(bytes, leanFile("JPEG", file).bytes, name);
    assertEquals(scans > 1, /progressive/.test(name), `${name} has ${scans} scans`);
    assertEquals(await decodePicture(noted, name), await decodePicture(file, name), name);
  }
});

Deno.test("leanFile() leaves all but the first frame of an animated WebP out", async () => {
  const { "animated.webp": file } = await sevenFiles();
  const { bytes } = leanFile("WebP", file);
  const text = new TextDecoder("latin1");
  assertEquals([file, bytes].map((file) => text.decode(file).split("ANMF").length - 1), [2, 0]);
  assertEquals(await decodePicture(bytes, "first"), await decodePicture(file, "all"));
});
