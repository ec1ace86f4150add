import { assertEquals } from "@std/assert";
import { cannyEdges } from "../../../lib/data/augment/canny_edges.ts";

const DISC = Float32Array.from({ length: 784 }, (_, i) => {
  const distance = Math.hypot(i % 28 - 14, Math.floor(i / 28) - 14);
  return Math.min(1, Math.max(0, 8.5 - distance));
});

Deno.test("cannyEdges() draws a line a pixel wide around a disc, 8 pixels from its middle", () => {
  const edges = cannyEdges(DISC);
  for (const [i, edge] of edges.entries()) {
    const distance = Math.hypot(i % 28 - 14, Math.floor(i / 28) - 14);
    if (edge) assertEquals(Math.abs(distance - 8) < 1, true, `Found an edge ${distance} away`);
  }
  const row = [...edges.subarray(14 * 28, 15 * 28)];
  assertEquals(row.flatMap((edge, column) => edge ? [column] : []), [6, 22]);
});

Deno.test("cannyEdges() keeps faint edges only where they go on from steep ones", () => {
  const faint = 0.05;
  const ramp = DISC.map((value) => value * faint);
  assertEquals(cannyEdges(ramp).some((edge) => edge > 0), false);
  // A vertical edge that is steep at the top and fades to the bottom, where it alone would be too faint.
  const fading = (least: number, most: number) =>
    new Float32Array(784).map((_, i) => {
      const strength = most + (least - most) * Math.floor(i / 28) / 27;
      return strength * Math.min(1, Math.max(0, (i % 28 - 13) + 0.5));
    });
  const count = (pixels: Float32Array) => cannyEdges(pixels).reduce((sum, edge) => sum + edge, 0);
  assertEquals(count(fading(0.06, 0.06)), 0);
  assertEquals(count(fading(0.06, 0.3)) >= 26, true);
});
