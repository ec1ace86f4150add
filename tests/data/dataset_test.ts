import { assertEquals } from "@std/assert";
import { join, slice } from "../../lib/data/dataset.ts";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";

Deno.test("slice() gives the pictures from start on, sharing their memory", () => {
  const dataset = {
    count: 3,
    images: Uint8Array.from({ length: 3 * IMAGE_PIXELS }, (_, i) => i / IMAGE_PIXELS),
    labels: Uint8Array.of(7, 8, 9),
  };
  const part = slice(dataset, 1, 2);
  assertEquals([part.count, [...part.labels]], [2, [8, 9]]);
  assertEquals([part.images.length, part.images[0], part.images.at(-1)], [2 * IMAGE_PIXELS, 1, 2]);
  dataset.images[IMAGE_PIXELS] = 200;
  assertEquals(part.images[0], 200);
});

Deno.test("join() puts datasets one behind the other, in shared memory", () => {
  const dataset = (count: number, value: number) => ({
    count,
    images: new Uint8Array(count * 784).fill(value),
    labels: new Uint8Array(count).fill(value),
  });
  const { count, images, labels } = join(dataset(1, 3), dataset(2, 7));
  assertEquals([count, ...labels], [3, 3, 7, 7]);
  assertEquals([images[783], images[784], images.length], [3, 7, 3 * 784]);
  assertEquals(images.buffer instanceof SharedArrayBuffer, true);
});
