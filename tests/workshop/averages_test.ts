import { assertEquals } from "@std/assert";
import { averagePictures, nearestPicture, unusualPictures } from "../../lib/workshop/averages.ts";
import type { Dataset } from "../../lib/data/dataset.ts";

/** Pictures of one brightness each. */
function plain(...brightness: number[]): Dataset {
  const images = new Uint8Array(brightness.length * 784);
  brightness.forEach((value, i) => images.fill(value, 784 * i, 784 * (i + 1)));
  return { count: brightness.length, images, labels: new Uint8Array(brightness.length) };
}

Deno.test("averagePictures() rounds, and leaves a class without pictures black", () => {
  const averages = averagePictures(plain(10, 11, 20), 2);
  assertEquals(averages.map((average) => [average.length, average[0], average[783]]), [
    [784, 14, 14],
    [784, 0, 0],
  ]);
});

Deno.test("nearestPicture() takes the first of equals", () => {
  const candidates = [Uint8Array.of(3), Uint8Array.of(1), Uint8Array.of(1)];
  assertEquals(nearestPicture(candidates, Uint8Array.of(0)), { index: 1, distance: 1 });
});

Deno.test("unusualPictures() lists the class's pictures that are farthest from its average", () => {
  const dataset = plain(100, 0, 90, 40, 255);
  dataset.labels[4] = 1;
  const average = new Uint8Array(784).fill(60);
  assertEquals(unusualPictures(dataset, { label: 0, average, count: 3 }), [1, 0, 2]);
});
