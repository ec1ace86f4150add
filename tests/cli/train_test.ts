import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { encodeKerasArchive } from "../../lib/formats/keras.ts";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { networkToData } from "../../lib/model/network.ts";
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

Deno.test("train writes model, metrics and pictures, and is the same if it was killed twice", () =>
  withFolder(async (folder) => {
    const [straight, stopped] = [join(folder, "results", "first"), join(folder, "stopped")];
    const args = [...QUICK, "--epochs", "4", "--fine-tune", "3", "--seed", "5"];
    assertMatch(
      await train(...args, "--out", straight),
      /^Test accuracy \d+\.\d\d % \(\d+ wrong of 200\) after \d+ s; model, metrics and pictures are in .*first\n$/,
    );
    assertEquals([...Deno.readDirSync(straight)].map(({ name }) => name).sort(), [
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
    const metrics = await metricsIn(straight);
    assertEquals(
      [metrics.testCount, metrics.seed, metrics.base, metrics.fineTuned, metrics.mode],
      [200, 5, "cnn-small", true, "fine-tuned"],
    );
    assertEquals(metrics.history.length, 7);

    const { images, labels } = (await loadMnist({ limit: 200 })).test;
    using model = await loadModel(join(straight, "model"));
    const pictures = Array.from(labels, (_, i) => images.subarray(784 * i, 784 * i + 784));
    const right = predict(model, pictures).filter(({ index }, i) => index === labels[i]);
    assertEquals(right.length / 200, metrics.testAccuracy);

    const evaluate = ["evaluate", "--model", join(straight, "model"), "--limit", "200"] as const;
    const json = JSON.parse((await runTask(...evaluate, "--json")).stdout);
    assertEquals(
      [json.accuracy, json.count, json.perClass, json.confusion],
      [metrics.testAccuracy, 200, metrics.perClass, metrics.confusion],
    );

    const resume = [...args, "--out", stopped, "--resume"];
    const kill = async (line: string) =>
      assert(await killTask("train", resume, line), `Expected a kill at ${line}`);
    await kill("head, epoch 4:"); // between two stages
    await kill("fine-tuning, epoch 2:");
    await train(...resume);
    assertEquals(await metricsIn(stopped), metrics);
    for (const file of ["weights.bin", "model.json"]) {
      const [resumed, expected] = [join(stopped, "model", file), join(straight, "model", file)];
      assertEquals(await sha256(resumed), await sha256(expected));
    }
  }));

Deno.test("train from scratch takes no base", () =>
  withFolder(async (out) => {
    await train(..."--from-scratch --limit 50 --epochs 1 --workers 1 --out".split(" "), out);
    const { mode, base, history } = await metricsIn(out);
    assertEquals([mode, base, history.length], ["from scratch", "cnn", 1]);
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

Deno.test("train on a base of which Keras's .h5 cannot tell writes all but that file", () =>
  withFolder(async (folder) => {
    await startBackend();
    const { layers } = tf;
    const network = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [28, 28, 1], filters: 2, kernelSize: 5, strides: 4 }),
        layers.layerNormalization({ axis: [1, 2, 3], name: "whole" }),
        layers.flatten(),
        layers.dense({ units: 10, activation: "softmax" }),
      ],
    });
    const [base, out] = [join(folder, "base.keras"), join(folder, "out")];
    await Deno.writeFile(base, await encodeKerasArchive(await networkToData(network), {}));
    const flags = ["--base", base, "--out", out];
    const { code, stderr } = await runTask(
      "train",
      ..."--limit 100 --epochs 1".split(" "),
      ...flags,
    );
    assertEquals(code, 0, stderr);
    assertMatch(
      stderr,
      /digit_recognition_model\.h5 is not written: Expected layers that Keras reads from \.h5 but found base_whole, a LayerNormalization with several axes\n/,
    );
    assertEquals((await metricsIn(out)).mode, "frozen base");
  }));
