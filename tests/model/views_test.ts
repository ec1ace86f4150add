import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { startBackend } from "../../lib/backend/backend.ts";
import { computeOutputs } from "../../lib/model/inference.ts";
import { startTeam } from "../../lib/model/team.ts";
import { averageProbabilities, NINE_VIEWS, ONE_VIEW, viewImages } from "../../lib/model/views.ts";
import { randomNetwork } from "./saved_networks.ts";

/** Two pictures of a bar each. */
const IMAGES = new Uint8Array(2 * 784);
for (const [picture, column] of [[0, 10], [1, 16]]) {
  for (let row = 6; row < 22; row++) {
    IMAGES.fill(255, picture * 784 + row * 28 + column, picture * 784 + row * 28 + column + 3);
  }
}

function middleOfInk(images: Uint8Array): { x: number; y: number; ink: number } {
  let [x, y, ink] = [0, 0, 0];
  images.subarray(0, 784).forEach((value, i) => {
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
    ink += value;
  });
  return { x: x / ink, y: y / ink, ink };
}

Deno.test("viewImages() moves by whole pixels, turns, and changes the size by 7 %", () => {
  const [still, left, right, up, down, , , smaller, larger] = NINE_VIEWS
    .map((view) => middleOfInk(viewImages(IMAGES, view)));
  assertEquals(still, middleOfInk(IMAGES));
  assertEquals([left.x - still.x, right.x - still.x], [-1, 1]);
  assertEquals([up.y - still.y, down.y - still.y], [-1, 1]);
  assertAlmostEquals(smaller.ink / still.ink, 0.93 ** 2, 0.02);
  assertAlmostEquals(larger.ink / still.ink, 1.07 ** 2, 0.02);
  const [, , , , , turned, back] = NINE_VIEWS.map((view) => viewImages(IMAGES, view));
  assert(turned.some((value, i) => value !== back[i]));
});

Deno.test("averageProbabilities() averages over views and networks", async () => {
  await startBackend();
  await using team = await startTeam({ workers: 1 });
  const networks = [await randomNetwork(1), await randomNetwork(2)];
  const views = NINE_VIEWS.slice(0, 2);
  const average = await averageProbabilities(team, networks, IMAGES, views);
  const each: Float32Array[] = [];
  for (const network of networks) {
    for (const view of views) {
      const seen = viewImages(IMAGES, view);
      each.push(await computeOutputs(team, network, seen, "probabilities"));
    }
  }
  average.forEach((value, i) => {
    assertAlmostEquals(value, each.reduce((sum, rows) => sum + rows[i], 0) / 4, 1e-6);
  });
  const alone = await averageProbabilities(team, [networks[0]], IMAGES, ONE_VIEW);
  assertEquals([...alone], [...each[0]]);
  for (const network of networks) network.dispose();
});
