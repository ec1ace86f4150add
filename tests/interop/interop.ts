/**
 * `deno task test:interop`: what is exported, in Keras on TensorFlow, ONNX Runtime, and ONNX Runtime
 * Web; what Keras saved, here; and the service, asked by the clients of others. Its name keeps it out of `deno task test`, which needs no Python.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { startTeam, type Team } from "../../lib/model/team.ts";
import { type Dataset, slice, type Splits } from "../../lib/data/dataset.ts";
import { IMAGE_PIXELS } from "../../lib/image/size.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { decodeKeras, encodeKerasArchive, encodeKerasH5 } from "../../lib/formats/keras.ts";
import { encodeOnnx } from "../../lib/formats/onnx.ts";
import { readBase } from "../../lib/formats/read_base.ts";
import { BASE_NAMES } from "../../lib/model/architecture.ts";
import { loadModel } from "../../lib/model/classifier.ts";
import { imagesToTensor, networkToData } from "../../lib/model/network.ts";
import { computeOutputs } from "../../lib/model/evaluation.ts";
import type { Observer } from "../../lib/observer.ts";
import { Samples } from "../../lib/service/samples.ts";
import { startService } from "../../lib/service/server.ts";
import { runTask } from "../cli/run_task.ts";
import { LAYERS_OF_KERAS } from "../formats/networks.ts";
import { withFolder } from "../temporary_folder.ts";

/** A Python that has what requirements.txt names. */
const PYTHON = Deno.env.get("PYTHON") ?? "python3";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

/** Not a literal: it belongs into this test's lock file, not into everybody's. */
const ONNX_RUNTIME_WEB = ["npm:onnxruntime-web", "1.30.0"].join("@");

/** Pictures on whose two best classes a network differs by less may be called either. */
const TIE = 1e-4;

/**
 * Largest root mean square of the relative differences of probabilities, by the kernels that compute
 * ours: fast ones round coarser, as Winograd's convolutions do. Keras on TensorFlow and ONNX Runtime
 * are 3.5e-7 from one another by this measure, as each is from our composed kernels.
 */
const TOLERANCES = { composed: 1e-6, fast: 2e-6 };

/** Largest relative difference of any one probability, of a hundred thousand. */
const FARTHEST = 1e-4;

/** Probabilities below this count as this in a relative difference. */
const TINY = 0.1;

type Kernels = keyof typeof TOLERANCES;

async function python(...args: string[]): Promise<string> {
  const [script, ...rest] = args;
  const command = new Deno.Command(PYTHON, {
    args: [script === "-c" ? script : join(FOLDER, script), ...rest],
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim().split("\n").at(-1));
  return new TextDecoder().decode(stdout);
}

async function checkTools(): Promise<void> {
  try {
    await python(
      "-c",
      "import tensorflow, keras, onnx, onnxruntime, schemathesis, tritonclient.http",
    );
  } catch (error) {
    throw new Error(
      `Expected ${PYTHON} to have what tests/interop/requirements.txt names but: ${
        (error as Error).message
      } (set PYTHON to one that has)`,
    );
  }
}

/** Throws unless a model answers as ours does: same classes, probabilities, accuracy. */
function assertAgrees(
  theirs: Float32Array,
  ours: Float32Array,
  labels: Uint8Array,
  who: string,
  kernels: Kernels = "composed",
): void {
  assertEquals(theirs.length, ours.length);
  let [right, squares, farthest] = [0, 0, 0];
  labels.forEach((label, i) => {
    const [row, own] = [theirs, ours].map((all) => all.subarray(10 * i, 10 * i + 10));
    const [first, second] = own.toSorted().toReversed();
    const [called, calledHere] = [row, own].map((each) => each.indexOf(Math.max(...each)));
    if (first - second > TIE) assertEquals(called, calledHere, `${who}, picture ${i}`);
    right += Number(called === label) - Number(calledHere === label);
    own.forEach((value, j) => {
      const difference = Math.abs(value - row[j]) / Math.max(value, TINY);
      squares += difference ** 2;
      farthest = Math.max(farthest, difference);
    });
  });
  const apart = Math.sqrt(squares / ours.length);
  const [mean, most] = [apart, farthest].map((value) => value.toExponential(1));
  const said =
    `${who}: ${mean} (root mean square), at most ${most} from ours by ${kernels} kernels`;
  console.log(said);
  assert(apart <= TOLERANCES[kernels] && farthest <= FARTHEST, said);
  assertEquals(right, 0, `Expected ${who} to be right as often`);
}

async function readFloats(path: string): Promise<Float32Array> {
  return new Float32Array((await Deno.readFile(path)).buffer);
}

async function runOnnxRuntimeWeb(path: string, { images, count }: Dataset): Promise<Float32Array> {
  const { Worker } = globalThis;
  const { InferenceSession, Tensor } = await import(ONNX_RUNTIME_WEB);
  const session = await InferenceSession.create(await Deno.readFile(path));
  globalThis.Worker = Worker; // it takes Deno for Node and puts Node's in its place
  const probabilities = new Float32Array(count * 10);
  const batch = 500;
  for (let first = 0; first < count; first += batch) {
    const pixels = images.subarray(first * IMAGE_PIXELS, (first + batch) * IMAGE_PIXELS);
    const values = Float32Array.from(pixels, (value) => value / 255);
    const outputs = await session.run({
      pixels: new Tensor("float32", values, [pixels.length / IMAGE_PIXELS, 28, 28, 1]),
    });
    probabilities.set(outputs.probabilities.data, first * 10);
  }
  await session.release();
  return probabilities;
}

async function task(...args: [string, ...string[]]): Promise<void> {
  const { code, stderr } = await runTask(...args);
  assertEquals(code, 0, stderr);
}

/** Runs `act` with the pictures, a file of the test pictures, and a folder to work in. */
async function withPictures(
  act: (mnist: Splits, pixels: string, folder: string) => Promise<void>,
): Promise<void> {
  await checkTools();
  await startBackend({ kernels: "composed" });
  const mnist = await loadMnist();
  await withFolder(async (folder) => {
    const pixels = join(folder, "pixels");
    await Deno.writeFile(pixels, mnist.test.images);
    await act(mnist, pixels, folder);
  });
}

Deno.test("what is exported answers elsewhere as here", (t) =>
  withPictures(async ({ test }, pixels, folder) => {
    const quick = "--base cnn-small --epochs 4 --fine-tune 0 --limit 5000 --out".split(" ");
    await task("train", ...quick, folder);
    const out = join(folder, "exports");
    const args = ["--model", join(folder, "model"), "--out", out, "--limit", "10"];
    await task("export", ...args);
    await task("export", ...args, "--quantize", "float16");
    await task("export", ...args, "--quantize", "uint8");
    const name = join(out, "digit_recognition_model");
    const files = {
      "": [".h5", ".keras", ".onnx"],
      "_float16": ["_float16.onnx"],
      "_uint8": ["_uint8.onnx"],
    };
    const trained = join(folder, "digit_recognition_model.h5");
    assertEquals(await Deno.readFile(`${name}.h5`), await Deno.readFile(trained));
    await python("predict.py", pixels, ...Object.values(files).flat().map((end) => name + end));

    // Both before ONNX Runtime Web, which takes `self` away from workers that start after it.
    await startBackend({ kernels: "composed" });
    await using composed = await startTeam();
    await startBackend({ kernels: "fast" });
    await using fast = await startTeam();
    for (const [kernels, team] of [["composed", composed], ["fast", fast]] as const) {
      for (const [precision, ends] of Object.entries(files)) {
        using model = await loadModel(name + precision);
        const ours = await computeOutputs(team, model.network, test.images, "probabilities");
        for (const end of ends) {
          await t.step(`${end}, ${kernels} kernels`, async () => {
            const theirs = await readFloats(`${name}${end}.probabilities`);
            assertAgrees(theirs, ours, test.labels, end, kernels);
            if (!end.endsWith(".onnx")) return;
            const web = await runOnnxRuntimeWeb(name + end, test);
            assertAgrees(web, ours, test.labels, `${end} in ONNX Runtime Web`, kernels);
          });
        }
      }
    }
    await t.step("a tutorial's predict_digit()", async () => {
      const command = new Deno.Command(PYTHON, {
        args: [join(FOLDER, "predict_digit.py"), pixels],
        cwd: folder,
      });
      const { success, stdout, stderr } = await command.output();
      assert(success, new TextDecoder().decode(stderr));
      const digits = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
      assertEquals(digits, Array.from(test.labels.subarray(0, 5)));
    });
  }));

Deno.test("networks on every base answer elsewhere as here", (t) =>
  withPictures(async ({ test }, pixels, folder) => {
    const quick = "--epochs 1 --fine-tune 0 --limit 1000".split(" ");
    const endings = [".h5", ".keras", ".onnx"];
    const names = BASE_NAMES.map((base) => join(folder, base, "digit_recognition_model"));
    for (const base of BASE_NAMES) {
      const out = join(folder, base);
      await task("train", "--base", base, ...quick, "--out", out);
      await task("export", "--model", join(out, "model"), "--out", out, "--limit", "10");
    }
    const files = names.flatMap((name) => endings.map((ending) => name + ending));
    await python("predict.py", pixels, ...files);
    await startBackend({ kernels: "composed" });
    await using team = await startTeam();
    for (const [i, base] of BASE_NAMES.entries()) {
      using model = await loadModel(join(folder, base, "model"));
      const ours = await computeOutputs(team, model.network, test.images, "probabilities");
      for (const ending of endings) {
        await t.step(`${base}${ending}`, async () => {
          const theirs = await readFloats(`${names[i]}${ending}.probabilities`);
          assertAgrees(theirs, ours, test.labels, ending, "composed");
        });
      }
    }
  }));

Deno.test("what Keras saved answers here as there, and serves as frozen base", (t) =>
  withPictures(async ({ train, test, classes }, pixels, folder) => {
    const [few, labels] = ["few", "labels"].map((name) => join(folder, name));
    await Deno.writeFile(few, train.images.subarray(0, 3000 * IMAGE_PIXELS));
    await Deno.writeFile(labels, train.labels.subarray(0, 3000));
    await python("train_keras.py", few, labels, folder);
    const files = ["chain", "graph", "rows"].flatMap((name) => [`${name}.h5`, `${name}.keras`]);
    files.push("attention.keras"); // Keras cannot read sums and products of its own from .h5
    await python("predict.py", pixels, ...files.map((file) => join(folder, file)));
    await startBackend({ kernels: "composed" });
    await using team = await startTeam();
    for (const file of files) {
      await t.step(file, () => assertReads(team, join(folder, file), test));
    }
    for (const activation of ["relu", "tanh"]) {
      for (const range of ["0 to 1", "0 to 255", "-1 to 1"]) {
        await t.step(`${activation} network that takes ${range}`, async () => {
          const notes: string[] = [];
          const observer: Observer = (event) => event.kind === "note" && notes.push(event.text);
          const path = join(folder, `${activation}_${range}.keras`);
          (await readBase(path, { train, classes, observer })).dispose();
          assertStringIncludes(notes[0], ` from ${range}: `);
        });
      }
    }
    for (const file of ["chain.h5", "graph.keras", "rows.keras", "attention.keras"]) {
      await t.step(`${file} as frozen base, and back there`, async () => {
        const out = join(folder, `${file}.out`);
        const args = "--epochs 4 --limit 2000 --out".split(" ");
        await task("train", "--base", join(folder, file), ...args, out);
        const metrics = JSON.parse(await Deno.readTextFile(join(out, "metrics.json")));
        assert(metrics.testAccuracy > 0.5, `Expected more than half but ${metrics.testAccuracy}`);
        assertEquals(metrics.mode, "frozen base");
        using model = await loadModel(join(out, "model"));
        const ours = await computeOutputs(team, model.network, test.images, "probabilities");
        const trained = join(out, "digit_recognition_model");
        const data = await networkToData(model.network);
        await Deno.writeFile(`${trained}.keras`, await encodeKerasArchive(data, {}));
        const ends = [".h5", ".keras"];
        if (!/^(rows|attention)/.test(file)) { // ONNX has no translation of its layers
          await Deno.writeFile(`${trained}.onnx`, await encodeOnnx(data, {}));
          ends.push(".onnx");
        }
        await python("predict.py", pixels, ...ends.map((end) => trained + end));
        for (const end of ends) {
          const theirs = await readFloats(`${trained}${end}.probabilities`);
          assertAgrees(theirs, ours, test.labels, `on ${file}, ${end}`);
        }
      });
    }
  }));

Deno.test("layers that Keras has in other words answer there as here", (t) =>
  withPictures(async ({ test }, _, folder) => {
    const { images, labels } = slice(test, 0, 200);
    const pixels = join(folder, "few");
    await Deno.writeFile(pixels, images);
    const files: [path: string, ours: Float32Array][] = [];
    for (const [name, build] of Object.entries(LAYERS_OF_KERAS)) {
      const network = await build();
      const data = await networkToData(network);
      const ours = tf.tidy(() =>
        (network.predict(imagesToTensor(images)) as tf.Tensor).dataSync<"float32">().slice()
      );
      network.dispose();
      for (const [end, encode] of [["h5", encodeKerasH5], ["keras", encodeKerasArchive]] as const) {
        const path = join(folder, `${name}.${end}`);
        await Deno.writeFile(path, await encode(data, {}));
        files.push([path, ours]);
      }
    }
    await python("predict.py", pixels, ...files.map(([path]) => path));
    for (const [path, ours] of files) {
      const name = path.split("/").at(-1)!;
      await t.step(name, async () => {
        assertAgrees(await readFloats(`${path}.probabilities`), ours, labels, name);
      });
    }
  }));

async function withService(
  act: (service: Awaited<ReturnType<typeof startService>>, folder: string) => Promise<void>,
): Promise<void> {
  await checkTools();
  await withFolder(async (folder) => {
    await using service = await startService({
      models: { digits: "data/models/digits", letters: "data/models/letters" },
      host: "127.0.0.1",
      port: 0,
      workers: 1,
      samples: await Samples.open(join(folder, "samples")),
    });
    await act(service, folder);
  });
}

Deno.test("Triton's client asks the service by its defaults", () =>
  withService(async ({ url }) => {
    assertEquals(await python("triton_client.py", new URL(url).host), "ok\n");
  }));

Deno.test("schemathesis finds the service to take and answer what its document says", () =>
  withService(async ({ url }, folder) => {
    const args = ["--config-file", join(FOLDER, "schemathesis.toml"), "run", `${url}/openapi.json`];
    const bounds = "--phases examples,coverage,fuzzing --max-examples 10 --seed 1".split(" ");
    const command = new Deno.Command(PYTHON, {
      args: ["-m", "schemathesis.cli", ...args, ...bounds, "--continue-on-failure"],
      cwd: folder,
    });
    const { success, stdout } = await command.output();
    const said = new TextDecoder().decode(stdout);
    assert(success, said);
    console.log(said.match(/\d+ generated, .*/)?.[0]);
  }));

async function assertReads(team: Team, path: string, test: Dataset): Promise<void> {
  const { inputs, outputs } = await decodeKeras(await Deno.readFile(path), path);
  const network = tf.sequential({ layers: [tf.model({ inputs, outputs })] });
  const ours = await computeOutputs(team, network, test.images, "probabilities");
  network.dispose();
  assertAgrees(
    await readFloats(`${path}.probabilities`),
    ours,
    test.labels,
    path.split("/").at(-1)!,
  );
}
