import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Run } from "../../lib/model/checkpoint.ts";
import type { trainStage } from "../../lib/model/training.ts";
import type { Stage } from "../../lib/observer.ts";
import { withFolder } from "../temporary_folder.ts";

type Configuration = Parameters<typeof Run.begin>[0]["configuration"];
type StageProgress = NonNullable<Parameters<typeof trainStage>[2]["resume"]>;

const CONFIGURATION = { base: "cnn", seed: 1, "from-scratch": false, "learning-rate": 1.5e-3 };

const PROGRESS: StageProgress = {
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

/** Runs a stage that comes as far as `progress`, and writes that. */
async function save(checkpoint: string, progress: StageProgress, stage: Stage = "head") {
  const run = await Run.begin({ configuration: CONFIGURATION, checkpoint });
  await run.stage(stage, async ({ onEpoch }) => {
    await onEpoch!(progress);
    return progress.history;
  });
}

/** @returns Where a stage goes on; nothing if it begins anew. */
async function load(checkpoint: string, configuration: Configuration, stage: Stage = "head") {
  const run = await Run.begin({ configuration, checkpoint, resume: true });
  let found: StageProgress | undefined;
  await run.stage(stage, ({ resume }) => {
    found = resume;
    return Promise.resolve([]);
  });
  return found && { history: found.history, kept: found.kept, state: found.state };
}

Deno.test("a stage goes on where it stopped, to the last bit", () =>
  withFolder(async (folder) => {
    const path = join(folder, "checkpoints", "training.safetensors");
    await save(path, PROGRESS);
    assertEquals(await load(path, CONFIGURATION), PROGRESS);
  }));

Deno.test("a run that stopped in its second stage skips the first, and keeps its history", () =>
  withFolder(async (folder) => {
    const checkpoint = join(folder, "training.safetensors");
    const options = { configuration: CONFIGURATION, checkpoint };
    const tuned = { ...PROGRESS, history: [{ ...PROGRESS.history[0], stage: "fine-tuning" }] };
    const stages = async (run: Run) => {
      const trained: Stage[] = [];
      for (const [stage, progress] of [["head", PROGRESS], ["fine-tuning", tuned]] as const) {
        await run.stage(stage, async ({ onEpoch }) => {
          trained.push(stage);
          await onEpoch!(progress as StageProgress);
          return progress.history as StageProgress["history"];
        });
      }
      return trained;
    };
    const whole = await Run.begin(options);
    assertEquals(await stages(whole), ["head", "fine-tuning"]);
    const notes: string[] = [];
    const resumed = await Run.begin({
      ...options,
      resume: true,
      observer: (news) => news.kind === "note" && notes.push(news.text),
    });
    assertEquals(await stages(resumed), ["fine-tuning"]);
    assertEquals(resumed.history, whole.history);
    assertEquals(notes, ["Going on after epoch 1 of fine-tuning"]);
  }));

Deno.test("a checkpoint keeps more than ten arrays in order", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    const kept = Array.from({ length: 23 }, (_, i) => Float32Array.of(i));
    await save(path, { ...PROGRESS, kept });
    assertEquals((await load(path, CONFIGURATION))?.kept, kept);
  }));

Deno.test("a run begins anew where there is no checkpoint yet", () =>
  withFolder(async (folder) => {
    assertEquals(await load(join(folder, "none"), CONFIGURATION), undefined);
  }));

Deno.test("a run rejects a checkpoint of another configuration", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    await save(path, PROGRESS);
    const rejection = async (change: Configuration) =>
      (await assertRejects(() => load(path, { ...CONFIGURATION, ...change }))).message;
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
    const { message } = await assertRejects(() => load(path, rest));
    assertEquals(message, `Expected to resume with seed 1, ${asMade}, but found not given`);
  }));

/** A safetensors file with this header, followed by `length` bytes. */
function file(header: string, length = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + length);
  bytes[0] = text.length;
  bytes.set(text, 8);
  return bytes;
}

function damagedFiles(whole: Uint8Array): [bytes: Uint8Array, what: string][] {
  const noList = "its entry a is not a list of 32-bit floats";
  const entry = (type: string, offsets: string) =>
    file(`{"a":{"dtype":"${type}","shape":[1],"data_offsets":${offsets}}}`, 4);
  return [
    [new Uint8Array(), "it has 0 bytes"],
    [whole.subarray(0, 7), "it has 7 bytes"],
    [whole.subarray(0, 100), "it ends within its header"],
    [new Uint8Array(8).fill(255), "it ends within its header"],
    [whole.subarray(0, -2), "it ends within second.0"],
    [new Uint8Array(300), "its header is not JSON"],
    [file('{"a":null}'), noList],
    [entry("F16", "[0,4]"), noList],
    [entry("F32", "4"), noList],
    [entry("F32", "[4,0]"), noList],
    [entry("F32", "[0,2]"), noList],
  ];
}

Deno.test("a run names a checkpoint that is cut off or something else", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    const rejection = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      return (await assertRejects(() => load(path, CONFIGURATION), SyntaxError)).message;
    };
    await save(path, PROGRESS);
    for (const [bytes, what] of damagedFiles(await Deno.readFile(path))) {
      const message = `Expected ${path} to be a whole safetensors file but ${what}`;
      assertEquals(await rejection(bytes), message);
    }
    const foreign = `Expected ${path} to be a checkpoint but it holds no run`;
    for (const metadata of [{}, { run: "{" }, { run: "null" }, { run: '{"epoch":1}' }]) {
      assertEquals(await rejection(file(JSON.stringify({ __metadata__: metadata }))), foreign);
    }
  }));

Deno.test("a checkpoint is a safetensors file in the published layout", () =>
  withFolder(async (folder) => {
    const path = join(folder, "training.safetensors");
    const kept = [Float32Array.of(9, 1, 2, 9).subarray(1, 3), Float32Array.of(3)];
    for (const base of ["c", "ce", "cnn", "cnn-ü"]) { // headers of any length
      const run = await Run.begin({ configuration: { base }, checkpoint: path });
      await run.stage("head", async ({ onEpoch }) => {
        await onEpoch!({ ...PROGRESS, kept });
        return [];
      });
      const bytes = await Deno.readFile(path);
      const view = new DataView(bytes.buffer);
      const length = Number(view.getBigUint64(0, true));
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
      assertEquals(JSON.parse(header.__metadata__.run).configuration, { base });
      assertEquals(header["kept.0"], { dtype: "F32", shape: [2], data_offsets: [0, 8] });
      assertEquals(header["kept.1"], { dtype: "F32", shape: [1], data_offsets: [8, 12] });
      const numbers = [0, 4, 8].map((offset) => view.getFloat32(8 + length + offset, true));
      assertEquals([numbers, length % 4], [[1, 2, 3], 0]);
    }
  }));

Deno.test("a checkpoint that cannot be written loses nothing: the older one is whole", () =>
  withFolder(async (folder) => {
    // A name so long that there is room for it, but not for that of the temporary file beside it.
    const path = join(folder, "x".repeat(240));
    const short = join(folder, "short");
    await save(short, PROGRESS);
    await Deno.rename(short, path);
    await assertRejects(() => save(path, { ...PROGRESS, kept: [] }), Error, "File name too long");
    assertEquals(await load(path, CONFIGURATION), PROGRESS);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
