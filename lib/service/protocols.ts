/**
 * The forms in which programs ask for predictions, and in which they are answered: TensorFlow
 * Serving's REST interface (https://www.tensorflow.org/tfx/serving/api_rest) and the Open Inference
 * Protocol, version 2 (https://github.com/kserve/open-inference-protocol).
 */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { areDigits } from "../data/class_sets.ts";
import type { Prediction } from "../model/classifier.ts";

/** A picture in a request: pixels from no ink (0) to full ink (1), `[28, 28]`. */
type Pixels = Float32Array<ArrayBuffer>;

/** The one version of each model. */
export const MODEL_VERSION = "1";

/** Most pictures in a request. */
export const MOST_PICTURES = 256;

/** Kinds of numbers in Open Inference requests. */
export const DATATYPES = [
  "FP32",
  "FP64",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
];

/**
 * Reads a request in TensorFlow Serving's row form.
 *
 * @param body `{"instances": [picture, …]}`, each picture 28 × 28, 28 × 28 × 1 or 784 numbers,
 * `{"b64": …}` of 784 bytes, or an object with one of these as its only value. Numbers go from 0 to
 * 255, or, where none is above 1, from 0 to 1.
 * @throws {TypeError} If it is something else.
 * @throws {RangeError} If there are too many pictures, or numbers outside the range.
 *
 * @example Full ink everywhere
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [pixels] = readInstances({ instances: [Array(784).fill(255)] });
 * assertEquals(pixels, new Float32Array(784).fill(1));
 * ```
 */
export function readInstances(body: unknown): Pixels[] {
  const instances = isObject(body) ? body.instances : undefined;
  if (!Array.isArray(instances)) {
    throw new TypeError(
      `Expected a JSON object with a list of instances but found ${describe(body, "instances")}`,
    );
  }
  checkCount(instances.length, "instances");
  return instances.map((instance, i) => readPicture(instance, `instances[${i}]`));
}

/** What an Open Inference request asks for. */
interface InferRequest {
  id?: string;
  pictures: Pixels[];
  /** The outputs that are asked for. */
  outputs: Output[];
}

/** Something that an Open Inference answer can hold. */
interface Output {
  name: string;
  datatype: string;
  /** Of what belongs to one picture. */
  shape: number[];
  values: (prediction: Prediction) => (number | boolean | string)[];
}

/**
 * Lists what an Open Inference answer can hold.
 *
 * @param classes The classes of the model.
 */
export function outputsOf(classes: readonly string[]): Output[] {
  return [
    {
      name: "probabilities",
      datatype: "FP32",
      shape: [classes.length],
      values: ({ probabilities }) => probabilities,
    },
    areDigits(classes)
      ? { name: "digit", datatype: "INT64", shape: [], values: ({ index }) => [index] }
      : {
        name: "character",
        datatype: "BYTES",
        shape: [],
        values: ({ label }) => [label],
      },
    {
      name: "confidence",
      datatype: "FP32",
      shape: [],
      values: ({ confidence }) => [confidence],
    },
    { name: "accepted", datatype: "BOOL", shape: [], values: ({ accepted }) => [accepted] },
  ];
}

/**
 * Reads a request of the Open Inference Protocol: one input of shape `[count, 28, 28, 1]`,
 * `[count, 28, 28]` or `[count, 784]`, its numbers as in {@linkcode readInstances}.
 *
 * @param all The outputs that there are.
 * @throws {TypeError} If it is something else.
 * @throws {RangeError} If there are too many pictures, or numbers outside the range.
 */
export function readInferRequest(body: unknown, all: Output[]): InferRequest {
  const { id, inputs, outputs } = isObject(body) ? body : {};
  if (!Array.isArray(inputs) || inputs.length !== 1 || !isObject(inputs[0])) {
    throw new TypeError(
      `Expected a JSON object with a list of one input but found ${describe(body, "inputs")}`,
    );
  }
  if (id !== undefined && typeof id !== "string") {
    throw new TypeError(`Expected id to be a string but found ${typeof id}`);
  }
  const { shape, datatype, data } = inputs[0];
  if (typeof datatype !== "string" || !DATATYPES.includes(datatype)) {
    throw new TypeError(
      `Expected datatype to be one of ${DATATYPES.join(", ")} but found ${quote(datatype)}`,
    );
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
  const numbers = Array.isArray(data) ? data.flat(3) : [];
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
    outputs: readOutputs(outputs, all),
  };
}

function readOutputs(outputs: unknown, all: Output[]): Output[] {
  if (outputs === undefined) return all;
  if (!Array.isArray(outputs)) {
    throw new TypeError(`Expected outputs to be a list but found ${typeof outputs}`);
  }
  if (outputs.length === 0) return all;
  return outputs.map((output) => {
    const name = isObject(output) ? output.name : undefined;
    const found = all.find((known) => known.name === name);
    if (!found) {
      const names = all.map(({ name }) => name).join(", ");
      throw new TypeError(
        `Expected the name of an output to be one of ${names} but found ${quote(name)}`,
      );
    }
    return found;
  });
}

/** Answers a request of the Open Inference Protocol to a model. */
export function writeInferResponse(
  model: string,
  { id, outputs }: InferRequest,
  predictions: Prediction[],
) {
  return {
    model_name: model,
    model_version: MODEL_VERSION,
    ...(id === undefined ? {} : { id }),
    outputs: outputs.map(({ name, datatype, shape, values }) => ({
      name,
      datatype,
      shape: [predictions.length, ...shape],
      data: predictions.flatMap(values),
    })),
  };
}

/**
 * Reads 784 bytes written in base64.
 *
 * @param name What to call them in an error.
 * @throws {TypeError} If they are something else.
 */
export function readBase64(text: unknown, name: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? decodeBase64(text) : undefined;
  if (bytes?.length !== IMAGE_PIXELS) {
    throw new TypeError(
      `Expected ${name} to be 784 bytes in base64 but found ${
        bytes ? `${bytes.length} bytes` : "something else"
      }`,
    );
  }
  return bytes;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

function readPicture(instance: unknown, name: string): Pixels {
  const values = isObject(instance) && !("b64" in instance) ? Object.values(instance) : [instance];
  const picture = values.length === 1 ? values[0] : instance;
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
