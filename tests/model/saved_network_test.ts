import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { zipSync } from "fflate";
import {
  addExamples,
  encodeNetwork,
  loadNetwork,
  saveNetwork,
} from "../../lib/model/saved_network.ts";
import { readWeights } from "../../lib/model/network.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { withFolder } from "../temporary_folder.ts";
import { assertSameWeights, CARD, randomNetwork, zipFolder } from "./saved_networks.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("loadNetwork() gives back what saveNetwork() wrote, to the last bit", () =>
  withFolder(async (folder) => {
    const path = join(folder, "outputs", "model");
    const network = await randomNetwork();
    await saveNetwork(path, network, CARD, "float32");
    assertEquals(namesIn(path), ["card.json", "model.json", "weights.bin"]);
    const loaded = await loadNetwork(path);
    assertEquals(loaded.card, CARD);
    assertEquals(
      loaded.network.layers.map(({ name }) => name),
      network.layers.map(({ name }) => name),
    );
    assertSameWeights(readWeights(loaded.network.layers), readWeights(network.layers));
    network.dispose();
    loaded.network.dispose();
  }));

Deno.test("saveNetwork() stores half precision, if nothing else is said", () =>
  withFolder(async (folder) => {
    const network = await randomNetwork();
    await saveNetwork(join(folder, "model"), network, CARD);
    const loaded = await loadNetwork(join(folder, "model"));
    const halves = readWeights(network.layers).map((values) =>
      Float32Array.from(Float16Array.from(values))
    );
    assertSameWeights(readWeights(loaded.network.layers), halves);
    network.dispose();
    loaded.network.dispose();
  }));

Deno.test("loadNetwork() reads a zip of a network's files, and says what is wrong with one", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model.zip");
    const network = await randomNetwork();
    const { "weights.bin": weights, ...others } = await encodeNetwork(network, CARD, "float32");
    await Deno.writeFile(path, zipSync({ "weights.bin": weights, ...others }, { level: 0 }));
    const loaded = await loadNetwork(path);
    assertEquals(loaded.card, CARD);
    assertSameWeights(readWeights(loaded.network.layers), readWeights(network.layers));
    network.dispose();
    loaded.network.dispose();
    await Deno.writeFile(path, zipSync(others, { level: 0 }));
    await assertRejects(
      () => loadNetwork(path),
      Error,
      `Expected to read ${path}/weights.bin but there is no such file`,
    );
    await Deno.writeFile(
      path,
      zipSync({ "weights.bin": weights, ...others }, { level: 0 }).subarray(0, 99),
    );
    await assertRejects(
      () => loadNetwork(path),
      SyntaxError,
      `Expected ${path} to be a whole zip archive but it is not`,
    );
  }));

Deno.test("saveNetwork() in half precision takes half the space and gives rounded weights", () =>
  withFolder(async (folder) => {
    const [path, halfPath] = [join(folder, "whole"), join(folder, "half")];
    const network = await randomNetwork();
    await saveNetwork(path, network, CARD, "float32");
    await saveNetwork(halfPath, network, CARD, "float16");
    const [size, halfSize] = [path, halfPath].map((folder) =>
      Deno.statSync(join(folder, "weights.bin")).size
    );
    assertEquals(halfSize, size / 2);
    const loaded = await loadNetwork(halfPath);
    const rounded = readWeights(network.layers).map((values) =>
      Float32Array.from(Float16Array.from(values))
    );
    assertSameWeights(readWeights(loaded.network.layers), rounded);
    network.dispose();
    loaded.network.dispose();
  }));

Deno.test("saveNetwork() replaces an older network, and leaves nothing else beside it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model");
    const network = await randomNetwork();
    for (const seed of [1, 2]) await saveNetwork(path, network, { seed });
    const loaded = await loadNetwork(path);
    assertEquals(loaded.card, { seed: 2 });
    assertEquals(namesIn(folder), ["model"]);
    network.dispose();
    loaded.network.dispose();
  }));

/** The card of the network that is found at `path`. */
async function cardAt(path: string): Promise<unknown> {
  const { network, card } = await loadNetwork(path);
  network.dispose();
  return card;
}

Deno.test("loadNetwork() finds a network wherever saveNetwork() was stopped", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model");
    const network = await randomNetwork();
    await saveNetwork(path, network, { version: 1 });

    // While the new one was being written.
    await Deno.mkdir(`${path}.new`);
    await Deno.writeTextFile(join(`${path}.new`, "model.json"), "{");
    assertEquals(await cardAt(path), { version: 1 });

    // Between the two renames.
    await Deno.rename(path, `${path}.previous`);
    assertEquals(await cardAt(path), { version: 1 });

    // The next save cleans up.
    await saveNetwork(path, network, { version: 2 });
    assertEquals(await cardAt(path), { version: 2 });
    assertEquals(namesIn(folder), ["model"]);
    network.dispose();
  }));

Deno.test("saveNetwork() that fails leaves the older network whole", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model");
    const network = await randomNetwork();
    await saveNetwork(path, network, { version: 1 });
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await assertRejects(() => saveNetwork(path, network, circular), TypeError);
    assertEquals(await cardAt(path), { version: 1 });
    assertEquals(namesIn(folder), ["model"]);
    network.dispose();
  }));

Deno.test("loadNetwork() names the file that is missing or damaged", () =>
  withFolder(async (folder) => {
    const original = join(folder, "original");
    const network = await randomNetwork();
    await saveNetwork(original, network, CARD, "float32");
    network.dispose();
    const model = JSON.parse(await Deno.readTextFile(join(original, "model.json")));
    const weights = await Deno.readFile(join(original, "weights.bin"));
    const altered = (change: (copy: typeof model) => void) => {
      const copy = structuredClone(model);
      change(copy);
      return JSON.stringify(copy);
    };
    const notNumbers = weights.slice();
    notNumbers.set([0, 0, 192, 127], 400);

    const path = join(folder, "model");
    const noModel = `Expected ${path}/model.json to describe a tfjs LayersModel but`;
    const cases: [file: string, content: string | Uint8Array | undefined, message: string][] = [
      ["model.json", undefined, `Expected to read ${path}/model.json but there is no such file`],
      ["card.json", undefined, `Expected to read ${path}/card.json but there is no such file`],
      ["weights.bin", undefined, `Expected to read ${path}/weights.bin but there is no such file`],
      ["card.json", "{,}", `Expected ${path}/card.json to be JSON but it is not`],
      ["model.json", "", `Expected ${path}/model.json to be JSON but it is not`],
      ["model.json", "null", `${noModel} it does not`],
      ["model.json", '{"format":"graph-model"}', `${noModel} it does not`],
      [
        "model.json",
        altered(({ weightsManifest }) => delete weightsManifest[0].weights[0].shape),
        `${noModel} it does not`,
      ],
      [
        "model.json",
        altered(({ modelTopology }) => modelTopology.config.layers[1].class_name = "Conv9D"),
        `Expected ${path}/model.json to describe a network but tfjs says: Unknown layer: Conv9D`,
      ],
      [
        "weights.bin",
        weights.subarray(0, -4),
        `Expected the weights of ${path}/model.json to have ${weights.length} bytes but found ${
          weights.length - 4
        }`,
      ],
      [
        "weights.bin",
        notNumbers,
        `Expected ${path}/weights.bin to hold numbers but found NaN`,
      ],
    ];
    for (const [file, content, message] of cases) {
      await Deno.mkdir(path);
      for (const name of namesIn(original)) {
        await Deno.copyFile(join(original, name), join(path, name));
      }
      if (content === undefined) await Deno.remove(join(path, file));
      else if (typeof content === "string") await Deno.writeTextFile(join(path, file), content);
      else await Deno.writeFile(join(path, file), content);
      assertEquals((await assertRejects(() => loadNetwork(path))).message, message);
      await Deno.remove(path, { recursive: true });
    }
    const none = `Expected ${path} to be the folder or .zip of a saved network but there is none`;
    assertEquals((await assertRejects(() => loadNetwork(path))).message, none);
    await Deno.writeTextFile(path, "a file of another kind");
    assertEquals((await assertRejects(() => loadNetwork(path))).message, none);
    await Deno.remove(path);
    await Deno.mkdir(path);
    await Deno.rename(original, join(path, "model"));
    assertEquals(
      (await assertRejects(() => loadNetwork(path))).message,
      `Expected ${path} to be the folder of a saved network: that is ${join(path, "model")}`,
    );
  }));

/** Pictures of one shade each, one for each label. */
function shaded(...labels: number[]): Dataset {
  const images = new Uint8Array(784 * labels.length);
  labels.forEach((_, i) => images.fill(i + 1, 784 * i, 784 * (i + 1)));
  return { count: labels.length, images, labels: Uint8Array.from(labels) };
}

Deno.test("addExamples() joins what saveNetwork() kept beside a network, in a folder or a zip", () =>
  withFolder(async (folder) => {
    const network = await randomNetwork(1, 2);
    const [path, card] = [join(folder, "model"), { classes: ["plus", "minus"] }];
    await saveNetwork(path, network, card, "float16", shaded(0, 1, 1));
    network.dispose();
    await Deno.writeFile(`${path}.zip`, await zipFolder(path));
    const none = shaded();
    const splits = { train: shaded(0, 1), validation: none, test: none, source: "drawn" };
    for (const directory of [path, `${path}.zip`]) {
      const { classes, train } = await addExamples(
        { ...splits, classes: ["minus", "dot"] },
        directory,
      );
      assertEquals(classes, ["plus", "minus", "dot"]);
      assertEquals([...train.labels], [0, 1, 1, 1, 2]);
      assertEquals(train.images[3 * 784], 1);
    }
    const notes: unknown[] = [];
    const same = { ...splits, train: shaded(0, 1, 1), classes: ["plus", "minus"] };
    const { train } = await addExamples(same, path, (news) => notes.push(news));
    assertEquals([...train.labels], [0, 1, 1]);
    assertEquals(notes, [{
      kind: "note",
      text: "3 of the pictures are among the model's already",
    }]);
    await Deno.writeTextFile(join(path, "card.json"), '{"classes":["plus"]}');
    await assertRejects(
      () => addExamples({ ...splits, classes: ["minus", "dot"] }, path),
      SyntaxError,
      `Expected examples in ${path} to be of its 1 classes but found others`,
    );
  }));
