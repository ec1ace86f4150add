/**
 * Decodes files of 16 MiB with millions of parts that hold nothing, in a process of its own, whose memory nothing
 * else fills: what each is answered, and what it takes.
 */

import { decodePicture } from "../../lib/picture/decode.ts";

/** How a file of each kind begins, and the part that is repeated. */
const FILES: Record<string, [start: number[], part: number[]]> = {
  PNG: [
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    [0, 0, 0, 0, ...ascii("IDAT"), 0, 0, 0, 0],
  ],
  JPEG: [[0xff, 0xd8], [0xff, 0xdb, 0, 2]],
  WebP: [[...ascii("RIFF"), 0, 0, 0, 1, ...ascii("WEBP")], [...ascii("NONE"), 0, 0, 0, 0]],
  GIF: [
    [...ascii("GIF89a"), 9, 0, 9, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 9, 0, 9, 0, 0, 2],
    [1, 4],
  ],
  // An entry that says where 2³² − 1 strips are.
  TIFF: [
    [...ascii("II"), 42, 0, 8, 0, 0, 0, 1, 0],
    [17, 1, 4, 0, 255, 255, 255, 255, 0, 0, 0, 0],
  ],
};

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

for (const [name, [start, part]] of Object.entries(FILES)) {
  const bytes = new Uint8Array(2 ** 24);
  bytes.set(part, start.length);
  for (let end = part.length; start.length + end < bytes.length; end *= 2) {
    bytes.copyWithin(start.length + end, start.length, start.length + end);
  }
  bytes.set(start);
  const before = Deno.memoryUsage().rss;
  const message = await decodePicture(bytes, "it").then(() => "", ({ message }) => message);
  const mebibytes = (Deno.memoryUsage().rss - before) / 2 ** 20;
  console.log(JSON.stringify({ name, message, mebibytes }));
}
