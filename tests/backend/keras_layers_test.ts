import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";

/** A layer as a file names it, its weights drawn, and what it makes of drawn inputs. */
async function apply(
  class_name: string,
  config: Record<string, unknown>,
  shapes: number[][],
): Promise<{ inputs: number[][]; weights: number[][]; outputs: number[] }> {
  await startBackend();
  const source = (shape: number[], i: number) => ({
    class_name: "InputLayer",
    config: { batch_input_shape: [1, ...shape], name: `input${i}` },
    name: `input${i}`,
    inbound_nodes: [],
  });
  const names = shapes.map((_, i) => [`input${i}`, 0, 0]);
  const inbound_nodes = [names.map((name) => [...name, {}])];
  const layer = { class_name, config: { name: "layer", ...config }, name: "layer", inbound_nodes };
  const modelTopology = {
    class_name: "Model",
    config: {
      name: "network",
      layers: [...shapes.map(source), layer],
      input_layers: names,
      output_layers: [["layer", 0, 0]],
    },
  };
  const network = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology }));
  const draw = (shape: tf.Shape, seed: number) =>
    tf.randomUniform(shape as number[], -1, 1, "float32", seed);
  const inputs = shapes.map((shape, i) => draw([1, ...shape], i + 1));
  const weights = network.weights.map(({ shape }, i) => draw(shape, i + 10));
  network.setWeights(weights);
  const [outputs, ...all] = [network.predict(inputs) as tf.Tensor, ...inputs, ...weights]
    .map((tensor) => [...tensor.dataSync()]);
  network.dispose();
  return { inputs: all.slice(0, shapes.length), weights: all.slice(shapes.length), outputs };
}

function assertClose(actual: number[], expected: number[]): void {
  const farthest = Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
  assert(actual.length === expected.length && farthest < 1e-5, `${farthest} apart`);
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

Deno.test("GroupNormalization takes mean and deviation of each group of channels", async () => {
  const [places, channels, groups, epsilon] = [6, 8, 4, 0.01];
  const { inputs: [x], weights: [gamma, beta], outputs } = await apply(
    "GroupNormalization",
    { groups, epsilon },
    [[2, 3, channels]],
  );
  const groupOf = (channel: number) => Math.floor(channel * groups / channels);
  const expected = x.map((value, i) => {
    const channel = i % channels;
    const own = x.filter((_, k) => groupOf(k % channels) === groupOf(channel));
    const mean = sum(own) / own.length;
    const variance = sum(own.map((one) => (one - mean) ** 2)) / own.length;
    assert(own.length === places * channels / groups);
    return (value - mean) / Math.sqrt(variance + epsilon) * gamma[channel] + beta[channel];
  });
  assertClose(outputs, expected);
});

Deno.test("UnitNormalization and RMSNormalization divide by the length and by the root mean square", async () => {
  const shape = [3, 4];
  const lengths = (x: number[]) =>
    x.map((_, i) => Math.hypot(...x.slice(4 * Math.floor(i / 4), 4 * Math.floor(i / 4) + 4)));
  const unit = await apply("UnitNormalization", {}, [shape]);
  const length = lengths(unit.inputs[0]);
  assertClose(unit.outputs, unit.inputs[0].map((value, i) => value / length[i]));
  const rms = await apply("RMSNormalization", {}, [shape]);
  const square = lengths(rms.inputs[0]).map((value) => value ** 2 / 4 + 1e-6);
  assertClose(
    rms.outputs,
    rms.inputs[0].map((value, i) => value / Math.sqrt(square[i]) * rms.weights[0][i % 4]),
  );
});

Deno.test("GRU with reset_after resets what went through its recurrent weights", async () => {
  const [steps, width, units] = [5, 3, 2];
  const config = { units, reset_after: true, recurrent_activation: "sigmoid", activation: "tanh" };
  const { inputs: [x], weights: [kernel, recurrent, bias], outputs } = await apply(
    "GRU",
    config,
    [[steps, width]],
  );
  const project = (from: number[], weights: number[], row: number) =>
    range(3 * units).map((k) =>
      bias[row * 3 * units + k] + sum(from.map((value, i) => value * weights[i * 3 * units + k]))
    );
  const state = range(steps).reduce((state, step) => {
    const own = project(x.slice(step * width, (step + 1) * width), kernel, 0);
    const before = project(state, recurrent, 1);
    return range(units).map((k) => {
      const [update, reset] = [k, k + units].map((gate) => sigmoid(own[gate] + before[gate]));
      const candidate = Math.tanh(own[k + 2 * units] + reset * before[k + 2 * units]);
      return update * state[k] + (1 - update) * candidate;
    });
  }, range(units).map(() => 0));
  assertClose(outputs, state);
});

Deno.test("MultiHeadAttention weighs values by how well their keys fit the query", async () => {
  const [queries, keys, width, heads, depth] = [2, 3, 4, 2, 3];
  const { inputs: [query, value], weights, outputs } = await apply(
    "MultiHeadAttention",
    { num_heads: heads, key_dim: depth },
    [[queries, width], [keys, width]],
  );
  const project = (x: number[], [kernel, bias]: number[][], head: number, place: number) =>
    range(depth).map((k) =>
      bias[head * depth + k] +
      sum(range(width).map((i) => x[place * width + i] * kernel[(i * heads + head) * depth + k]))
    );
  const [kernel, bias] = weights.slice(6);
  const expected = range(queries).flatMap((place) => {
    const heard = range(heads).flatMap((head) => {
      const own = project(query, weights.slice(0, 2), head, place);
      const fits = range(keys).map((at) => {
        const key = project(value, weights.slice(2, 4), head, at);
        return Math.exp(sum(own.map((one, k) => one * key[k])) / Math.sqrt(depth));
      });
      const values = range(keys).map((at) => project(value, weights.slice(4, 6), head, at));
      return range(depth).map((k) => sum(fits.map((fit, at) => fit * values[at][k])) / sum(fits));
    });
    return range(width).map((k) =>
      bias[k] + sum(heard.map((one, i) => one * kernel[i * width + k]))
    );
  });
  assertClose(outputs, expected);
});
