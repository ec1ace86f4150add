/** Networks as ONNX (https://onnx.ai): what ONNX Runtime and much else runs. */

import * as tf from "@tensorflow/tfjs";
import { type NetworkData, networkFromData } from "../model/network.ts";
import { OnnxGraph, type Value } from "./onnx_graph.ts";
import { translateLayer } from "./onnx_layers.ts";
import { ModelProto } from "./onnx_schema.ts";

/** Version of the operators that are used (https://onnx.ai/onnx/operators/). */
const OPSET = 21;

/** Version of the file format that came with these operators. */
const IR_VERSION = 10;

/**
 * Writes a network as ONNX, with its input and output shaped as tfjs has them, for any number of
 * pictures. Weights that are stored in fewer bits stay so.
 *
 * @param card What the network is, as plain JSON: `card` in the model's metadata.
 * @returns The file; the same network and card give the same bytes.
 * @throws {TypeError} If a layer has no translation.
 */
export async function encodeOnnx(data: NetworkData, card: unknown): Promise<Uint8Array> {
  const network = await networkFromData(data);
  try {
    const { inputs: [{ shape: inputShape }], outputs: [{ shape: outputShape }] } = network;
    const graph = new OnnxGraph(data);
    const pixels = { name: "pixels", shape: inputShape, channelsFirst: false };
    const result = graph.channelsLast(computeNetwork(graph, network, [pixels]));
    const probabilities = { ...graph.add("Identity", "probabilities", result), shape: outputShape };
    return ModelProto.encode(ModelProto.fromObject({
      ir_version: IR_VERSION,
      producer_name: "TensorFlow.js",
      opset_import: [{ domain: "", version: OPSET }],
      metadata_props: [{ key: "card", value: JSON.stringify(card) }],
      graph: graph.describe(network.name, pixels, probabilities),
    })).finish();
  } finally {
    network.dispose();
  }
}

/** Adds to a graph all that a network computes, from its output back to its inputs. */
function computeNetwork(graph: OnnxGraph, network: tf.LayersModel, inputs: Value[]): Value {
  const values = new Map(network.inputs.map(({ id }, i) => [id, inputs[i]]));
  const compute = ({ id, inputs, sourceLayer: layer, shape }: tf.SymbolicTensor): Value => {
    let value = values.get(id);
    if (!value) {
      const sources = inputs.map(compute);
      value = layer instanceof tf.LayersModel
        ? computeNetwork(graph, layer, sources)
        : { ...translateLayer(graph, layer, sources), shape };
      values.set(id, value);
    }
    return value;
  };
  return compute(network.outputs[0]);
}
