/** A graph of ONNX's operations that is being written, and the part of the file format that it takes. */

import type * as tf from "@tensorflow/tfjs";
import { Root, type Type } from "protobufjs/light.js";
import { storedWeights } from "../model/network.ts";

/**
 * Fields of messages in the part of ONNX's file format that is written here
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3): name, type, number; `[]` marks a list.
 */
const MESSAGES = {
  ModelProto: [
    "ir_version int64 1",
    "producer_name string 2",
    "graph GraphProto 7",
    "opset_import OperatorSetIdProto[] 8",
    "metadata_props StringStringEntryProto[] 14",
  ],
  OperatorSetIdProto: ["domain string 1", "version int64 2"],
  StringStringEntryProto: ["key string 1", "value string 2"],
  GraphProto: [
    "node NodeProto[] 1",
    "name string 2",
    "initializer TensorProto[] 5",
    "input ValueInfoProto[] 11",
    "output ValueInfoProto[] 12",
  ],
  NodeProto: [
    "input string[] 1",
    "output string[] 2",
    "name string 3",
    "op_type string 4",
    "attribute AttributeProto[] 5",
  ],
  AttributeProto: [
    "name string 1",
    "f float 2",
    "i int64 3",
    "ints int64[] 8",
    "type int32 20",
  ],
  TensorProto: ["dims int64[] 1", "data_type int32 2", "name string 8", "raw_data bytes 9"],
  ValueInfoProto: ["name string 1", "type TypeProto 2"],
  TypeProto: ["tensor_type TensorTypeProto 1"],
  TensorTypeProto: ["elem_type int32 1", "shape TensorShapeProto 2"],
  TensorShapeProto: ["dim DimensionProto[] 1"],
  DimensionProto: ["dim_value int64 1", "dim_param string 2"],
};

/** What a model file holds, to encode and decode. */
export const ModelProto: Type = Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => [message, {
      fields: Object.fromEntries(fields.map((field) => {
        const [name, type, id] = field.split(" ");
        const rule = type.endsWith("[]") ? { rule: "repeated" } : {};
        return [name, { ...rule, type: type.replace("[]", ""), id: Number(id) }];
      })),
    }]),
  ),
}).lookupType("ModelProto");

/** Kinds of attributes: `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPE = { float: 1, integer: 2, integers: 7 };

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

  /** @returns The `GraphProto` that computes `output` from `input`, for any number of pictures. */
  describe(name: string, input: Value, output: Value) {
    return {
      name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: [describeEnd(input)],
      output: [describeEnd(output)],
    };
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
  if (Array.isArray(value)) return { name, type: ATTRIBUTE_TYPE.integers, ints: value };
  return FLOATS.includes(name)
    ? { name, type: ATTRIBUTE_TYPE.float, f: value }
    : { name, type: ATTRIBUTE_TYPE.integer, i: value };
}

/** Puts the axes of an array into another order. */
function permute(weight: StoredWeight, order: number[]): StoredWeight {
  const strides = weight.shape.map((_, axis) =>
    weight.shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  );
  const shape = order.map((axis) => weight.shape[axis]);
  const values = weight.values.slice();
  const copy = (axis: number, offset: number, place: number): number => {
    if (axis === shape.length) {
      values[place] = weight.values[offset];
      return place + 1;
    }
    for (let i = 0; i < shape[axis]; i++) {
      place = copy(axis + 1, offset + i * strides[order[axis]], place);
    }
    return place;
  };
  copy(0, 0, 0);
  return { ...weight, shape, values };
}
