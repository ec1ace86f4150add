import { assertEquals } from "@std/assert";
import type { InkSheet } from "../../lib/picture/ink.ts";
import { withoutRuledLines } from "../../lib/picture/ruled_lines.ts";

/** A thin 7, 60 wide and 80 high, with paper around it, and a line from edge to edge below it if told. */
function seven(margin: number, line = false): InkSheet {
  const [width, height] = [60 + 2 * margin, 80 + 2 * margin];
  const ink = new Float32Array(width * height);
  ink.fill(200, (margin + 1) * width + margin, (margin + 1) * width + margin + 60);
  for (let y = 0; y < 80; y++) {
    const x = (margin + y) * width + margin + 56 - Math.round(y / 2);
    ink.fill(200, x, x + 3);
  }
  if (line) ink.fill(120, (margin + 85) * width, (margin + 86) * width);
  const mask = Uint8Array.from(ink, (value) => value > 0 ? 1 : 0);
  return { width, height, ink, noise: 0, least: 6, mask, strong: 100 };
}

Deno.test("withoutRuledLines() leaves the bar of a 7 that is cut to its ink", () => {
  assertEquals(withoutRuledLines(seven(0)), undefined);
});

Deno.test("withoutRuledLines() takes a line below a 7, and nothing of the 7", () => {
  const sheet = seven(20, true);
  const left = withoutRuledLines(sheet)!.sheet.mask;
  assertEquals(left.subarray(0, 100 * 100), sheet.mask.subarray(0, 100 * 100));
  assertEquals(left.subarray(105 * 100).includes(1), false);
});
