import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { Random } from "../../lib/data/random.ts";
import { neighbourAgreement, projectToPlane } from "../../lib/workshop/projection.ts";

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
