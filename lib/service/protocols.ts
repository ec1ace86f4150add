/**
 * The forms in which programs ask for predictions, and in which they are answered: the service's own, for picture
 * files; TensorFlow Serving's REST interface (https://www.tensorflow.org/tfx/serving/api_rest); and the Open
 * Inference Protocol, version 2 (https://github.com/kserve/open-inference-protocol).
 */

import { classSetOf, nameAnswer } from "../data/class_sets.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import type { Classifier, Prediction } from "../model/classifier.ts";
import type { FoundDigit } from "../picture/find_digits.ts";
import { schema } from "./openapi.ts";

const { json, object, list, ref, text, boolean, whole, share, digit, base64, named, pictures } =
  schema;

/** A picture in a request: pixels from no ink (0) to full ink (1), `[28, 28]`. */
type Pixels = Float32Array<ArrayBuffer>;

/** The one version of each model. */
const MODEL_VERSION = "1";

/** What is shown as an example. */
const BLANK = Array(IMAGE_PIXELS).fill(0);

/**
 * How a model is asked and answers in each form: what programs are told of it (`about`), and what reads requests and
 * writes answers.
 */
export function formsOf(model: string, card: Classifier["card"]) {
  const rows = rowsOf(card.classes);
  const outputs = outputsOf(card.classes);
  return {
    files: pictureFiles(card.classes, rows),
    serving: tensorFlowServing(model, card, rows, outputs),
    inference: openInference(model, card, outputs),
  };
}

/** A prediction as an object in JSON: what its fields may be, and what writes it. */
function rowsOf(classes: readonly string[]) {
  const description = "The best guess, also where it is not accepted.";
  const properties = {
    ...(classSetOf(classes) === "digits"
      ? { digit: { ...digit, description } }
      : { [classSetOf(classes) ? "character" : "class"]: { enum: classes, description } }),
    confidence: { ...share, description: "Its probability." },
    accepted: { ...boolean, description: 'Whether it is sure enough; if not: "don\'t know".' },
    probabilities: {
      ...list(share, classes.length),
      description: classSetOf(classes) === "digits"
        ? "Of the digits 0 to 9."
        : `Of ${classes.join(" ")}.`,
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

type Rows = ReturnType<typeof rowsOf>;

/** How a model answers what it found in a picture file, and read. */
function pictureFiles(classes: readonly string[], rows: Rows) {
  const field = classSetOf(classes) === "digits" ? "digits" : "characters";
  const length = { type: "number", minimum: 0 };
  const found = object({
    box: {
      ...object({ left: length, top: length, width: length, height: length }),
      description: "Where it is, in pixels of the picture.",
    },
    ...rows.properties,
    pixels: { ...base64, description: "What the network saw: 28 × 28 bytes, ink is 255." },
  });
  const endsEarly = {
    ...boolean,
    description: "Whether the file ends early: only the part that is there was read.",
  };
  const write = (
    { found, endsEarly }: { found: (FoundDigit & Prediction)[]; endsEarly: boolean },
  ) => ({
    [field]: found.map(({ box, pixels, ...prediction }) => ({
      box,
      ...rows.write(prediction),
      pixels: pixels.toBase64(),
    })),
    endsEarly,
  });
  return { gives: object({ [field]: list(found), endsEarly }), write };
}

/**
 * Kinds of what goes into a model or comes out: TensorFlow's name, a schema, and how values become bytes,
 * little-endian, each text after its length in four.
 */
const KINDS = {
  FP32: {
    dtype: "DT_FLOAT",
    kind: share,
    toBytes: (values: unknown[]) => bytesOf(Float32Array.from(values as number[])),
  },
  INT64: {
    dtype: "DT_INT64",
    kind: whole,
    toBytes: (values: unknown[]) => bytesOf(BigInt64Array.from(values as number[], BigInt)),
  },
  BOOL: {
    dtype: "DT_BOOL",
    kind: boolean,
    toBytes: (values: unknown[]) => Uint8Array.from(values, Number),
  },
  BYTES: {
    dtype: "DT_STRING",
    kind: text,
    toBytes: (values: unknown[]) =>
      Uint8Array.from(values.flatMap((value) => {
        const text = new TextEncoder().encode(String(value));
        return [...bytesOf(Uint32Array.of(text.length)), ...text];
      })),
  },
};

function bytesOf({ buffer }: { buffer: ArrayBuffer }): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

/** What goes into a model or comes out. */
interface Tensor {
  name: string;
  datatype: keyof typeof KINDS;
  /** Of what belongs to one picture. */
  shape: number[];
}

/** Something that an answer can hold. */
interface Output extends Tensor {
  values: (prediction: Prediction) => unknown[];
  /** Whether it is asked for as bytes that follow the JSON. */
  isBinary?: boolean;
}

/** What a model's answers can hold. */
function outputsOf(classes: readonly string[]): Output[] {
  return [
    {
      name: "probabilities",
      datatype: "FP32",
      shape: [classes.length],
      values: ({ probabilities }) => probabilities,
    },
    classSetOf(classes) === "digits"
      ? { name: "digit", datatype: "INT64", shape: [], values: ({ index }) => [index] }
      : { name: "character", datatype: "BYTES", shape: [], values: ({ label }) => [label] },
    { name: "confidence", datatype: "FP32", shape: [], values: ({ confidence }) => [confidence] },
    { name: "accepted", datatype: "BOOL", shape: [], values: ({ accepted }) => [accepted] },
  ];
}

/** What goes into a model. */
function inputOf({ input: { shape } }: Classifier["card"]): Tensor {
  return { name: "pixels", datatype: "FP32", shape };
}

/** The one signature of each model, in TensorFlow Serving's words. */
const SIGNATURE = "serving_default";

/** TensorFlow Serving's form; `metadata` says what the model's signature is, `status` whether it answers. */
function tensorFlowServing(model: string, card: Classifier["card"], rows: Rows, outputs: Output[]) {
  const signature = {
    inputs: signatureOf([inputOf(card)]),
    outputs: signatureOf(outputs),
    method_name: "tensorflow/serving/predict",
  };
  const columns = outputs.map(({ name, datatype, shape }) => {
    const { kind } = KINDS[datatype];
    return [name, list(shape.length > 0 ? list(kind, shape[0]) : kind)];
  });
  return {
    metadata: {
      model_spec: { name: model, signature_name: "", version: MODEL_VERSION },
      metadata: { signature_def: { signature_def: { [SIGNATURE]: signature } } },
    },
    status: (isUp: boolean) => ({
      model_version_status: [{
        version: MODEL_VERSION,
        state: isUp ? "AVAILABLE" : "UNLOADING",
        status: { error_code: "OK", error_message: "" },
      }],
    }),
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
     * @throws {TypeError} If it is something else, there are too many pictures, or numbers outside the range.
     */
    read(body: unknown) {
      const { instances, inputs, signature_name: signature } = isObject(body) ? body : {};
      const isColumns = inputs !== undefined;
      const field = isColumns ? "inputs" : "instances";
      if (isColumns && instances !== undefined) throw unexpected("instances or inputs", "both");
      const asked = isColumns ? onlyValue(inputs) : instances;
      if (!Array.isArray(asked)) {
        throw unexpected("a JSON object with a list of instances or inputs", describe(body, field));
      }
      if (signature !== undefined && signature !== SIGNATURE) {
        throw unexpected(`signature_name to be ${SIGNATURE}`, quote(signature));
      }
      checkCount(asked.length, field);
      const pictures = asked.map((picture, i) => readPicture(picture, `${field}[${i}]`));
      const write = (predictions: Prediction[]) =>
        isColumns
          ? { outputs: writeColumns(outputs, predictions) }
          : { predictions: predictions.map(rows.write) };
      return { pictures, write };
    },
  };
}

/** The two forms of a request: rows, and columns, with a name or without. */
const PREDICT_FORMS = Object.entries({
  instances: pictures,
  inputs: { anyOf: [pictures, named(pictures)] },
}).map(([field, taken]) => ({
  ...object({ [field]: taken, signature_name: { enum: [SIGNATURE] } }, ["signature_name"]),
  not: { required: [field === "inputs" ? "instances" : "inputs"] },
}));

function writeColumns(outputs: Output[], predictions: Prediction[]) {
  return Object.fromEntries(
    outputs.map(({ name, shape, values }) => [
      name,
      shape.length > 0 ? predictions.map(values) : predictions.flatMap(values),
    ]),
  );
}

function signatureOf(tensors: Tensor[]) {
  return Object.fromEntries(tensors.map(({ name, datatype, shape }) => [name, {
    dtype: KINDS[datatype].dtype,
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

/** The Open Inference Protocol's form; `metadata` says what goes in and comes out. */
function openInference(model: string, card: Classifier["card"], outputs: Output[]) {
  const { base, mode, date, metrics } = card;
  const names = outputs.map(({ name }) => name);
  const describeTensors = (tensors: Tensor[]) =>
    tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: [-1, ...shape] }));
  const example = { name: "pixels", shape: [1, 784], datatype: "UINT8", data: BLANK };
  return {
    metadata: {
      name: model,
      versions: [MODEL_VERSION],
      platform: "tensorflowjs_layers",
      inputs: describeTensors([inputOf(card)]),
      outputs: describeTensors(outputs),
      parameters: { base, mode, date, test_accuracy: metrics.testAccuracy },
    },
    about: {
      description:
        `One input of shape [count, 28, 28, 1], [count, 28, 28] or [count, 784]. Outputs are ${
          names.join(", ")
        }, or those that are named. Tensors may follow the JSON as bytes, in both directions (binary_data_size, inference-header-content-length).`,
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
     * @throws {TypeError} If it is something else, there are too many pictures, or numbers outside the range.
     */
    read(body: unknown, rest: Uint8Array = new Uint8Array()) {
      const { id, inputs, outputs: named, parameters } = isObject(body) ? body : {};
      if (!Array.isArray(inputs) || inputs.length !== 1 || !isObject(inputs[0])) {
        throw unexpected("a JSON object with a list of one input", describe(body, "inputs"));
      }
      if (id !== undefined && typeof id !== "string") {
        throw unexpected("id to be a string", typeof id);
      }
      const pictures = readInput(inputs[0], rest);
      const areBinary = readParameter(parameters, "binary_data_output") === true;
      const asked = readOutputs(named, outputs, areBinary);
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
            const bytes = KINDS[datatype].toBytes(data);
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

function readInput(
  { shape, datatype, data, parameters }: Record<string, unknown>,
  rest: Uint8Array,
): Pixels[] {
  if (typeof datatype !== "string" || !Object.hasOwn(ARRAYS, datatype)) {
    throw unexpected(`datatype to be one of ${Object.keys(ARRAYS).join(", ")}`, quote(datatype));
  }
  const [count, ...picture] = Array.isArray(shape) ? shape : [];
  if (!["784", "28,28", "28,28,1"].includes(picture.join())) {
    const known = "[count, 28, 28, 1], [count, 28, 28] or [count, 784]";
    throw unexpected(`shape to be ${known}`, quote(shape));
  }
  checkCount(count, "pictures");
  const size = readParameter(parameters, "binary_data_size");
  const numbers = size !== undefined
    ? readBytes(rest, size, datatype)
    : Array.isArray(data)
    ? data.flat(3)
    : [];
  if (numbers.length !== count * IMAGE_PIXELS) {
    throw unexpected(`data to hold ${count * IMAGE_PIXELS} numbers`, `${numbers.length}`);
  }
  return Array.from(
    { length: count },
    (_, i) => readPixels(numbers.slice(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS), `picture ${i}`),
  );
}

function readParameter(parameters: unknown, name: string): unknown {
  if (parameters === undefined) return undefined;
  if (isObject(parameters)) return parameters[name];
  throw unexpected("parameters to be an object", quote(parameters));
}

/** Numbers that follow the JSON. */
function readBytes(bytes: Uint8Array, size: unknown, datatype: string): number[] {
  const Numbers = ARRAYS[datatype];
  if (bytes.length !== size || bytes.length % Numbers.BYTES_PER_ELEMENT !== 0) {
    throw unexpected(`binary_data_size bytes of ${datatype} after the JSON`, `${bytes.length}`);
  }
  return Array.from(new Numbers(bytes.slice().buffer), Number);
}

function readOutputs(outputs: unknown, all: Output[], areBinary: boolean): Output[] {
  if (outputs !== undefined && !Array.isArray(outputs)) {
    throw unexpected("outputs to be a list", typeof outputs);
  }
  const asked: unknown[] = outputs?.length ? outputs : all.map(({ name }) => ({ name }));
  return asked.map((output) => {
    const { name, parameters } = isObject(output) ? output : {};
    const found = all.find((known) => known.name === name);
    if (!found) {
      const known = all.map(({ name }) => name).join(", ");
      throw unexpected(`the name of an output to be one of ${known}`, quote(name));
    }
    return { ...found, isBinary: (readParameter(parameters, "binary_data") ?? areBinary) === true };
  });
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
  let found = "something else";
  try {
    const { length } = Uint8Array.fromBase64(text as string);
    if (length !== IMAGE_PIXELS) found = `${length} bytes`;
  } catch {
    // It is no base64.
  }
  throw unexpected(`${name} to be 784 bytes in base64`, found);
}

/** What a named tensor holds; anything else as it is. */
function onlyValue(tensor: unknown): unknown {
  const values = isObject(tensor) && !("b64" in tensor) ? Object.values(tensor) : [];
  return values.length === 1 ? values[0] : tensor;
}

function readPicture(instance: unknown, name: string): Pixels {
  const picture = onlyValue(instance);
  if (isObject(picture) && "b64" in picture) return readPixels(readBase64(picture.b64, name), name);
  if (!Array.isArray(picture)) {
    throw unexpected(`${name} to be a list of numbers`, quote(picture));
  }
  if (picture.length === IMAGE_PIXELS) return readPixels(picture, name);
  const isRow = (row: unknown) => Array.isArray(row) && row.length === IMAGE_SIDE;
  if (picture.length !== IMAGE_SIDE || !picture.every(isRow)) {
    throw unexpected(`${name} to be 28 × 28, 28 × 28 × 1 or 784 numbers`, quote(picture));
  }
  const isNumber = (pixel: unknown) => Array.isArray(pixel) && pixel.length === 1;
  return readPixels(picture.flat().map((pixel) => isNumber(pixel) ? pixel[0] : pixel), name);
}

/** @param numbers `[784]`, from 0 to 255, or, where none is above 1, from 0 to 1. */
function readPixels(numbers: ArrayLike<unknown>, name: string): Pixels {
  const pixels = new Float32Array(IMAGE_PIXELS);
  let most = 0;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    const value = numbers[i];
    if (typeof value !== "number" || !(value >= 0 && value <= 255)) {
      throw unexpected(`${name} to hold numbers from 0 to 255`, quote(value));
    }
    if (value > most) most = value;
    pixels[i] = value;
  }
  if (most > 1) { for (let i = 0; i < IMAGE_PIXELS; i++) pixels[i] /= 255; }
  return pixels;
}

function checkCount(count: unknown, what: string): asserts count is number {
  const { minItems, maxItems } = pictures;
  if (!Number.isInteger(count) || (count as number) < minItems || (count as number) > maxItems) {
    throw unexpected(`${minItems} to ${maxItems} ${what}`, quote(count));
  }
}

function unexpected(expected: string, found: string): TypeError {
  return new TypeError(`Expected ${expected} but found ${found}`);
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
