/** The part of ONNX's file format that is written here (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). */

import { Root, type Type } from "protobufjs/light.js";

/** Fields of messages: name, type, number; `[]` marks a list. */
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
