import { assertEquals, assertNotEquals } from "@std/assert";
import { addHandwriting } from "../../../lib/data/allographs/handwriting.ts";
import { NON_DIGITS } from "../../../lib/data/allographs/non_digits.ts";
import { NO_CLASS, slice } from "../../../lib/data/dataset.ts";
import { loadMnist } from "../../../lib/data/mnist.ts";

const data = await loadMnist({ limit: 550 });

Deno.test("addHandwriting() adds 80 digits and 81 pictures without one to 550 of MNIST, and keeps others apart", () => {
  const { train, validation, test, apart } = addHandwriting(data, 1);
  assertEquals(slice(train, 0, 550).images, data.train.images);
  const drawn = [...train.labels.subarray(550)];
  assertEquals(drawn.slice(0, 80), Array.from({ length: 80 }, (_, i) => i % 10));
  assertEquals(drawn.slice(80), Array(81).fill(NO_CLASS));
  assertEquals([validation, test], [data.validation, data.test]);
  assertEquals(Object.keys(apart!), ["digits of other schools", ...NON_DIGITS]);
  const learnt = new Set(pictures(train));
  for (const kind of Object.values(apart!)) {
    assertEquals(kind.count, 110);
    assertEquals(pictures(kind).filter((picture) => learnt.has(picture)), []);
  }
});

Deno.test("addHandwriting() draws the same for the same seed only", () => {
  const [one, same, other] = [1, 1, 2].map((seed) => addHandwriting(data, seed));
  assertEquals(one, same);
  assertNotEquals(one.train.images, other.train.images);
  assertNotEquals(one.apart, other.apart);
});

function pictures({ count, images }: { count: number; images: Uint8Array }): string[] {
  return Array.from({ length: count }, (_, i) => images.subarray(784 * i, 784 * i + 784).join());
}
