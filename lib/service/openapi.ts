/** The service described in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). */

import { areDigits } from "../data/class_sets.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Limits } from "./app.ts";
import { DATATYPES, MODEL_VERSION, MOST_PICTURES, outputsOf } from "./protocols.ts";

/** JSON Schema, and what else stands in an OpenAPI document. */
export type Json = { [key: string]: unknown };

/** An OpenAPI document, as far as the service looks into it. */
export interface OpenApi extends Json {
  info: { title: string; description: string; version: string } & Json;
  paths: Record<string, Record<string, Operation>>;
}

/** What can be asked at an address. */
export interface Operation extends Json {
  summary: string;
  description?: string;
  requestBody?: { content: Record<string, { schema: Json; example?: unknown }> } & Json;
  responses: Record<string, { description: string }>;
}

const object = (properties: Record<string, Json>, optional: string[] = []): Json => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const list = (items: Json, least?: number, most?: number): Json => ({
  type: "array",
  items,
  ...(least === undefined ? {} : { minItems: least, maxItems: most ?? least }),
});
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

const text: Json = { type: "string" };
const whole: Json = { type: "integer", minimum: 0 };
const share: Json = { type: "number", minimum: 0, maximum: 1 };
const digit: Json = { type: "integer", minimum: 0, maximum: 9 };
const base64: Json = { type: "string", contentEncoding: "base64" };
const pixel: Json = { type: "number", minimum: 0, maximum: 255 };

/** What a model of these classes answers, in JSON. */
function prediction(classes: readonly string[]): Record<string, Json> {
  const description = "The best guess, also where it is not accepted.";
  return {
    ...(areDigits(classes)
      ? { digit: { ...digit, description } }
      : { character: { enum: classes, description } }),
    confidence: { ...share, description: "Its probability." },
    accepted: { type: "boolean", description: 'Whether it is sure enough; if not: "don\'t know".' },
    probabilities: {
      ...list(share, classes.length),
      description: areDigits(classes) ? "Of the digits 0 to 9." : `Of ${classes.join(" ")}.`,
    },
  };
}

/** Something that was found in a picture and read by a model of these classes. */
function found(classes: readonly string[]): Json {
  return object({
    box: {
      ...object({
        left: pixelCount(),
        top: pixelCount(),
        width: pixelCount(),
        height: pixelCount(),
      }),
      description: "Where it is, in pixels of the picture.",
    },
    ...prediction(classes),
    pixels: { ...base64, description: "What the network saw: 28 × 28 bytes, ink is 255." },
  });
}

const tensor = {
  name: text,
  shape: list({ type: "integer" }),
  datatype: text,
};

const SCHEMAS: Record<string, Json> = {
  Error: object({ error: { type: "string", description: "One sentence." } }),
  Picture: {
    description:
      "28 × 28, 28 × 28 × 1 or 784 numbers from 0 (paper) to 255 (ink), or from 0 to 1 where none is above 1; or 784 bytes in base64.",
    anyOf: [
      list(pixel, IMAGE_PIXELS),
      list(list({ anyOf: [pixel, list(pixel, 1)] }, 28), 28),
      object({ b64: base64 }),
      { type: "object", minProperties: 1, maxProperties: 1 },
    ],
  },
  Explanation: object({
    importance: {
      ...list({ type: "number" }, IMAGE_PIXELS),
      description:
        "By how much the log-odds of the answer fall, in nats, when 5 × 5 pixels around each pixel are covered.",
    },
    layers: list(object({
      name: text,
      side: whole,
      maps: { ...base64, description: "Outputs of the layer, channels × side × side bytes." },
    })),
  }),
  InferRequest: object({
    id: text,
    inputs: list(
      object({
        ...tensor,
        datatype: { enum: DATATYPES },
        data: { type: "array" },
        parameters: { type: "object" },
      }, ["name", "parameters"]),
      1,
    ),
    outputs: list(object({
      name: { enum: ["probabilities", "digit", "character", "confidence", "accepted"] },
    })),
    parameters: { type: "object" },
  }, ["id", "outputs", "parameters"]),
  InferResponse: object({
    model_name: text,
    model_version: text,
    id: text,
    outputs: list(object({ ...tensor, data: list({ type: ["number", "boolean", "string"] }) })),
  }, ["id"]),
  ModelMetadata: object({
    name: text,
    versions: list(text),
    platform: text,
    inputs: list(object(tensor)),
    outputs: list(object(tensor)),
    parameters: { type: "object" },
  }),
};

function pixelCount(): Json {
  return { type: "number", minimum: 0 };
}

const ERRORS: Record<number, string> = {
  400: "The request is not as described here.",
  403:
    "The service keeps no samples (start it with --keep-samples), or another site's page sent this.",
  408: "The body came too slowly.",
  413: "The body, or the picture in it, is too large.",
  415: "This is no picture that can be read: PNG, JPEG, WebP, GIF and BMP can.",
  503: "All workers are busy and the line is full, or they are not up yet. Try again later.",
};

const BODY_ERRORS = [400, 408, 413];

const inJson = (schema: Json) => ({ content: { "application/json": { schema } } });

function answers(success: Json, ...errors: number[]): Operation["responses"] {
  return Object.fromEntries([
    ["200", { description: "Done.", ...success }],
    ...errors.map((status) => [
      String(status),
      {
        description: ERRORS[status],
        ...(status === 503
          ? { headers: { "Retry-After": { description: "Seconds.", schema: whole } } }
          : {}),
        ...inJson(ref("Error")),
      },
    ]),
  ]);
}

const READY = object({ ready: { type: "boolean" } });
const READINESS = {
  ...answers(inJson(READY)),
  503: { description: "Not yet, or no more.", ...inJson(READY) },
};

/**
 * Describes the service.
 *
 * @param models Classes of the models by name; the first answers where no model is named.
 */
export function openApi(
  { jsonBytes, pictureBytes }: Limits,
  models: Record<string, readonly string[]>,
): OpenApi {
  const names = Object.keys(models);
  const modelName = {
    enum: names,
    default: names[0],
    description: "Which model answers.",
  };
  const mebibytes = (bytes: number) => `${bytes / 2 ** 20} MiB`;
  const blank = Array(IMAGE_PIXELS).fill(0);
  return {
    openapi: "3.1.0",
    info: {
      title: "Handwritten digits",
      version: MODEL_VERSION,
      summary: `Reads ${names.join(", ")}.`,
      description:
        `Pictures go in, digits come out, in the forms of TensorFlow Serving and of the Open Inference Protocol, or from picture files. A request in JSON has at most ${
          mebibytes(jsonBytes)
        } and ${MOST_PICTURES} pictures, a picture file ${mebibytes(pictureBytes)}.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    paths: {
      "/predict": {
        post: {
          operationId: "predictFile",
          summary: "Finds and reads the digits in a picture file",
          description:
            "PNG, JPEG, WebP, GIF or BMP, of any size, on any paper; as the body, or as the file of a form. Digits, or characters, come in reading order.",
          parameters: [{ name: "model", in: "query", schema: modelName }],
          requestBody: {
            required: true,
            content: {
              "image/*": { schema: {} },
              "application/octet-stream": { schema: {} },
              "multipart/form-data": {
                schema: object({ file: { type: "string", format: "binary" } }),
              },
            },
          },
          responses: answers(
            inJson({
              anyOf: Object.values(models).map((classes) =>
                areDigits(classes)
                  ? object({ digits: list(found(classes)) })
                  : object({ characters: list(found(classes)) })
              ),
            }),
            ...BODY_ERRORS,
            415,
            503,
          ),
        },
      },
      ...Object.assign({}, ...Object.entries(models).map((model) => modelPaths(...model, blank))),
      "/models": {
        get: {
          operationId: "models",
          summary: "The models and their classes",
          responses: answers(
            inJson(object({ models: list(object({ name: text, classes: list(text) })) })),
          ),
        },
      },
      "/v2": {
        get: {
          operationId: "serverMetadata",
          summary: "Name and version of the service",
          responses: answers(inJson(object({ name: text, version: text, extensions: list(text) }))),
        },
      },
      "/v2/health/live": {
        get: {
          operationId: "live",
          summary: "Whether the service runs",
          responses: answers(inJson(object({ live: { type: "boolean" } }))),
        },
      },
      "/v2/health/ready": {
        get: { operationId: "ready", summary: "Whether the service answers", responses: READINESS },
      },
      "/explain": {
        post: {
          operationId: "explain",
          summary: "What made the network read a picture as a digit, or as another character",
          requestBody: {
            required: true,
            ...inJson(object({
              pixels: { ...base64, description: "28 × 28 bytes." },
              digit: { ...digit, description: "For a model of digits." },
              character: { ...text, description: "For another model: one of its classes." },
              model: modelName,
            }, ["digit", "character", "model"])),
          },
          responses: answers(inJson(ref("Explanation")), ...BODY_ERRORS, 503),
        },
      },
      "/samples": {
        get: {
          operationId: "countSamples",
          summary: "Whether corrected digits are kept, and how many there are",
          responses: answers(inJson(object({ open: { type: "boolean" }, kept: whole }))),
        },
        post: {
          operationId: "addSample",
          summary: "Keeps a picture with the digit that it really is",
          requestBody: {
            required: true,
            ...inJson(object({ pixels: base64, label: digit })),
          },
          responses: {
            201: { description: "Kept.", ...inJson(object({ kept: whole })) },
            ...without200(answers({}, ...BODY_ERRORS, 403)),
          },
        },
      },
      "/metrics": {
        get: {
          operationId: "metrics",
          summary: "Counts and times, for Prometheus",
          responses: answers({ content: { "text/plain": { schema: text } } }),
        },
      },
      "/openapi.json": {
        get: {
          operationId: "document",
          summary: "This document",
          responses: answers(inJson({ type: "object" })),
        },
      },
    },
    components: { schemas: SCHEMAS },
  };
}

/** What can be asked of one model. */
function modelPaths(
  name: string,
  classes: readonly string[],
  blank: number[],
): Record<string, Record<string, Operation>> {
  const suffix = areDigits(classes) ? "" : `_${name}`;
  const what = areDigits(classes) ? "digit" : "character";
  return {
    [`/v1/models/${name}:predict`]: {
      post: {
        operationId: `predict${suffix}`,
        summary: `Reads pictures of one ${what} each, in TensorFlow Serving's form`,
        requestBody: {
          required: true,
          ...example(
            object({ instances: list(ref("Picture"), 1, MOST_PICTURES) }),
            { instances: [blank] },
          ),
        },
        responses: answers(
          inJson(object({ predictions: list(object(prediction(classes))) })),
          ...BODY_ERRORS,
          503,
        ),
      },
    },
    [`/v1/models/${name}`]: {
      get: {
        operationId: `modelStatus${suffix}`,
        summary: "State of the model, in TensorFlow Serving's form",
        responses: answers(inJson(object({
          model_version_status: list(object({
            version: text,
            state: { enum: ["AVAILABLE", "UNLOADING"] },
            status: object({ error_code: text, error_message: text }),
          })),
        }))),
      },
    },
    [`/v2/models/${name}/infer`]: {
      post: {
        operationId: `infer${suffix}`,
        summary: `Reads pictures of one ${what} each, in the Open Inference Protocol`,
        description:
          `One input of shape [count, 28, 28, 1], [count, 28, 28] or [count, 784]. Outputs are ${
            outputsOf(classes).map(({ name }) => name).join(", ")
          }, or those that are named.`,
        requestBody: {
          required: true,
          ...example(ref("InferRequest"), {
            inputs: [{ name: "pixels", shape: [1, 784], datatype: "UINT8", data: blank }],
          }),
        },
        responses: answers(inJson(ref("InferResponse")), ...BODY_ERRORS, 503),
      },
    },
    [`/v2/models/${name}`]: {
      get: {
        operationId: `modelMetadata${suffix}`,
        summary: "Inputs and outputs of the model",
        responses: answers(inJson(ref("ModelMetadata"))),
      },
    },
    [`/v2/models/${name}/ready`]: {
      get: {
        operationId: `modelReady${suffix}`,
        summary: "Whether the model answers",
        responses: READINESS,
      },
    },
  };
}

function example(schema: Json, value: unknown) {
  return { content: { "application/json": { schema, example: value } } };
}

function without200({ 200: _, ...others }: Operation["responses"]): Operation["responses"] {
  return others;
}
