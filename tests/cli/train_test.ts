import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { loadMnist } from "../../lib/data/mnist.ts";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { Samples } from "../../lib/service/samples.ts";
import { withFolder } from "../temporary_folder.ts";
import { killTask, runTask } from "./run_task.ts";

const QUICK = "--base cnn-small --limit 200 --workers 2".split(" ");

/** What train wrote about the run, without the time that it took. */
async function metricsIn(folder: string) {
  const { seconds, date, history, ...others } = JSON.parse(
    await Deno.readTextFile(join(folder, "metrics.json")),
  );
  assert(seconds > 0);
  assertMatch(date, /^\d{4}-\d{2}-\d{2}$/);
  return {
    ...others,
    history: history.map(({ seconds: _, ...record }: { seconds: number }) => record),
  };
}

async function train(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runTask("train", ...args);
  assertEquals(code, 0, stderr);
  return stdout;
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

Deno.test("train --pictures learns digits from the samples that a service kept", () =>
  withFolder(async (folder) => {
    const samples = await Samples.open(join(folder, "samples"));
    const { train: digits } = await loadMnist({ limit: 60 });
    for (let i = 0; i < digits.count; i++) {
      await samples.add(digits.images.slice(784 * i, 784 * (i + 1)), String(digits.labels[i]));
    }
    const out = join(folder, "out");
    await train("--pictures", join(folder, "samples"), "--base", "cnn-small", "--out", out);
    using model = await loadModel(join(out, "model"));
    const { test } = await loadMnist({ limit: 100 });
    const right = predict(
      model,
      Array.from({ length: 100 }, (_, i) => test.images.subarray(784 * i, 784 * (i + 1))),
    ).filter(({ index }, i) => index === test.labels[i]);
    assertEquals(model.card.classes, [..."0123456789"]);
    assert(right.length >= 80, `${right.length} of 100`);
  }));

Deno.test("train writes model, metrics and three pictures, and evaluate measures the same", () =>
  withFolder(async (folder) => {
    const out = join(folder, "results", "first");
    const args = [...QUICK, "--epochs", "2", "--fine-tune", "0", "--seed", "5", "--out", out];
    const stdout = await train(...args);
    assertMatch(
      stdout,
      /^Test accuracy \d+\.\d\d % \(\d+ wrong of 200\) after \d+ s; model, metrics and pictures are in .*first\n$/,
    );
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
      "checkpoints",
      "confusion_matrix.png",
      "confusion_matrix.svg",
      "digit_recognition_model.h5",
      "metrics.json",
      "model",
      "prediction_examples.png",
      "prediction_examples.svg",
      "training_curves.png",
      "training_curves.svg",
    ]);
    const metrics = await metricsIn(out);
    assertEquals(
      [metrics.testCount, metrics.seed, metrics.base, metrics.fineTuned, metrics.mode],
      [200, 5, "cnn-small", false, "frozen base"],
    );
    assertEquals(metrics.history.length, 2);

    const { images, labels } = (await loadMnist({ limit: 200 })).test;
    using model = await loadModel(join(out, "model"));
    const pictures = Array.from(labels, (_, i) => images.subarray(784 * i, 784 * i + 784));
    const right = predict(model, pictures).filter(({ index }, i) => index === labels[i]);
    assertEquals(right.length / 200, metrics.testAccuracy);

    const evaluate = ["evaluate", "--model", join(out, "model"), "--limit", "200"] as const;
    const json = JSON.parse((await runTask(...evaluate, "--json")).stdout);
    assertEquals(
      [json.accuracy, json.count, json.perClass, json.confusion],
      [metrics.testAccuracy, 200, metrics.perClass, metrics.confusion],
    );
    // A run that has ended resumes to the same numbers.
    await train(...args, "--resume");
    assertEquals(await metricsIn(out), metrics);
  }));

Deno.test("train that is killed twice resumes to the numbers of a run never stopped", () =>
  withFolder(async (folder) => {
    const [straight, stopped] = [join(folder, "straight"), join(folder, "stopped")];
    const args = [...QUICK, "--epochs", "4", "--fine-tune", "3"];
    await train(...args, "--out", straight);

    const resume = [...args, "--out", stopped, "--resume"];
    const kill = async (line: string) =>
      assert(await killTask("train", resume, line), `Expected a kill at ${line}`);
    await kill("head, epoch 4:"); // between two stages
    await kill("fine-tuning, epoch 2:");
    await train(...resume);
    assertEquals(await metricsIn(stopped), await metricsIn(straight));
    for (const file of ["weights.bin", "model.json"]) {
      const [resumed, expected] = [join(stopped, "model", file), join(straight, "model", file)];
      assertEquals(await sha256(resumed), await sha256(expected));
    }
  }));

Deno.test("train from scratch that is killed resumes on one worker", () =>
  withFolder(async (folder) => {
    const [straight, stopped] = [join(folder, "straight"), join(folder, "stopped")];
    const args = "--base cnn-small --limit 50 --workers 1 --from-scratch --epochs 2".split(" ");
    await train(...args, "--out", straight);
    const resume = [...args, "--out", stopped, "--resume"];
    assert(await killTask("train", resume, "from-scratch, epoch 1:"));
    await train(...resume);
    assertEquals(await metricsIn(stopped), await metricsIn(straight));
  }));

Deno.test("train says that --base is no network before it reads data", () =>
  withFolder(async (folder) => {
    const base = join(folder, "mine.h5");
    await Deno.writeTextFile(base, "no network");
    const missing = join(folder, "none");
    const flags = ["--base", base, "--data", missing, "--out", join(folder, "out")];
    const { code, stderr } = await runTask("train", ...flags);
    assertEquals(code, 1);
    assertMatch(stderr, /Expected .*mine\.h5 to be a whole HDF5 file but it is not/);
  }));
