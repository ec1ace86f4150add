import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Dataset } from "../../lib/data/dataset.ts";
import { Random } from "../../lib/data/random.ts";
import {
  averagePictures,
  nearestPicture,
  neighbourAgreement,
  projectToPlane,
  unusualPictures,
} from "../../lib/workshop/neighbours.ts";

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

/** Three clouds in eight dimensions, in turn. */
function clouds(count: number): { vectors: Float32Array; labels: Uint8Array } {
  const random = new Random(1);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const vectors = Float32Array.from(
    { length: 8 * count },
    (_, i) => random.normal() + (i % 8 === labels[Math.floor(i / 8)] ? 20 : 0),
  );
  return { vectors, labels };
}

Deno.test("projectToPlane() keeps neighbours together", async () => {
  const { vectors, labels } = clouds(90);
  const places = await projectToPlane(vectors, { count: 90, seed: 1 });
  const flat = Float32Array.from(places.flatMap(({ x, y }) => [x, y]));
  assertEquals(neighbourAgreement(flat, labels), 1);
});

Deno.test("projectToPlane() draws the same map with the same seed only", async () => {
  const { vectors } = clouds(30);
  const map = (seed: number) => projectToPlane(vectors, { count: 30, seed });
  assertEquals(await map(1), await map(1));
  assertNotEquals(await map(1), await map(2));
});

Deno.test("projectToPlane() throws on fewer vectors than neighbours and on ragged ones", async () => {
  await assertRejects(
    () => projectToPlane(new Float32Array(30), { count: 15, seed: 1 }),
    RangeError,
    "Expected more than 15 vectors but found 15",
  );
  await assertRejects(
    () => projectToPlane(new Float32Array(33), { count: 16, seed: 1 }),
    RangeError,
    "Expected 16 vectors of one length but found 33 numbers",
  );
});

Deno.test("neighbourAgreement() takes the nearest other vector", () => {
  const { vectors, labels } = clouds(30);
  assertEquals(neighbourAgreement(vectors, labels), 1);
  const mixed = labels.with(0, 2);
  assert(neighbourAgreement(vectors, mixed) < 1);
});
