import { assertEquals, assertNotEquals } from "@std/assert";
import { DIGITS, loadMnist } from "../../lib/data/mnist.ts";
import { learn, startTeam } from "../../lib/workshop/learn.ts";
import { CHECKPOINTS } from "../../lib/workshop/notebook.ts";

const splits = await loadMnist({ limit: 200 });

/** Checkpoints that are there. */
function checkpoints(): Set<string> {
  try {
    return new Set(Array.from(Deno.readDirSync(CHECKPOINTS), ({ name }) => name));
  } catch {
    return new Set();
  }
}

Deno.test("learn() goes on where it ran out of time, and begins anew with other numbers", async () => {
  const texts: unknown[] = [];
  const broadcast = (_kind: string, { data }: { data: Record<string, unknown> }) =>
    Promise.resolve(void texts.push(data["text/plain"]));
  Object.assign(Deno, { jupyter: { broadcast } });
  const before = checkpoints();
  const team = await startTeam();
  const numbers = { data: splits, base: "cnn-small", fineTune: 0, recipe: { epochs: 3 } } as const;
  // A seed of its own for every run of the test, so that it finds no checkpoint.
  const seed = Date.now();
  try {
    const first = await learn(team, { ...numbers, seed, seconds: 0.001 });
    assertEquals(first.history.map(({ epoch }) => epoch), [1]);
    const second = await learn(team, { ...numbers, seed });
    assertEquals(second.history.map(({ epoch }) => epoch), [1, 2, 3]);
    assertEquals(texts.filter((text) => text === "Going on after epoch 1 of head").length, 1);
    const other = await learn(team, { ...numbers, seed: seed + 1 });
    assertNotEquals(other.history[0].trainLoss, second.history[0].trainLoss);
    assertEquals(other.tested.labels.length, splits.test.count);
    assertEquals(other.card.classes, DIGITS);
  } finally {
    team.close();
    for (const name of checkpoints().difference(before)) {
      await Deno.remove(`${CHECKPOINTS}/${name}`);
    }
  }
});
