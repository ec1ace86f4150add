import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { type Dataset, holdOut, join, slice, type Splits } from "../../lib/data/dataset.ts";
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

const NONE: Dataset = { count: 0, images: new Uint8Array(), labels: new Uint8Array() };

/** Pictures whose first pixel is their number, of classes in turn. */
function splits(names: string[], classes: string[], test = NONE): Splits {
  const count = names.length;
  const images = new Uint8Array(784 * count);
  for (let i = 0; i < count; i++) images[784 * i] = i;
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes.length);
  return {
    train: { count, images, labels, names },
    validation: NONE,
    test,
    classes,
    source: "test",
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `img_${i}.png`);

Deno.test("holdOut() holds a tenth of each class out to choose on, and a tenth to test on, each picture once", () => {
  const { train, validation, test } = holdOut(splits(numbered(60), ["a", "b"]), 1);
  const count = (part: Dataset, label: number) => part.labels.filter((one) => one === label).length;
  assertEquals([0, 1].map((label) => [train, validation, test].map((part) => count(part, label))), [
    [24, 3, 3],
    [24, 3, 3],
  ]);
  const names = [train, validation, test].flatMap((part) => part.names!);
  assertEquals(names.toSorted(), numbered(60).toSorted());
  assertEquals(
    train.names!.map((name) => `img_${train.images[784 * train.names!.indexOf(name)]}.png`),
    train.names,
  );
});

Deno.test("holdOut() repeats itself with the same seed only", () => {
  const [one, same, other] = [1, 1, 2].map((seed) =>
    holdOut(splits(numbered(60), ["a", "b"]), seed)
  );
  assertEquals(one, same);
  assertNotEquals(one.test.names, other.test.names);
});

Deno.test("holdOut() leaves something of every class to learn from, and a test that is there", () => {
  const given = splits(numbered(2), ["a", "b"]).train;
  const { train, validation, test } = holdOut(splits(numbered(3), ["a", "b"], given), 1);
  assertEquals(test, given);
  assertEquals([new Set(train.labels), validation.count], [new Set([0, 1]), 1]);
});

Deno.test("holdOut() throws where no class has a picture for each part", () => {
  const { message } = assertThrows(() => holdOut(splits(numbered(2), ["a", "b"]), 1), RangeError);
  assertMatch(
    message,
    /^Expected .* to hold three pictures of a class at least but found 2 in all$/,
  );
});

Deno.test("holdOut() keeps a writer on one side where files say who wrote", () => {
  const names = Array.from(
    { length: 60 },
    (_, i) => `${["anna", "ben", "cem", "dora", "eva"][i % 5]}_${i}.png`,
  );
  const parts = holdOut(splits(names, ["a", "b"]), 1);
  const writers = [parts.train, parts.validation, parts.test]
    .map((part) => new Set(part.names!.map((name) => name.split("_")[0])));
  assertEquals(writers.map(({ size }) => size), [3, 1, 1]);
  assert(writers[0].isDisjointFrom(writers[1]) && writers[1].isDisjointFrom(writers[2]));
});
