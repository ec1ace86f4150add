import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { unzipSync, zipSync } from "fflate";
import { startBackend } from "../../lib/backend/backend.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { addHead } from "../../lib/model/architecture.ts";
import { readBase } from "../../lib/formats/read_base.ts";
import { encodeHdf5, type Hdf5Group } from "../../lib/formats/hdf5.ts";
import { encodeKerasArchive, encodeKerasH5 } from "../../lib/formats/keras.ts";
import { toKeras } from "../../lib/formats/keras_config.ts";
import { loadModel } from "../../lib/model/classifier.ts";
import { saveNetwork } from "../../lib/model/saved_network.ts";
import { networkToData } from "../../lib/model/network.ts";
import type { Observer } from "../../lib/observer.ts";
import { CARD, randomNetwork } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";
import { NETWORKS } from "./networks.ts";

/** Saves a network in every form that a base is read from. @returns The paths. */
async function saveAll(folder: string, network: tf.LayersModel): Promise<string[]> {
  const data = await networkToData(network);
  const [h5, keras, tfjs] = ["base.h5", "base.keras", "base"].map((name) => join(folder, name));
  await Deno.writeFile(h5, await encodeKerasH5(data, CARD));
  await Deno.writeFile(keras, await encodeKerasArchive(data, CARD));
  await saveNetwork(tfjs, network, CARD, "float32");
  return [h5, keras, tfjs];
}

Deno.test("readBase() cuts the head off, in every format", () =>
  withFolder(async (folder) => {
    await startBackend();
    const pictures = tf.tidy(() => tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1));
    for (
      const [build, last] of [[NETWORKS["this project's"], "features"], [
        NETWORKS["a chain"],
        "flatten",
      ]] as const
    ) {
      const network = await build();
      const cut = tf.model({
        inputs: network.inputs,
        outputs: network.getLayer(last).output as tf.SymbolicTensor,
      });
      const expected = (cut.predict(pictures) as tf.Tensor).dataSync();
      for (const path of await saveAll(folder, network)) {
        const base = await readBase(path);
        assertEquals(base.layers.map(({ name }) => name), ["features"]);
        assertEquals((base.predict(pictures) as tf.Tensor).dataSync(), expected);
        // The head has a layer named dropout, as the chain does.
        assertEquals(addHead(base, { classes: 3, seed: 1 }).outputShape, [null, 3]);
        base.dispose();
      }
      network.dispose();
    }
  }));

Deno.test("readBase() flattens what ends in maps of features", () =>
  withFolder(async (folder) => {
    await randomNetwork();
    const network = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 2, kernelSize: 5, strides: 4 }),
      ],
    });
    const [path] = await saveAll(folder, network);
    assertEquals((await readBase(path)).outputShape, [null, 72]);
  }));

/** A file of .h5 that Keras 3 might have written, with a change. */
function h5(
  change: (config: Config, weights: Hdf5Group, groups: Record<string, Hdf5Group>) => void,
): Promise<Uint8Array> {
  const shapes = { "conv/kernel:0": [3, 3, 1, 2], "conv/bias:0": [2] };
  const members = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length: count }, (_, i) => (i % 5 - 2) / 4);
      return [name.split("/")[1], { shape, values }];
    }),
  );
  const layer = tf.layers.conv2d({
    inputShape: [28, 28, 1],
    filters: 2,
    kernelSize: 3,
    name: "conv",
  });
  const config = toKeras(tf.sequential({ name: "net", layers: [layer] }), 2) as Config;
  const weights: Hdf5Group = {
    attributes: { weight_names: Object.keys(shapes) },
    members: { conv: { members } },
  };
  const groups = { conv: weights };
  change(config, weights, groups);
  return encodeHdf5({
    attributes: { model_config: JSON.stringify(config), keras_version: "3.15.1" },
    members: { model_weights: { members: groups } },
  });
}

interface Config {
  class_name: string;
  config: { layers: { class_name: string; config: Record<string, unknown> }[] };
}

const text = (value: string) => new TextEncoder().encode(value);

/** An archive of one file that says it holds very much. */
function zipBomb(): Uint8Array {
  const zip = zipSync({ "config.json": text("{}") }, { level: 0 });
  const view = new DataView(zip.buffer);
  const directory = view.getUint32(zip.length - 6, true);
  view.setUint32(directory + 24, 0xfffffff0, true);
  return zip;
}

const NOT_TFJS = "to have layers that tfjs has but found conv, a";

/** What the base that is read from a file makes of pictures. */
async function features(path: string, content: Uint8Array, pictures: tf.Tensor) {
  await Deno.writeFile(path, content);
  const base = await readBase(path);
  const values = (base.predict(pictures) as tf.Tensor).dataSync();
  base.dispose();
  return values;
}

function assertClose(values: tf.TypedArray, expected: tf.TypedArray, bound = 1e-6): void {
  const farthest = Math.max(...values.map((value, i) => Math.abs(value - expected[i])));
  assert(farthest < bound, `Expected less than ${bound} but found ${farthest}`);
}

Deno.test("readBase() finds something of tfjs's for what it lacks", () =>
  withFolder(async (folder) => {
    await startBackend();
    const path = join(folder, "network.h5");
    const pictures = tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1);
    const plain = (of: tf.Tensor) => h5(() => {}).then((content) => features(path, content, of));
    const behind = async (activation: unknown) =>
      await features(
        path,
        await h5(({ config }) => Object.assign(config.layers[1].config, { activation })),
        pictures,
      );
    const leaky = (await plain(pictures)).map((value) => value < 0 ? 0.2 * value : value);
    assertClose(await behind("leaky_relu"), leaky);
    const layer = { class_name: "LeakyReLU", config: { name: "inner", negative_slope: 0.2 } };
    assertClose(await behind(layer), leaky);

    const hard = await behind("hard_sigmoid");
    assertClose(
      hard,
      (await plain(pictures)).map((value) => Math.min(Math.max(value / 6 + 0.5, 0), 1)),
    );
    const silu = await behind("hard_swish");
    assertClose(silu, (await plain(pictures)).map((value, i) => value * hard[i]));

    const scaled = await plain(pictures.sub(0.25).div(0.5));
    const normalised = async (settings: Record<string, unknown>, weights?: Hdf5Group) =>
      await features(
        path,
        await h5(({ config }, _, groups) => {
          const config_ = { name: "normal", axis: [-1], mean: null, variance: null, ...settings };
          config.layers.splice(1, 0, { class_name: "Normalization", config: config_ });
          if (weights) groups.normal = weights;
        }),
        pictures,
      );
    const number = (value: number, shape: number[]) => ({ shape, values: Float32Array.of(value) });
    const inFile = (shape: number[]): Hdf5Group => ({
      attributes: { weight_names: ["mean:0", "variance:0", "count:0"] },
      members: { "mean:0": number(0.25, shape), "variance:0": number(0.25, shape) },
    });
    assertClose(await normalised({ mean: 0.25, variance: 0.25 }), scaled);
    assertClose(await normalised({ mean: [[[0.25]]], variance: [[[0.25]]] }), scaled);
    assertClose(await normalised({}, inFile([1])), scaled);
    assertClose(await normalised({ axis: [] }, inFile([])), scaled);
  }));

Deno.test("readBase() convolves channels in groups by zeros between them", () =>
  withFolder(async (folder) => {
    await startBackend();
    const path = join(folder, "network.h5");
    const pictures = tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1);
    const values = Float32Array.from({ length: 9 * 4 }, (_, i) => (i % 7 - 3) / 4);
    const grouped: Hdf5Group = {
      attributes: { weight_names: ["kernel"] },
      members: { kernel: { shape: [3, 3, 1, 4], values } },
    };
    const content = await h5(({ config }, _, groups) => {
      const settings = { filters: 4, kernel_size: 3, use_bias: false, groups: 2, name: "grouped" };
      config.layers.push({ class_name: "Conv2D", config: settings });
      groups.grouped = grouped;
    });
    const maps = await features(path, await h5(() => {}), pictures);
    const ofGroups = tf.split(tf.tensor4d(maps as Float32Array, [2, 26, 26, 2]), 2, 3);
    const kernels = tf.split(tf.tensor4d(values, [3, 3, 1, 4]), 2, 3);
    const expected = tf.concat(
      ofGroups.map((group, i) =>
        tf.conv2d(group as tf.Tensor4D, kernels[i] as tf.Tensor4D, 1, "valid")
      ),
      3,
    );
    assertClose(await features(path, content, pictures), expected.dataSync());
  }));

Deno.test("readBase() puts an activation behind a layer wherever a graph uses that", () =>
  withFolder(async (folder) => {
    await startBackend();
    const build = (activation: "linear" | "leaky") => {
      const input = tf.input({ shape: [28, 28, 1], name: "picture" });
      const convolve = tf.layers.conv2d({ filters: 2, kernelSize: 5, strides: 4, name: "conv" });
      let one = convolve.apply(input) as tf.SymbolicTensor;
      if (activation === "leaky") {
        one = tf.layers.leakyReLU({ alpha: 0.2 }).apply(one) as tf.SymbolicTensor;
      }
      const other = tf.layers.conv2d({ filters: 2, kernelSize: 1, name: "next" }).apply(one);
      const both = tf.layers.add({ name: "sum" }).apply([one, other as tf.SymbolicTensor]);
      const outputs = tf.layers.flatten({ name: "flat" }).apply(both) as tf.SymbolicTensor;
      return tf.model({ inputs: input, outputs });
    };
    const [linear, leaky] = [build("linear"), build("leaky")];
    leaky.setWeights(linear.getWeights());
    const path = join(folder, "network");
    await saveNetwork(path, linear, CARD, "float32");
    const model = join(path, "model.json");
    const json = JSON.parse(await Deno.readTextFile(model));
    const { layers } = json.modelTopology.config as Config["config"];
    layers.find(({ config }) => config.name === "conv")!.config.activation = "leaky_relu";
    await Deno.writeTextFile(model, JSON.stringify(json));
    const pictures = tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1);
    const base = await readBase(path);
    assertEquals(
      (base.predict(pictures) as tf.Tensor).dataSync(),
      (leaky.predict(pictures) as tf.Tensor).dataSync(),
    );
  }));

Deno.test("readBase() reads what other versions and programs write", () =>
  withFolder(async (folder) => {
    const network = await randomNetwork();
    const [whole, archive, tfjs] = await saveAll(folder, network);
    network.dispose();
    const wholeH5 = await Deno.readFile(whole);
    const slashes = Object.fromEntries(
      Object.entries(unzipSync(await Deno.readFile(archive)))
        .map(([name, content]) => [`.\\${name}`, content]),
    );
    const conv = (class_name: string, config: Record<string, unknown>) =>
      h5((network) =>
        network.config.layers.push({ class_name, config: { name: "next", ...config } })
      );
    const files: [name: string, content: Uint8Array][] = [
      ["long.hdf5", wholeH5],
      ["old.keras", wholeH5],
      ["slashes.keras", zipSync(slashes)],
      ["list.h5", await h5((network) => Object.assign(network, { config: network.config.layers }))],
      ["dropout.h5", await conv("SpatialDropout2D", { rate: 0.2, data_format: null })],
      ["turned.h5", await conv("RandomRotation", { factor: [-0.1, 0.1], fill_mode: "reflect" })],
    ];
    for (const [name, content] of files) {
      await Deno.writeFile(join(folder, name), content);
      (await readBase(join(folder, name))).dispose();
    }
    await Deno.rename(join(tfjs, "model.json"), join(tfjs, "my-model.json"));
    (await readBase(join(tfjs, "my-model.json"))).dispose();
  }));

Deno.test("readBase() reshapes pictures for networks that take 784 numbers, or no channels", () =>
  withFolder(async (folder) => {
    await startBackend();
    const pictures = tf.tidy(() => tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1));
    for (const inputShape of [[784], [28, 28]]) {
      const conv = tf.layers.conv2d({ filters: 2, kernelSize: 5, strides: 4 });
      const reshape = tf.layers.reshape({ inputShape, targetShape: [28, 28, 1] });
      const network = tf.sequential({ layers: [reshape, conv, tf.layers.flatten()] });
      const input = pictures.reshape([2, ...inputShape]);
      const expected = (network.predict(input) as tf.Tensor).dataSync();
      for (const path of await saveAll(folder, network)) {
        const base = await readBase(path);
        assertEquals((base.predict(pictures) as tf.Tensor).dataSync(), expected);
        assertEquals(addHead(base, { classes: 3, seed: 1 }).outputShape, [null, 3]);
      }
    }
  }));

Deno.test("readBase() takes the last dense layer for the head where there are no convolutions", () =>
  withFolder(async (folder) => {
    await startBackend();
    for (const inputShape of [[28, 28], [28, 28, 1]]) {
      const network = tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape }),
          tf.layers.dense({ units: 5, activation: "relu" }),
          tf.layers.dense({ units: 10 }),
          tf.layers.softmax(),
        ],
      });
      for (const path of await saveAll(folder, network)) {
        assertEquals((await readBase(path)).outputShape, [null, 5]);
      }
    }
  }));

Deno.test("readBase() finds the numbers that a network takes on training pictures, and says which", () =>
  withFolder(async (folder) => {
    const digits = "data/models/digits";
    using model = await loadModel(digits);
    const data = await loadMnist({ limit: 200 });
    const pictures = tf.tidy(() => tf.randomUniform([2, 28, 28, 1], 0, 1, "float32", 1));
    const plain = await readBase(digits);
    const expected = (plain.predict(pictures) as tf.Tensor).dataSync();
    for (
      const [range, scale, offset] of [
        ["0 to 1", 1, 0],
        ["0 to 255", 1 / 255, 0],
        ["-1 to 1", 1 / 2, 1 / 2],
      ] as const
    ) {
      const inputShape = [28, 28, 1];
      const back = tf.layers.rescaling({ inputShape, scale, offset, name: "back" });
      const network = tf.sequential({ layers: [back, ...model.network.layers] });
      const path = join(folder, range);
      await saveNetwork(path, network, CARD, "float32");
      const notes: string[] = [];
      const observer: Observer = (event) => event.kind === "note" && notes.push(event.text);
      const base = await readBase(path, { ...data, observer });
      assertClose((base.predict(pictures) as tf.Tensor).dataSync(), expected, 1e-4);
      assertEquals(notes.length, 1);
      const said = `Pixels go into ${path} from ${range}: its outputs explain `;
      assert(notes[0].startsWith(said), notes[0]);
      base.dispose();
    }
  }));

Deno.test("readBase() finds the range of a network of several outputs, or of maps, too", () =>
  withFolder(async (folder) => {
    await startBackend();
    const data = await loadMnist({ limit: 50 });
    const input = tf.input({ shape: [28, 28, 1], name: "picture" });
    const convolve = tf.layers.conv2d({ filters: 2, kernelSize: 5, strides: 4, name: "maps" });
    const maps = convolve.apply(input) as tf.SymbolicTensor;
    const flat = tf.layers.flatten({ name: "list" }).apply(maps);
    const outputs = tf.layers.dense({ units: 3, name: "guess" }).apply(flat) as tf.SymbolicTensor;
    for (const [i, ends] of [[outputs, maps], [maps], [outputs]].entries()) {
      const path = join(folder, String(i));
      await saveNetwork(path, tf.model({ inputs: input, outputs: ends }), CARD, "float32");
      const notes: string[] = [];
      const observer: Observer = (event) => event.kind === "note" && notes.push(event.text);
      assertEquals((await readBase(path, { ...data, observer })).outputShape, [null, 72]);
      assertEquals(notes.length, 1);
    }
  }));

Deno.test("readBase() says in one sentence what is wrong with a file", () =>
  withFolder(async (folder) => {
    const network = await randomNetwork();
    const [whole, archive, tfjs] = await saveAll(folder, network);
    network.dispose();
    const [wholeH5, wholeArchive] = [await Deno.readFile(whole), await Deno.readFile(archive)];
    const topology = await Deno.readTextFile(join(tfjs, "model.json"));
    const conv = (settings: Record<string, unknown>) =>
      h5(({ config }) => Object.assign(config.layers[1].config, settings));

    const cases: [name: string, content: Uint8Array, message: string][] = [
      ["empty.h5", new Uint8Array(), "to be a whole HDF5 file but it is not"],
      ["cut.h5", wholeH5.subarray(0, 40_000), "to be a whole HDF5 file but it is not"],
      ["picture.h5", text("\x89PNG\r\n\x1a\n"), "to be a whole HDF5 file but it is not"],
      ["zip.h5", wholeArchive, "to be a whole HDF5 file but it is not"],
      ["foreign.h5", await encodeHdf5({}), "to describe a network but there are at most weights"],
      [
        "text.h5",
        await encodeHdf5({ attributes: { model_config: "{," } }),
        "to be JSON but it is not",
      ],
      [
        "subclass.h5",
        await h5((network) => network.class_name = "MyModel"),
        "to describe a Sequential or functional network but found MyModel",
      ],
      [
        "unconnected.h5",
        await h5((network) => {
          network.class_name = "Functional";
          Object.assign(network.config.layers[1], { inbound_nodes: [{}] });
        }),
        "to connect layers as Keras does but it does not",
      ],
      [
        "unknown.h5",
        await h5(({ config }) => config.layers[1].class_name = "SpectralNormalization"),
        `${NOT_TFJS} SpectralNormalization`,
      ],
      [
        "groups.h5",
        await conv({ groups: 2 }),
        "to hold weights of 3 × 3 × 1 × 2, 2 for conv but found 3 × 3 × 2 × 2, 2",
      ],
      [
        "first.h5",
        await conv({ data_format: "channels_first" }),
        `${NOT_TFJS} Conv2D with data_format "channels_first"`,
      ],
      [
        "mish.h5",
        await conv({ activation: "mish2" }),
        `${NOT_TFJS} Conv2D with activation "mish2"`,
      ],
      [
        "pixelwise.h5",
        await h5(({ config }) => {
          const settings = { name: "conv", axis: [1, 2], mean: null };
          Object.assign(config.layers[1], { class_name: "Normalization", config: settings });
        }),
        `${NOT_TFJS} Normalization`,
      ],
      ["huge.h5", await conv({ filters: 1e9 }), `${NOT_TFJS} Conv2D with filters 1000000000`],
      [
        "shape.h5",
        await conv({ filters: 4 }),
        "to hold weights of 3 × 3 × 1 × 4, 4 for conv but found 3 × 3 × 1 × 2, 2",
      ],
      [
        "missing.h5",
        await h5((_, weights) => weights.members = {}),
        "to hold 32-bit floats as /model_weights/conv/conv/kernel:0 but it holds nothing",
      ],
      [
        "nan.h5",
        await h5((_, { members }) => {
          const conv = members!.conv as Hdf5Group;
          conv.members!["bias:0"] = { shape: [2], values: Float32Array.of(0, NaN) };
        }),
        "to hold numbers for conv but found NaN or infinity",
      ],
      [
        "large.h5",
        await h5(({ config }) => config.layers[0].config.batch_input_shape = [null, 32, 32, 3]),
        "to hold weights of 3 × 3 × 3 × 2, 2 for conv but found 3 × 3 × 1 × 2, 2",
      ],
      [
        "size.h5",
        await h5(({ config }) => config.layers[0].config.batch_input_shape = [null, 32, 32, 1]),
        "to take pictures of 28 × 28 × 1 but it takes 32 × 32 × 1",
      ],
      [
        "small.h5",
        await conv({ kernel_size: [30, 30], name: "conv" }),
        "to describe a network but tfjs says: ",
      ],
      ["cut.keras", wholeArchive.subarray(0, 50_000), "to be a whole zip archive but it is not"],
      ["empty.keras", zipSync({}), "to contain config.json but it does not"],
      ["bomb.keras", zipBomb(), "to unpack to at most 600000000 bytes but found more"],
      [
        "weightless.keras",
        zipSync({ "config.json": text(JSON.stringify(JSON.parse(topology).modelTopology)) }),
        "to contain model.weights.h5 but it does not",
      ],
      ["network.pt", wholeH5, "Expected a .h5 file, a .keras file or a folder but found"],
    ];
    assert(cases.length >= 20);
    for (const [name, content, expected] of cases) {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      const { message } = await assertRejects(() => readBase(path), Error);
      assert(
        message.startsWith("Expected ") && message.includes(path) && message.includes(expected) &&
          !message.includes("\n"),
        `Expected "${expected}" of ${name} but found "${message}"`,
      );
    }
  }));

Deno.test("readBase() says in one sentence what is wrong with a folder", () =>
  withFolder(async (folder) => {
    const network = await randomNetwork();
    const [, , path] = await saveAll(folder, network);
    network.dispose();
    const model = join(path, "model.json");
    const whole = await Deno.readTextFile(model);
    const weights = join(path, "weights.bin");
    const { size } = await Deno.stat(weights);
    const reject = async () => (await assertRejects(() => readBase(path), Error)).message;
    await Deno.truncate(weights, 100);
    assertEquals(
      await reject(),
      `Expected the weights of ${model} to have ${size} bytes but found 100`,
    );
    await Deno.remove(weights);
    assertEquals(await reject(), `Expected to read ${weights} but there is no such file`);
    const graph = { format: "graph-model", modelTopology: { node: [] }, weightsManifest: [] };
    await Deno.writeTextFile(model, JSON.stringify(graph));
    assertEquals(
      await reject(),
      `Expected ${model} to hold layers but it is a graph model, which cannot be cut or learn: convert the Keras file with --output_format tfjs_layers_model`,
    );
    const { modelTopology } = JSON.parse(whole);
    await Deno.writeTextFile(model, JSON.stringify({ modelTopology }));
    assertEquals(await reject(), `Expected ${model} to list its weights but it does not`);
    await Deno.rename(model, join(path, "saved_model.pb"));
    assertEquals(
      await reject(),
      `Expected ${path} to hold layers but it is a SavedModel, which only TensorFlow computes: load it there and save it as .keras or .h5`,
    );
    await Deno.remove(path, { recursive: true });
    assertEquals(await reject(), `Expected a file or folder ${path} but there is none`);
  }));
