import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { addHandwriting } from "../../../lib/data/allographs/handwriting.ts";
import { NO_CLASS, slice } from "../../../lib/data/dataset.ts";
import { loadMnist } from "../../../lib/data/mnist.ts";

const KINDS = "digits of other schools,letter,scribble,lines,noise,blot,blank".split(",");

const data = await loadMnist({ limit: 550 });

Deno.test("addHandwriting() adds 80 digits and 81 pictures without one to 550 of MNIST, and keeps others apart", () => {
  const { train, validation, test, apart } = addHandwriting(data, 1);
  assertEquals(slice(train, 0, 550).images, data.train.images);
  const drawn = [...train.labels.subarray(550)];
  assertEquals(drawn.slice(0, 80), Array.from({ length: 80 }, (_, i) => i % 10));
  assertEquals(drawn.slice(80), Array(81).fill(NO_CLASS));
  assertEquals([validation, test], [data.validation, data.test]);
  assertEquals(Object.keys(apart!), KINDS);
  const learnt = new Set(pictures(train));
  for (const kind of Object.values(apart!)) {
    assertEquals(kind.count, 110);
    assertEquals(new Set(pictures(kind)).size, 110);
    assertEquals(pictures(kind).filter((picture) => learnt.has(picture)), []);
  }
});

Deno.test("addHandwriting() draws the same for the same seed only", () => {
  const [one, same, other] = [1, 1, 2].map((seed) => addHandwriting(data, seed));
  assertEquals(one, same);
  assertNotEquals(one.train.images, other.train.images);
  assertNotEquals(one.apart, other.apart);
});

Deno.test("addHandwriting() leaves blanks almost empty, and blots not", () => {
  const { blank, blot } = addHandwriting(data, 5).apart!;
  const ink = ({ images }: { images: Uint8Array }) =>
    images.reduce((sum, value) => sum + value, 0) / 255 / 110;
  assert(ink(blank) < 100, `Found ${ink(blank)}`);
  assert(ink(blot) > 60, `Found ${ink(blot)}`);
});

function pictures({ count, images }: { count: number; images: Uint8Array }): string[] {
  return Array.from({ length: count }, (_, i) => images.subarray(784 * i, 784 * i + 784).join());
}
