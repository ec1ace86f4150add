/** A graph of ONNX's operations that is being written. */

import * as tf from "@tensorflow/tfjs";
import protobuf from "protobufjs";
import { storedWeights } from "../model/network.ts";
import MESSAGES from "./onnx.proto" with { type: "text" };

const ModelProto = protobuf.parse(MESSAGES, { keepCase: true }).root.lookupType("ModelProto");

/** Version of the operators that are used (https://onnx.ai/onnx/operators/). */
const OPSET = 21;

/** Version of the file format that came with these operators. */
const IR_VERSION = 10;

/** Kinds of numbers, `TensorProto.DataType`, by the arrays that hold them; half floats are held as their bits. */
const DATA_TYPE = { Float32Array: 1, Uint8Array: 2, BigInt64Array: 7, Uint16Array: 10 };

type StoredWeight = ReturnType<typeof storedWeights>[number];

/** A tensor in the graph. */
interface Value {
  name: string;
  /** As tfjs has it: channels last. */
  shape: tf.Shape;
  /** Whether channels stand before rows and columns, as ONNX's convolutions want them. */
  channelsFirst: boolean;
}

/** Settings of an operation. */
type Attributes = Record<string, number | number[]>;

/** Settings that are floats; all others are integers or lists of them. */
const FLOATS = ["alpha", "epsilon"];

/** Operations, and the numbers that go into them. */
export class OnnxGraph {
  /** `NodeProto` of every operation, in an order in which they can be computed. */
  readonly #nodes: unknown[] = [];
  /** `TensorProto` of all numbers. */
  readonly #initializers: unknown[] = [];
  readonly #weights: Map<string, StoredWeight>;
  readonly #names = new Set<string>();

  /** @param data The network whose weights are to be used. */
  constructor(data: tf.io.ModelArtifacts) {
    this.#weights = new Map(storedWeights(data).map((weight) => [weight.name, weight]));
  }

  /**
   * Adds an operation.
   *
   * @param more Names of its inputs after the first.
   * @returns Its output, taken to be laid out as its first input.
   */
  add(
    type: string,
    name: string,
    first: Value,
    more: string[] = [],
    attributes?: Attributes,
  ): Value {
    const output = this.#node(type, name, [first.name, ...more], attributes);
    return { ...first, name: output };
  }

  /** Adds a list of numbers. @returns Its name. */
  constant(name: string, values: Float32Array | BigInt64Array): string {
    return this.#initializer(name, [values.length], values);
  }

  /**
   * Adds a weight, and how to make floats of it if it is stored otherwise.
   *
   * @param order Its axes as ONNX wants them.
   * @param shape Its shape after that, if another.
   * @returns The floats' name.
   */
  weight({ originalName }: { originalName: string }, order?: number[], shape?: number[]): string {
    const weight = this.#weights.get(originalName)!;
    const permuted = order ? permute(weight, order) : weight;
    const { values, grid } = permuted;
    const name = this.#initializer(originalName, shape ?? permuted.shape, values);
    if (values instanceof Float32Array) return name;
    // Not DequantizeLinear, which ONNX Runtime fuses into products with rounded activations.
    const floats = `${name}/floats`;
    const cast = this.#node("Cast", floats, [name], { to: DATA_TYPE.Float32Array });
    if (!grid) return cast;
    const zero = this.constant(`${name}/zero`, Float32Array.of(grid.zero));
    const scale = this.constant(`${name}/scale`, Float32Array.of(grid.scale));
    return this.#node("Mul", floats, [this.#node("Sub", floats, [cast, zero]), scale]);
  }

  /**
   * @param card What the network is, as plain JSON: `card` in the model's metadata.
   * @returns The file that computes `output` from `input`, for any number of pictures.
   */
  encode(name: string, input: Value, output: Value, card: unknown): Uint8Array {
    return ModelProto.encode(ModelProto.fromObject({
      ir_version: IR_VERSION,
      producer_name: "TensorFlow.js",
      opset_import: [{ domain: "", version: OPSET }],
      metadata_props: [{ key: "card", value: JSON.stringify(card) }],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: [describeEnd(input)],
        output: [describeEnd(output)],
      },
    })).finish();
  }

  /** @returns A tensor with its channels before rows and columns. */
  channelsFirst(value: Value): Value {
    return this.#transpose(value, true, [0, 3, 1, 2]);
  }

  /** @returns A tensor with its channels last. */
  channelsLast(value: Value): Value {
    return this.#transpose(value, false, [0, 2, 3, 1]);
  }

  #transpose(value: Value, channelsFirst: boolean, perm: number[]): Value {
    if (value.shape.length !== 4 || value.channelsFirst === channelsFirst) return value;
    const name = `${value.name}/${channelsFirst ? "channels_first" : "channels_last"}`;
    return { ...this.add("Transpose", name, value, [], { perm }), channelsFirst };
  }

  #node(type: string, name: string, input: string[], attributes: Attributes = {}): string {
    const unique = this.#unique(name);
    this.#nodes.push({
      op_type: type,
      name: unique,
      input,
      output: [unique],
      attribute: Object.entries(attributes).map(describeAttribute),
    });
    return unique;
  }

  #initializer(
    name: string,
    dims: number[],
    values: StoredWeight["values"] | BigInt64Array,
  ): string {
    const unique = this.#unique(name);
    this.#initializers.push({
      name: unique,
      dims,
      data_type: DATA_TYPE[values[Symbol.toStringTag]],
      raw_data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    });
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 2; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}

function describeEnd({ name, shape: [, ...sizes] }: Value) {
  const dim = [{ dim_param: "batch" }, ...sizes.map((size) => ({ dim_value: size }))];
  return { name, type: { tensor_type: { elem_type: DATA_TYPE.Float32Array, shape: { dim } } } };
}

function describeAttribute([name, value]: [string, number | number[]]) {
  if (Array.isArray(value)) return { name, type: "INTS", ints: value };
  return FLOATS.includes(name)
    ? { name, type: "FLOAT", f: value }
    : { name, type: "INT", i: value };
}

/** Puts the axes of an array into another order. */
function permute({ shape, values, ...weight }: StoredWeight, order: number[]): StoredWeight {
  const permuted = values.slice();
  tf.tidy(() => {
    const tensor = tf.tensor(Float32Array.from(values), shape).transpose(order);
    permuted.set(tensor.dataSync());
  });
  return { ...weight, shape: order.map((axis) => shape[axis]), values: permuted };
}
