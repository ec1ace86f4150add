/** Reading ONNX files in tests. */

import protobuf from "protobufjs";
import MESSAGES from "../../lib/formats/onnx.proto" with { type: "text" };

const ModelProto = protobuf.parse(MESSAGES, { keepCase: true }).root.lookupType("ModelProto");

/** What tests look at in a file. */
export interface OnnxModel {
  graph: {
    node: { op_type: string; input: string[]; output: string[] }[];
    initializer: { name: string; dims: number[]; raw_data: Uint8Array }[];
    input: unknown[];
    output: unknown[];
  };
  metadata_props: { key: string; value: string }[];
}

/** @returns What is in the file. */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }) as OnnxModel;
}
