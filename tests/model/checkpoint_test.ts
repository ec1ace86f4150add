import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../lib/model/checkpoint.ts";
import { encodeSafetensors } from "../../lib/model/safetensors.ts";
import { withFolder } from "../temporary_folder.ts";

const CONFIGURATION = { base: "cnn", seed: 1, "from-scratch": false, "learning-rate": 1.5e-3 };

const CHECKPOINT: Checkpoint = {
  configuration: CONFIGURATION,
  stage: "head",
  history: [{
    stage: "head",
    epoch: 1,
    trainLoss: 0.1 + 0.2,
    trainAccuracy: 1 / 3,
    validationLoss: Math.fround(0.1),
    validationAccuracy: 0.9,
    learningRate: 1.5e-3,
    seconds: 12.345,
  }],
  kept: [Float32Array.of(1, 2), Float32Array.of(3)],
  state: {
    epoch: 1,
    weights: [Float32Array.of(1e-45, -0), Float32Array.of(3.4e38)],
    optimiser: {
      step: 430,
      first: [Float32Array.of(0.1, 0.2), Float32Array.of(0.3)],
      second: [Float32Array.of(0, 0), new Float32Array()],
    },
  },
};

Deno.test("loadCheckpoint() gives back what saveCheckpoint() wrote, to the last bit", () =>
  withFolder(async (folder) => {
    const path = join(folder, "checkpoints", "training.safetensors");
    await saveCheckpoint(path, CHECKPOINT);
    assertEquals(await loadCheckpoint(path, CONFIGURATION), CHECKPOINT);
    const later = { ...CHECKPOINT, stage: "fine-tuning" as const };
    await saveCheckpoint(path, later);
    assertEquals(await loadCheckpoint(path, CONFIGURATION), later);
  }));

Deno.test("saveCheckpoint() keeps more than ten arrays in order", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    const kept = Array.from({ length: 23 }, (_, i) => Float32Array.of(i));
    await saveCheckpoint(path, { ...CHECKPOINT, kept });
    assertEquals((await loadCheckpoint(path, CONFIGURATION))?.kept, kept);
  }));

Deno.test("loadCheckpoint() gives nothing where there is no checkpoint yet", () =>
  withFolder(async (folder) => {
    assertEquals(await loadCheckpoint(join(folder, "none"), CONFIGURATION), undefined);
  }));

Deno.test("loadCheckpoint() rejects a checkpoint of another configuration", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    await saveCheckpoint(path, CHECKPOINT);
    const rejection = async (change: Record<string, string | number | boolean>) =>
      (await assertRejects(() => loadCheckpoint(path, { ...CONFIGURATION, ...change }))).message;
    const asMade = `as ${path} was made`;
    assertEquals(
      await rejection({ seed: 2 }),
      `Expected to resume with seed 1, ${asMade}, but found 2`,
    );
    assertEquals(
      await rejection({ "from-scratch": true }),
      `Expected to resume with from-scratch false, ${asMade}, but found true`,
    );
    assertEquals(
      await rejection({ "learning-rate": 0.01 }),
      `Expected to resume with learning-rate 0.0015, ${asMade}, but found 0.01`,
    );
    assertEquals(
      await rejection({ keeps: "last" }),
      `Expected to resume with keeps not given, ${asMade}, but found last`,
    );
    const { seed: _, ...rest } = CONFIGURATION;
    const { message } = await assertRejects(() => loadCheckpoint(path, rest));
    assertEquals(message, `Expected to resume with seed 1, ${asMade}, but found not given`);
  }));

Deno.test("loadCheckpoint() names a checkpoint that is cut off or something else", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    const rejection = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      return (await assertRejects(() => loadCheckpoint(path, CONFIGURATION), SyntaxError)).message;
    };
    await saveCheckpoint(path, CHECKPOINT);
    const whole = await Deno.readFile(path);
    const damaged = `Expected ${path} to be a whole safetensors file but`;
    assertEquals(await rejection(whole.subarray(0, -2)), `${damaged} it ends within second.0`);
    assertEquals(await rejection(whole.subarray(0, 100)), `${damaged} it ends within its header`);
    assertEquals(await rejection(new Uint8Array()), `${damaged} it has 0 bytes`);
    const foreign = `Expected ${path} to be a checkpoint but it holds no run`;
    for (const metadata of [{}, { run: "{" }, { run: "null" }, { run: '{"epoch":1}' }]) {
      const bytes = encodeSafetensors({ arrays: {}, metadata: metadata as { run: string } });
      assertEquals(await rejection(bytes), foreign);
    }
  }));

Deno.test("saveCheckpoint() that fails loses nothing: the older checkpoint is whole", () =>
  withFolder(async (folder) => {
    // A name so long that there is room for it, but not for that of the temporary file beside it.
    const path = join(folder, "x".repeat(240));
    const short = join(folder, "short");
    await saveCheckpoint(short, CHECKPOINT);
    await Deno.rename(short, path);
    const later = { ...CHECKPOINT, stage: "fine-tuning" as const };
    await assertRejects(() => saveCheckpoint(path, later), Error, "File name too long");
    assertEquals(await loadCheckpoint(path, CONFIGURATION), CHECKPOINT);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
