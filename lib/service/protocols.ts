/**
 * The forms in which programs ask for predictions, and in which they are answered: TensorFlow
 * Serving's REST interface (https://www.tensorflow.org/tfx/serving/api_rest) and the Open Inference
 * Protocol, version 2 (https://github.com/kserve/open-inference-protocol).
 */

import { areDigits, classSetOf } from "../data/class_sets.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { type ModelCard, nameAnswer, type Prediction } from "../model/classifier.ts";
import { JSON_LENGTH } from "./body.ts";
import { json, schema } from "./openapi.ts";

const { object, list, ref, text, boolean, whole, share, digit, named } = schema;

/** A picture in a request: pixels from no ink (0) to full ink (1), `[28, 28]`. */
type Pixels = Float32Array<ArrayBuffer>;

/** The one version of each model. */
export const MODEL_VERSION = "1";

/** Most pictures in a request. */
export const MOST_PICTURES = 1024;

/** What is shown as an example. */
const BLANK = Array(IMAGE_PIXELS).fill(0);

/** How a prediction stands in JSON: what its fields may be, and the prediction. */
export function rowsOf(classes: readonly string[]) {
  const description = "The best guess, also where it is not accepted.";
  const properties = {
    ...(areDigits(classes)
      ? { digit: { ...digit, description } }
      : { [classSetOf(classes) ? "character" : "class"]: { enum: classes, description } }),
    confidence: { ...share, description: "Its probability." },
    accepted: { ...boolean, description: 'Whether it is sure enough; if not: "don\'t know".' },
    probabilities: {
      ...list(share, classes.length),
      description: areDigits(classes) ? "Of the digits 0 to 9." : `Of ${classes.join(" ")}.`,
    },
  };
  const write = ({ confidence, accepted, probabilities, ...prediction }: Prediction) => ({
    ...nameAnswer(prediction, classes),
    confidence,
    accepted,
    probabilities,
  });
  return { properties, write };
}

/** What goes into a model or comes out. */
interface Tensor {
  name: string;
  datatype: string;
  /** Of what belongs to one picture. */
  shape: number[];
}

/** Something that an answer can hold. */
interface Output extends Tensor {
  values: (prediction: Prediction) => (number | boolean | string)[];
}

/** What goes into a model, and what its answers can hold. */
function tensorsOf({ input: { shape }, classes }: ModelCard): { input: Tensor; outputs: Output[] } {
  const outputs: Output[] = [
    {
      name: "probabilities",
      datatype: "FP32",
      shape: [classes.length],
      values: ({ probabilities }) => probabilities,
    },
    areDigits(classes)
      ? { name: "digit", datatype: "INT64", shape: [], values: ({ index }) => [index] }
      : { name: "character", datatype: "BYTES", shape: [], values: ({ label }) => [label] },
    { name: "confidence", datatype: "FP32", shape: [], values: ({ confidence }) => [confidence] },
    { name: "accepted", datatype: "BOOL", shape: [], values: ({ accepted }) => [accepted] },
  ];
  return { input: { name: "pixels", datatype: "FP32", shape }, outputs };
}

/** The one signature of each model, in TensorFlow Serving's words. */
const SIGNATURE = "serving_default";

/** TensorFlow's names for the kinds of numbers. */
const TENSORFLOW_TYPES: Record<string, string> = {
  FP32: "DT_FLOAT",
  INT64: "DT_INT64",
  BOOL: "DT_BOOL",
  BYTES: "DT_STRING",
};

/**
 * How a model is asked and answers in TensorFlow Serving's form: what its signature is, how a request is read,
 * and what programs are told of both.
 */
export function tensorFlowServing(model: string, card: ModelCard) {
  const { input, outputs } = tensorsOf(card);
  const rows = rowsOf(card.classes);
  const signature = {
    inputs: describeTensors([input]),
    outputs: describeTensors(outputs),
    method_name: "tensorflow/serving/predict",
  };
  const kinds = { INT64: whole, BOOL: boolean, BYTES: text, FP32: share };
  const columns = outputs.map(({ name, datatype, shape }) => {
    const kind = kinds[datatype as keyof typeof kinds];
    return [name, list(shape.length > 0 ? list(kind, ...shape) : kind)];
  });
  return {
    metadata: {
      model_spec: { name: model, signature_name: "", version: MODEL_VERSION },
      metadata: { signature_def: { signature_def: { [SIGNATURE]: signature } } },
    },
    about: {
      description: "Instances are answered in rows, inputs in columns.",
      takes: json({ oneOf: PREDICT_FORMS }, { instances: [BLANK] }),
      gives: json({
        anyOf: [
          object({ predictions: list(object(rows.properties)) }),
          object({ outputs: object(Object.fromEntries(columns)) }),
        ],
      }),
    },
    /**
     * Reads a request.
     *
     * @param body `{"instances": [picture, …]}`, which is answered in rows, each all about one picture, or
     * `{"inputs": [picture, …]}` or `{"inputs": {"pixels": [picture, …]}}`, which are answered in columns, each
     * one output of all pictures. Each picture is 28 × 28, 28 × 28 × 1 or 784 numbers, `{"b64": …}` of 784
     * bytes, or an object with one of these as its only value. Numbers go from 0 to 255, or, where none is
     * above 1, from 0 to 1.
     * @returns The pictures, and what makes the answer of their predictions.
     * @throws {TypeError} If it is something else.
     * @throws {RangeError} If there are too many pictures, or numbers outside the range.
     */
    read(body: unknown) {
      const { pictures, isColumns } = readPredictRequest(body);
      const write = (predictions: Prediction[]) =>
        isColumns
          ? { outputs: writeColumns(outputs, predictions) }
          : { predictions: predictions.map(rows.write) };
      return { pictures, write };
    },
  };
}

const PICTURES = list(ref("Picture"), 1, MOST_PICTURES);

/** The two forms of a request: rows, and columns, with a name or without. */
const PREDICT_FORMS = Object.entries({
  instances: PICTURES,
  inputs: { anyOf: [PICTURES, named(PICTURES)] },
}).map(([field, pictures]) => ({
  ...object({ [field]: pictures, signature_name: { enum: [SIGNATURE] } }, ["signature_name"]),
  not: { required: [field === "inputs" ? "instances" : "inputs"] },
}));

function readPredictRequest(body: unknown) {
  const { instances, inputs, signature_name: signature } = isObject(body) ? body : {};
  const isColumns = inputs !== undefined;
  const field = isColumns ? "inputs" : "instances";
  if (isColumns && instances !== undefined) {
    throw new TypeError("Expected instances or inputs but found both");
  }
  const pictures = isColumns ? onlyValue(inputs) : instances;
  if (!Array.isArray(pictures)) {
    throw new TypeError(
      `Expected a JSON object with a list of instances or inputs but found ${
        describe(body, field)
      }`,
    );
  }
  if (signature !== undefined && signature !== SIGNATURE) {
    throw new TypeError(`Expected signature_name to be ${SIGNATURE} but found ${quote(signature)}`);
  }
  checkCount(pictures.length, field);
  return {
    pictures: pictures.map((picture, i) => readPicture(picture, `${field}[${i}]`)),
    isColumns,
  };
}

function writeColumns(outputs: Output[], predictions: Prediction[]) {
  return Object.fromEntries(
    outputs.map(({ name, shape, values }) => [
      name,
      shape.length > 0 ? predictions.map(values) : predictions.flatMap(values),
    ]),
  );
}

function describeTensors(tensors: Tensor[]) {
  return Object.fromEntries(tensors.map(({ name, datatype, shape }) => [name, {
    dtype: TENSORFLOW_TYPES[datatype],
    tensor_shape: {
      dim: [-1, ...shape].map((size) => ({ size: String(size), name: "" })),
      unknown_rank: false,
    },
    name: `${name}:0`,
  }]));
}

/** Kinds of numbers in Open Inference requests, and what holds them. */
const ARRAYS: Record<string, NumberArray> = {
  FP32: Float32Array,
  FP64: Float64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
};

interface NumberArray {
  BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): Iterable<number | bigint>;
}

/** An output, and whether it is to come as bytes that follow the JSON. */
interface AskedOutput extends Output {
  isBinary?: boolean;
}

/**
 * How a model is asked and answers in the Open Inference Protocol: what goes in and comes out, how a request is
 * read, and what programs are told of it.
 */
export function openInference(model: string, card: ModelCard) {
  const { base, mode, date, metrics } = card;
  const { input, outputs } = tensorsOf(card);
  const names = outputs.map(({ name }) => name);
  const describeTensors = (tensors: Tensor[]) =>
    tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: [-1, ...shape] }));
  const example = { name: "pixels", shape: [1, 784], datatype: "UINT8", data: BLANK };
  return {
    metadata: {
      name: model,
      versions: [MODEL_VERSION],
      platform: "tensorflowjs_layers",
      inputs: describeTensors([input]),
      outputs: describeTensors(outputs),
      parameters: { base, mode, date, test_accuracy: metrics.testAccuracy },
    },
    about: {
      description:
        `One input of shape [count, 28, 28, 1], [count, 28, 28] or [count, 784]. Outputs are ${
          names.join(", ")
        }, or those that are named. Tensors may follow the JSON as bytes, in both directions (binary_data_size, ${JSON_LENGTH}).`,
      takes: json(inferSchema(names), { inputs: [example] }),
      gives: { ...json(ref("InferResponse")), "application/octet-stream": { schema: {} } },
    },
    /**
     * Reads a request: one input of shape `[count, 28, 28, 1]`, `[count, 28, 28]` or `[count, 784]`, its numbers
     * from 0 to 255, or, where none is above 1, from 0 to 1; or as bytes
     * (https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/extension_binary_data.md).
     *
     * @param rest What follows the JSON: numbers of the input, little-endian.
     * @returns The pictures, and what makes the answer of their predictions: what goes into JSON, and the bytes
     * that follow it.
     * @throws {TypeError} If it is something else.
     * @throws {RangeError} If there are too many pictures, or numbers outside the range.
     */
    read(body: unknown, rest: Uint8Array = new Uint8Array()) {
      const { id, pictures, asked } = readInferRequest(body, outputs, rest);
      const write = (predictions: Prediction[]) => {
        const tensors: Uint8Array<ArrayBuffer>[] = [];
        const head = {
          model_name: model,
          model_version: MODEL_VERSION,
          id,
          outputs: asked.map(({ name, datatype, shape, values, isBinary }) => {
            const about = { name, datatype, shape: [predictions.length, ...shape] };
            const data = predictions.flatMap(values);
            if (!isBinary) return { ...about, data };
            const bytes = writeBytes(data, datatype);
            tensors.push(bytes);
            return { ...about, parameters: { binary_data_size: bytes.length } };
          }),
        };
        return { head, tensors };
      };
      return { pictures, write };
    },
  };
}

/** A request to a model with outputs of these names. */
function inferSchema(names: string[]) {
  const parameters = { type: "object" };
  const input = {
    name: text,
    shape: list({ type: "integer" }),
    datatype: { enum: Object.keys(ARRAYS) },
    data: { type: "array", description: "As many numbers as shape says." },
    parameters,
  };
  return object({
    id: text,
    inputs: list(object(input, ["name", "parameters"]), 1),
    outputs: list(object({ name: { enum: names }, parameters }, ["parameters"])),
    parameters,
  }, ["id", "outputs", "parameters"]);
}

function readInferRequest(body: unknown, all: Output[], rest: Uint8Array) {
  const { id, inputs, outputs, parameters } = isObject(body) ? body : {};
  if (!Array.isArray(inputs) || inputs.length !== 1 || !isObject(inputs[0])) {
    throw new TypeError(
      `Expected a JSON object with a list of one input but found ${describe(body, "inputs")}`,
    );
  }
  if (id !== undefined && typeof id !== "string") {
    throw new TypeError(`Expected id to be a string but found ${typeof id}`);
  }
  const { shape, datatype, data, parameters: how } = inputs[0];
  if (typeof datatype !== "string" || !Object.hasOwn(ARRAYS, datatype)) {
    const known = Object.keys(ARRAYS).join(", ");
    throw new TypeError(`Expected datatype to be one of ${known} but found ${quote(datatype)}`);
  }
  const [count, ...picture] = Array.isArray(shape) ? shape : [];
  if (!["784", "28,28", "28,28,1"].includes(picture.join())) {
    throw new TypeError(
      `Expected shape to be [count, 28, 28, 1], [count, 28, 28] or [count, 784] but found ${
        quote(shape)
      }`,
    );
  }
  checkCount(count, "pictures");
  const size = readParameter(how, "binary_data_size");
  const numbers = size !== undefined
    ? readBytes(rest, size, datatype)
    : Array.isArray(data)
    ? data.flat(3)
    : [];
  if (numbers.length !== count * IMAGE_PIXELS) {
    throw new TypeError(
      `Expected data to hold ${count * IMAGE_PIXELS} numbers but found ${numbers.length}`,
    );
  }
  return {
    id,
    pictures: Array.from(
      { length: count },
      (_, i) =>
        readNumbers(numbers.slice(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS), `picture ${i}`),
    ),
    asked: readOutputs(outputs, all, readParameter(parameters, "binary_data_output") === true),
  };
}

function readParameter(parameters: unknown, name: string): unknown {
  if (parameters === undefined) return undefined;
  if (isObject(parameters)) return parameters[name];
  throw new TypeError(`Expected parameters to be an object but found ${quote(parameters)}`);
}

/** Numbers that follow the JSON. */
function readBytes(bytes: Uint8Array, size: unknown, datatype: string): number[] {
  const Numbers = ARRAYS[datatype];
  if (bytes.length !== size || bytes.length % Numbers.BYTES_PER_ELEMENT !== 0) {
    throw new TypeError(
      `Expected binary_data_size bytes of ${datatype} after the JSON but found ${bytes.length}`,
    );
  }
  return Array.from(new Numbers(bytes.slice().buffer), Number);
}

function readOutputs(outputs: unknown, all: Output[], areBinary: boolean): AskedOutput[] {
  const everything = areBinary ? all.map((output) => ({ ...output, isBinary: true })) : all;
  if (outputs === undefined) return everything;
  if (!Array.isArray(outputs)) {
    throw new TypeError(`Expected outputs to be a list but found ${typeof outputs}`);
  }
  if (outputs.length === 0) return everything;
  return outputs.map((output) => {
    const name = isObject(output) ? output.name : undefined;
    const found = all.find((known) => known.name === name);
    if (!found) {
      const names = all.map(({ name }) => name).join(", ");
      throw new TypeError(
        `Expected the name of an output to be one of ${names} but found ${quote(name)}`,
      );
    }
    const isBinary = readParameter(output.parameters, "binary_data") ?? areBinary;
    return isBinary === true ? { ...found, isBinary } : found;
  });
}

/** Values as bytes, little-endian, each text after its length in four. */
function writeBytes(values: (number | boolean | string)[], datatype: string) {
  if (datatype === "FP32") return new Uint8Array(Float32Array.from(values as number[]).buffer);
  if (datatype === "BOOL") return Uint8Array.from(values as boolean[], Number);
  if (datatype === "INT64") {
    return new Uint8Array(BigInt64Array.from(values as number[], BigInt).buffer);
  }
  return Uint8Array.from(values.flatMap((value) => {
    const text = new TextEncoder().encode(String(value));
    return [...new Uint8Array(Uint32Array.of(text.length).buffer), ...text];
  }));
}

const BASE64_PICTURE = new RegExp(schema.base64Picture.pattern);

/**
 * Reads 784 bytes written in base64.
 *
 * @param name What to call them in an error.
 * @throws {TypeError} If they are something else.
 */
export function readBase64(text: unknown, name: string): Uint8Array<ArrayBuffer> {
  if (typeof text === "string" && BASE64_PICTURE.test(text)) return Uint8Array.fromBase64(text);
  const length = typeof text === "string" ? decodeBase64(text)?.length : undefined;
  throw new TypeError(
    `Expected ${name} to be 784 bytes in base64 but found ${
      length === undefined || length === IMAGE_PIXELS ? "something else" : `${length} bytes`
    }`,
  );
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

/** What a named tensor holds; anything else as it is. */
function onlyValue(tensor: unknown): unknown {
  const values = isObject(tensor) && !("b64" in tensor) ? Object.values(tensor) : [];
  return values.length === 1 ? values[0] : tensor;
}

function readPicture(instance: unknown, name: string): Pixels {
  const picture = onlyValue(instance);
  if (isObject(picture) && "b64" in picture) {
    return readNumbers(readBase64(picture.b64, name), name);
  }
  if (!Array.isArray(picture)) {
    throw new TypeError(`Expected ${name} to be a list of numbers but found ${quote(picture)}`);
  }
  if (picture.length === IMAGE_PIXELS) return readNumbers(picture, name);
  const isRow = (row: unknown) => Array.isArray(row) && row.length === IMAGE_SIDE;
  if (picture.length !== IMAGE_SIDE || !picture.every(isRow)) {
    throw new TypeError(
      `Expected ${name} to be 28 × 28, 28 × 28 × 1 or 784 numbers but found a list of ${picture.length}`,
    );
  }
  return readNumbers(flattenRows(picture), name);
}

/** @param rows `[28, 28]` or `[28, 28, 1]`. */
function flattenRows(rows: unknown[][]): unknown[] {
  const values: unknown[] = [];
  for (const row of rows) {
    for (const pixel of row) {
      values.push(Array.isArray(pixel) && pixel.length === 1 ? pixel[0] : pixel);
    }
  }
  return values;
}

/** @param numbers `[784]`, from 0 to 255, or, where none is above 1, from 0 to 1. */
function readNumbers(numbers: ArrayLike<unknown>, name: string): Pixels {
  const pixels = new Float32Array(IMAGE_PIXELS);
  let most = 0;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    const value = numbers[i];
    if (typeof value !== "number" || !(value >= 0 && value <= 255)) {
      throw new RangeError(
        `Expected ${name} to hold numbers from 0 to 255 but found ${quote(value)}`,
      );
    }
    if (value > most) most = value;
    pixels[i] = value;
  }
  if (most > 1) { for (let i = 0; i < IMAGE_PIXELS; i++) pixels[i] /= 255; }
  return pixels;
}

function checkCount(count: unknown, what: string): asserts count is number {
  if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > MOST_PICTURES) {
    throw new RangeError(`Expected 1 to ${MOST_PICTURES} ${what} but found ${quote(count)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(body: unknown, field: string): string {
  if (!isObject(body)) return Array.isArray(body) ? "a list" : quote(body);
  const value = body[field];
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === undefined ? `none among ${quote(Object.keys(body).join())}` : typeof value;
}

/** A value as it may stand in a sentence. */
function quote(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? `a list of ${value.length}` : "an object";
  }
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
