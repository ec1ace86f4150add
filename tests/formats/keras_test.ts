import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { unzipSync, zipSync } from "fflate";
import { startBackend } from "../../lib/backend/backend.ts";
import { encodeHdf5, Hdf5File, type Hdf5Group } from "../../lib/formats/hdf5.ts";
import { decodeKeras, encodeKerasArchive, encodeKerasH5 } from "../../lib/formats/keras.ts";
import { networkToData } from "../../lib/model/network.ts";
import { CARD, randomNetwork } from "../model/saved_networks.ts";
import { assertSameOutputs, LAYERS_OF_KERAS, NETWORKS, recurrentNetwork } from "./networks.ts";

const KERAS_NETWORKS = {
  ...NETWORKS,
  "cells and layers inside": recurrentNetwork,
  ...LAYERS_OF_KERAS,
};

for (const [kind, build] of Object.entries(KERAS_NETWORKS)) {
  Deno.test(`decodeKeras() gives back what encodeKerasArchive() wrote: ${kind}`, async () => {
    const network = await build();
    const data = await networkToData(network);
    const bytes = await encodeKerasArchive(data, CARD);
    assertEquals(await encodeKerasArchive(data, CARD), bytes);
    const decoded = await decodeKeras(bytes, "network.keras");
    assertSameOutputs(decoded, network);
    network.dispose();
    decoded.dispose();
  });
}

Deno.test("decodeKeras() finds weights where Keras 2.13 put them, on Windows too", async () => {
  const network = await recurrentNetwork();
  const files = unzipSync(await encodeKerasArchive(await networkToData(network), CARD));
  const weights = network.layers.flatMap(({ name, weights }) =>
    ({
      rows: [{ path: ["time_distributed", "layer"], weights }],
      both_ways: [
        { path: ["bidirectional", "forward_layer", "cell"], weights: weights.slice(0, 3) },
        { path: ["bidirectional", "backward_layer", "cell"], weights: weights.slice(3) },
      ],
      one_way: [{ path: ["lstm", "cell"], weights }],
      last: [{ path: ["dense"], weights }],
    })[name] ?? []
  );
  for (const separator of ["/", "\\"]) {
    const root: Hdf5Group = {};
    for (const { path, weights: own } of weights) {
      const names = ["_layer_checkpoint_dependencies", ...path].join(separator).split("/");
      let group = root;
      for (const name of [...names, "vars"]) {
        group = ((group.members ??= {})[name] ??= {}) as Hdf5Group;
      }
      group.members = Object.fromEntries(own.map((weight, i) => [i, {
        shape: weight.shape as number[],
        values: weight.read().dataSync<"float32">(),
      }]));
    }
    const archive = zipSync({ ...files, "model.weights.h5": await encodeHdf5(root) });
    const decoded = await decodeKeras(archive, "network.keras");
    assertSameOutputs(decoded, network);
    decoded.dispose();
  }
  network.dispose();
});

Deno.test("decodeKeras() takes groups of a class in the order of their numbers", async () => {
  const network = await randomNetwork();
  const files = unzipSync(await encodeKerasArchive(await networkToData(network), CARD));
  const convolutions = network.layers.filter((layer) => layer.getClassName() === "Conv2D");
  using file = await Hdf5File.open(files["model.weights.h5"], "model.weights.h5");
  const groups = file.names("/layers").map((name) => {
    const own = file.names(`/layers/${name}/vars`)
      .map((i) => [i, file.array(`/layers/${name}/vars/${i}`)]);
    const [kind, number = 0] = /^(conv2d)_(\d+)$/.exec(name)?.slice(1) ?? [name];
    const renamed = Number(number) > 0 ? `${kind}_${10 * Number(number) - 1}` : name;
    return [renamed, { members: { vars: { members: Object.fromEntries(own) } } }];
  });
  const root = { members: { layers: { members: Object.fromEntries(groups) } } };
  assertEquals(convolutions.length, 3); // conv2d, conv2d_9, conv2d_19
  const archive = zipSync({ ...files, "model.weights.h5": await encodeHdf5(root) });
  const decoded = await decodeKeras(archive, "network.keras");
  assertSameOutputs(decoded, network);
  decoded.dispose();
  network.dispose();
});

Deno.test("encodeKerasArchive() writes Keras 3's layout, and the card", async () => {
  const network = await randomNetwork();
  const files = unzipSync(await encodeKerasArchive(await networkToData(network), CARD));
  network.dispose();
  assertEquals(Object.keys(files), ["metadata.json", "config.json", "model.weights.h5"]);
  const [metadata, config] = [files["metadata.json"], files["config.json"]]
    .map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  assertEquals(metadata.card, CARD);
  const { module, class_name: className, config: { layers } } = config;
  assertEquals([module, className], ["keras", "Sequential"]);
  assertEquals(layers[0].config.batch_shape, [null, 28, 28, 1]);
  using file = await Hdf5File.open(files["model.weights.h5"], "model.weights.h5");
  assertEquals(file.names("/layers").filter((name) => name.startsWith("conv")), [
    "conv2d",
    "conv2d_1",
    "conv2d_2",
  ]);
  assertEquals(file.attribute("/layers/batch_normalization_1/vars", "name"), "norm2");
  assertEquals(file.array("/layers/conv2d/vars/0").shape, [3, 3, 1, 16]);
});

for (const [kind, build] of Object.entries(KERAS_NETWORKS)) {
  Deno.test(`decodeKeras() gives back what encodeKerasH5() wrote: ${kind}`, async () => {
    const network = await build();
    const data = await networkToData(network);
    const bytes = await encodeKerasH5(data, CARD);
    assertEquals(await encodeKerasH5(data, CARD), bytes);
    const decoded = await decodeKeras(bytes, "network.h5");
    assertSameOutputs(decoded, network);
    network.dispose();
    decoded.dispose();
  });
}

Deno.test("encodeKerasH5() writes Keras 2's layout, and the card", async () => {
  const network = await randomNetwork();
  const bytes = await encodeKerasH5(await networkToData(network), CARD);
  using file = await Hdf5File.open(bytes, "network.h5");
  assertEquals(JSON.parse(file.attribute("/", "card") as string), CARD);
  const { class_name: className, config } = JSON.parse(
    file.attribute("/", "model_config") as string,
  );
  assertEquals([className, config.layers[0].class_name], ["Sequential", "InputLayer"]);
  assertEquals(config.layers[0].config.batch_input_shape, [null, 28, 28, 1]);
  assertEquals(
    file.attribute("/model_weights", "layer_names"),
    network.layers.map(({ name }) => name),
  );
  assertEquals(file.attribute("/model_weights/norm1", "weight_names"), [
    "norm1/gamma:0",
    "norm1/beta:0",
    "norm1/moving_mean:0",
    "norm1/moving_variance:0",
  ]);
  assertEquals(file.array("/model_weights/conv1/conv1/kernel:0").shape, [3, 3, 1, 16]);
  network.dispose();
});

Deno.test("decodeKeras() does not begin a recurrent layer with what the file replaces", async () => {
  await startBackend();
  const network = tf.sequential({
    layers: [tf.layers.lstm({ inputShape: [28, 28], units: 64, recurrentActivation: "sigmoid" })],
  });
  const data = await networkToData(network);
  const files = [
    [await encodeKerasH5(data, CARD), "network.h5"],
    [await encodeKerasArchive(data, CARD), "network.keras"],
  ] as const;
  network.dispose();
  const { warn } = console;
  const warnings: unknown[] = [];
  console.warn = (warning) => warnings.push(warning);
  try {
    for (const [bytes, name] of files) (await decodeKeras(bytes, name)).dispose();
  } finally {
    console.warn = warn;
  }
  assertEquals(warnings, []);
});

Deno.test("encodeKerasH5() and encodeKerasArchive() refuse what Keras would not read, or compute otherwise", async () => {
  await startBackend();
  const { layers } = tf;
  const inputShape = [28, 28, 1];
  const sequential = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer] });
  const rows = tf.input({ shape: [28, 28] });
  const [, state] = layers.simpleRNN({ units: 3, returnState: true })
    .apply(rows) as tf.SymbolicTensor[];
  const fed = layers.simpleRNN({ units: 3, name: "fed" })
    .apply([rows, state]) as tf.SymbolicTensor;
  const cases = [
    [
      tf.model({ inputs: rows, outputs: fed }),
      [
        "h5 but found fed, a SimpleRNN with initial states",
        "keras but found fed, a SimpleRNN with initial states",
      ],
    ],
    [
      sequential(layers.layerNormalization({ inputShape, axis: [1, 2], name: "whole" })),
      ["h5 but found whole, a LayerNormalization with several axes", undefined],
    ],
    [
      sequential(layers.activation({ inputShape, activation: "hardSigmoid", name: "hard" })),
      [undefined, "keras but found hard, a Activation with the hard sigmoid of Keras 2"],
    ],
    [
      sequential(layers.randomWidth({ inputShape, factor: [0, 0], name: "wide" })),
      ["h5 but found wide, a RandomWidth", "keras but found wide, a RandomWidth"],
    ],
  ] as const;
  for (const [network, messages] of cases) {
    const data = await networkToData(network);
    for (const [i, encode] of [encodeKerasH5, encodeKerasArchive].entries()) {
      if (messages[i] === undefined) await encode(data, CARD);
      else {
        const { message } = await assertRejects(() => encode(data, CARD), TypeError);
        assertEquals(message, `Expected layers that Keras reads from .${messages[i]}`);
      }
    }
  }
});
