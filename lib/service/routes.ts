/** The table of routes: each with what answers there, and what programs are told of it. */

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { areDigits, classSetOf } from "../data/class_sets.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { type ModelCard, nameAnswer, type Prediction } from "../model/classifier.ts";
import { PICTURE_KINDS } from "../picture/class_folders.ts";
import { JSON_LENGTH, type Limits, readJson, readPictureFile } from "./body.ts";
import type { Metrics } from "./metrics.ts";
import {
  answers,
  documentPage,
  inferRequest,
  type Json,
  json,
  openApi,
  type Route,
  schema,
} from "./openapi.ts";
import {
  describeSignature,
  MODEL_VERSION,
  MOST_PICTURES,
  outputsOf,
  readBase64,
  readInferRequest,
  readPredictRequest,
  SIGNATURE,
  type Tensor,
  writeColumns,
  writeInferResponse,
} from "./protocols.ts";
import { ADDRESSES } from "./page/addresses.ts";
import { cleanClassName, LONGEST_CLASS_NAME } from "./page/class_name.ts";
import { qrPicture } from "./neighbours.ts";
import type { ReaderPool } from "./reader_pool.ts";
import type { Samples } from "./samples.ts";

/** What the routes answer with. */
export interface Parts {
  pool: ReaderPool;
  /** Cards of the models by name; the first answers where no model is named. */
  cards: Record<string, ModelCard>;
  metrics: Metrics;
  /** Where samples are kept, if they are. */
  samples?: Samples;
  /** Where other machines find the service, if they do. */
  addresses?: () => string[];
  /** Whether no more requests are taken. */
  isClosing?: () => boolean;
  limits: Limits;
}

const { object, list, ref, text, boolean, whole, share, digit, base64, base64Picture, named } =
  schema;

const PICTURES = list(ref("Picture"), 1, MOST_PICTURES);

/** What can go wrong with a body. */
const BODY_ERRORS = [400, 408, 413, 415];

/** Lists all routes but the page's files. */
export function createRoutes(parts: Parts): Route[] {
  const { cards, limits } = parts;
  const routes = [
    fileRoute(parts),
    ...Object.keys(cards).flatMap((name) =>
      modelRoutes(name, parts).flatMap((route) => [route, versionOf(route, name)])
    ),
    ...serverRoutes(parts),
    explanationRoute(parts),
    ...sampleRoutes(parts),
    metricsRoute(parts),
    ...documentRoutes(() => document),
  ];
  const document = openApi(routes, Object.keys(cards), limits);
  return routes;
}

/** Picture files. */
function fileRoute({ pool, cards, limits }: Parts): Route {
  return {
    method: "POST",
    path: `/${ADDRESSES.file}`,
    async answer(c) {
      const model = findModel(cards, c.req.query("model"));
      const { classes } = cards[model];
      const bytes = await readPictureFile(c, limits);
      const found =
        (await pool.readFile(model, { bytes, classes }, clientOf(c)).catch(pictureError))
          .map(({ box, pixels, ...prediction }) => ({
            box,
            ...forJson(prediction, classes),
            pixels: pixels.toBase64(),
          }));
      return c.json(areDigits(classes) ? { digits: found } : { characters: found });
    },
    operation: {
      operationId: "predictFile",
      summary: "Finds and reads the digits in a picture file",
      description:
        `${PICTURE_KINDS}, of any size that takes at most four seconds to decode, on any paper; as the body, or as the file of a form. Digits, or characters, come in reading order.`,
      parameters: [{ name: "model", in: "query", schema: modelName(cards) }],
      requestBody: {
        required: true,
        content: {
          "image/*": { schema: {} },
          "application/octet-stream": { schema: {} },
          "multipart/form-data": { schema: object({ file: { type: "string", format: "binary" } }) },
        },
      },
      responses: answers(
        json({
          anyOf: Object.values(cards).map(({ classes }) =>
            object({ [areDigits(classes) ? "digits" : "characters"]: list(foundSchema(classes)) })
          ),
        }),
        [...BODY_ERRORS, 503],
      ),
    },
  };
}

/** What can be asked of one model, in the forms of TensorFlow Serving and of Open Inference. */
function modelRoutes(name: string, parts: Parts): Route[] {
  const { pool, limits } = parts;
  const card = parts.cards[name];
  const { classes } = card;
  const outputs = outputsOf(classes);
  const [suffix, what] = areDigits(classes) ? ["", "digit"] : [`_${name}`, "character"];
  const blank = Array(IMAGE_PIXELS).fill(0);
  return [
    {
      method: "POST",
      path: `/${ADDRESSES.prediction(name)}`,
      async answer(c) {
        const { pictures, form } = await readJson(c, limits, readPredictRequest);
        const predictions = await pool.read(name, pictures, clientOf(c));
        return c.json(
          form === "columns"
            ? { outputs: writeColumns(outputs, predictions) }
            : { predictions: predictions.map((each) => forJson(each, classes)) },
        );
      },
      operation: {
        operationId: `predict${suffix}`,
        summary: `Reads pictures of one ${what} each, in TensorFlow Serving's form`,
        description: "Instances are answered in rows, inputs in columns.",
        requestBody: {
          required: true,
          ...json({ oneOf: PREDICT_FORMS }, { instances: [blank] }),
        },
        responses: answers(
          json({
            anyOf: [
              object({ predictions: list(object(predictionSchema(classes))) }),
              object({ outputs: object(columnsSchema(outputs)) }),
            ],
          }),
          [...BODY_ERRORS, 503],
        ),
      },
    },
    {
      method: "GET",
      path: `/v1/models/${name}`,
      answer: (c) =>
        c.json({
          model_version_status: [{
            version: MODEL_VERSION,
            state: isReady(parts) ? "AVAILABLE" : "UNLOADING",
            status: { error_code: "OK", error_message: "" },
          }],
        }),
      operation: {
        operationId: `modelStatus${suffix}`,
        summary: "State of the model, in TensorFlow Serving's form",
        responses: answers(json(object({
          model_version_status: list(object({
            version: text,
            state: { enum: ["AVAILABLE", "UNLOADING"] },
            status: object({ error_code: text, error_message: text }),
          })),
        }))),
      },
    },
    {
      method: "GET",
      path: `/v1/models/${name}/metadata`,
      answer: (c) => c.json(describeSignature(name, inputOf(card), outputs)),
      operation: {
        operationId: `signature${suffix}`,
        summary: "Inputs and outputs of the model, in TensorFlow Serving's form",
        responses: answers(json(object({
          model_spec: object({ name: text, signature_name: text, version: text }),
          metadata: { type: "object" },
        }))),
      },
    },
    {
      method: "POST",
      path: `/v2/models/${name}/infer`,
      async answer(c) {
        const asked = await readJson(
          c,
          limits,
          (body, rest) => readInferRequest(body, outputs, rest),
        );
        const predictions = await pool.read(name, asked.pictures, clientOf(c));
        const { head, tensors } = writeInferResponse(name, asked, predictions);
        if (tensors.length === 0) return c.json(head);
        const json = new TextEncoder().encode(JSON.stringify(head));
        return c.body(await new Blob([json, ...tensors]).arrayBuffer(), 200, {
          "content-type": "application/octet-stream",
          [JSON_LENGTH]: String(json.length),
        });
      },
      operation: {
        operationId: `infer${suffix}`,
        summary: `Reads pictures of one ${what} each, in the Open Inference Protocol`,
        description:
          `One input of shape [count, 28, 28, 1], [count, 28, 28] or [count, 784]. Outputs are ${
            outputs.map(({ name }) => name).join(", ")
          }, or those that are named. Tensors may follow the JSON as bytes, in both directions (binary_data_size, ${JSON_LENGTH}).`,
        requestBody: {
          required: true,
          ...json(inferRequest(outputs.map(({ name }) => name)), {
            inputs: [{ name: "pixels", shape: [1, 784], datatype: "UINT8", data: blank }],
          }),
        },
        responses: answers({
          content: {
            ...json(ref("InferResponse")).content,
            "application/octet-stream": { schema: {} },
          },
        }, [...BODY_ERRORS, 503]),
      },
    },
    {
      method: "GET",
      path: `/v2/models/${name}`,
      answer: (c) => c.json(modelMetadata(name, card)),
      operation: {
        operationId: `modelMetadata${suffix}`,
        summary: "Inputs and outputs of the model",
        responses: answers(json(ref("ModelMetadata"))),
      },
    },
    readinessRoute(`/v2/models/${name}/ready`, parts, {
      operationId: `modelReady${suffix}`,
      summary: "Whether the model answers",
    }),
  ];
}

/** The same at the address of the model's one version; the document says so in a sentence. */
function versionOf({ operation: _, path, ...route }: Route, model: string): Route {
  const [address, version] = [`/models/${model}`, `/versions/${MODEL_VERSION}`];
  return { ...route, path: path.replace(address, address + version) };
}

/** The two forms of a request in TensorFlow Serving's words: rows, and columns, with a name or without. */
const PREDICT_FORMS = Object.entries({
  instances: PICTURES,
  inputs: {
    anyOf: [PICTURES, named(PICTURES)],
  },
}).map(([field, pictures]) => ({
  ...object({ [field]: pictures, signature_name: { enum: [SIGNATURE] } }, ["signature_name"]),
  not: { required: [field === "inputs" ? "instances" : "inputs"] },
}));

/** What can be asked of the service itself. */
function serverRoutes(parts: Parts): Route[] {
  const models = Object.entries(parts.cards).map(([name, { classes }]) => ({ name, classes }));
  return [
    {
      method: "GET",
      path: `/${ADDRESSES.models}`,
      answer: (c) => c.json({ models }),
      operation: {
        operationId: "models",
        summary: "The models and their classes",
        responses: answers(
          json(object({ models: list(object({ name: text, classes: list(text) })) })),
        ),
      },
    },
    {
      method: "GET",
      path: `/${ADDRESSES.addresses}`,
      answer: (c) =>
        c.json({
          addresses: (parts.addresses?.() ?? []).map((url) => ({ url, code: qrPicture(url) })),
        }),
      operation: {
        operationId: "addresses",
        summary: "Where other machines find the service, each with its QR code",
        responses: answers(json(object({ addresses: list(object({ url: text, code: text })) }))),
      },
    },
    {
      method: "GET",
      path: "/v2",
      answer: (c) =>
        c.json({ name: "digits", version: MODEL_VERSION, extensions: ["binary_tensor_data"] }),
      operation: {
        operationId: "serverMetadata",
        summary: "Name and version of the service",
        responses: answers(json(object({ name: text, version: text, extensions: list(text) }))),
      },
    },
    {
      method: "GET",
      path: "/v2/health/live",
      answer: (c) => c.json({ live: true }),
      operation: {
        operationId: "live",
        summary: "Whether the service runs",
        responses: answers(json(object({ live: boolean }))),
      },
    },
    readinessRoute("/v2/health/ready", parts, {
      operationId: "ready",
      summary: "Whether the service answers",
    }),
  ];
}

function readinessRoute(
  path: string,
  parts: Parts,
  about: { operationId: string; summary: string },
): Route {
  const content = json(object({ ready: boolean }));
  return {
    method: "GET",
    path,
    answer(c) {
      const ready = isReady(parts);
      return c.json({ ready }, ready ? 200 : 503);
    },
    operation: {
      ...about,
      responses: {
        ...answers(content),
        503: { description: "Not yet, or no more.", ...content },
      },
    },
  };
}

function isReady({ pool, isClosing }: Parts): boolean {
  return pool.isUp && !isClosing?.();
}

function explanationRoute({ pool, cards, limits }: Parts): Route {
  return {
    method: "POST",
    path: `/${ADDRESSES.explanation}`,
    async answer(c) {
      const task = await readJson(c, limits, (body) => {
        const asked = fields(body);
        const model = findModel(cards, asked.model);
        const pixels = readBase64(asked.pixels, "pixels");
        return { model, pixels, index: readClass(asked, cards[model].classes) };
      });
      const { importance, layers } = await pool.explain(task, clientOf(c));
      return c.json({
        importance: Array.from(importance, (value) => Math.round(value * 1000) / 1000),
        layers: layers.map(({ filters, ...layer }) => ({
          ...layer,
          maps: layer.maps.toBase64(),
          filters: filters &&
            { ...filters, values: new Uint8Array(filters.values.buffer).toBase64() },
        })),
      });
    },
    operation: {
      operationId: "explain",
      summary: "What made the network read a picture as a digit, or as another character",
      requestBody: {
        required: true,
        ...json({
          anyOf: Object.entries(cards).map(([model, { classes }], i) =>
            object({
              pixels: base64Picture,
              model: { enum: [model] },
              ...(areDigits(classes) ? { digit } : { character: { enum: classes } }),
            }, i === 0 ? ["model"] : [])
          ),
        }),
      },
      responses: answers(json(ref("Explanation")), [...BODY_ERRORS, 503]),
    },
  };
}

/** Pictures that people corrected, or gave as examples. */
function sampleRoutes({ samples, limits }: Parts): Route[] {
  return [
    {
      method: "GET",
      path: `/${ADDRESSES.samples}`,
      answer: (c) => c.json({ open: samples !== undefined, kept: samples?.count ?? 0 }),
      operation: {
        operationId: "countSamples",
        summary: "Whether samples are kept, and how many there are",
        responses: answers(json(object({ open: boolean, kept: whole }))),
      },
    },
    {
      method: "POST",
      path: `/${ADDRESSES.samples}`,
      async answer(c) {
        if (!samples) throw refusal(403, "a service that was started with --keep-samples");
        if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
          throw refusal(415, "a sample as application/json");
        }
        const sample = await readJson(c, limits, (body) => {
          const { pixels, class: name } = fields(body);
          return { pixels: readBase64(pixels, "pixels"), name: readClassName(name) };
        });
        if (!samples.hasPlaceFor(sample.name)) {
          throw refusal(507, "fewer samples: no place is left");
        }
        const added = await samples.add(sample.pixels, sample.name);
        return c.json({ kept: samples.count, sample: added }, 201);
      },
      operation: {
        operationId: "addSample",
        summary: "Keeps a picture with the class that it really is of",
        requestBody: {
          required: true,
          ...json(object({
            pixels: base64Picture,
            class: {
              ...text,
              minLength: 1,
              maxLength: LONGEST_CLASS_NAME,
              description: "A name that a folder can have.",
            },
          })),
        },
        responses: answers(
          { description: "Kept.", ...json(object({ kept: whole, sample: text })) },
          [...BODY_ERRORS, 403, 507],
          201,
        ),
      },
    },
    {
      method: "DELETE",
      path: `/${ADDRESSES.samples}`,
      async answer(c) {
        await samples?.remove(c.req.query("sample") ?? "");
        return c.json({ kept: samples?.count ?? 0 });
      },
      operation: {
        operationId: "removeSample",
        summary: "Takes a sample back that was kept since the service was started",
        description: "A sample that is not known is none that is kept.",
        parameters: [{ name: "sample", in: "query", schema: text }],
        responses: answers(json(object({ kept: whole }))),
      },
    },
  ];
}

function metricsRoute({ metrics }: Parts): Route {
  return {
    method: "GET",
    path: "/metrics",
    answer: async (c) => c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
    operation: {
      operationId: "metrics",
      summary: "Counts and times, for Prometheus",
      responses: answers({ content: { "text/plain": { schema: text } } }),
    },
  };
}

/** What is written here, for programs and for people. */
function documentRoutes(document: () => ReturnType<typeof openApi>): Route[] {
  return [
    {
      method: "GET",
      path: "/openapi.json",
      answer: (c) => c.json(document()),
      operation: {
        operationId: "document",
        summary: "This document",
        responses: answers(json({ type: "object" })),
      },
    },
    {
      method: "GET",
      path: "/docs",
      async answer(c) {
        const headers = { "content-type": "text/html; charset=utf-8" };
        return c.body(await documentPage(document()), 200, headers);
      },
    },
  ];
}

/** What a model of these classes answers, in JSON. */
function predictionSchema(classes: readonly string[]): Record<string, Json> {
  const description = "The best guess, also where it is not accepted.";
  return {
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
}

/** The same in columns: what the outputs hold. */
function columnsSchema(outputs: ReturnType<typeof outputsOf>): Record<string, Json> {
  const kinds: Record<string, Json> = { INT64: whole, BOOL: boolean, BYTES: text, FP32: share };
  return Object.fromEntries(outputs.map(({ name, datatype, shape }) => [
    name,
    list(shape.length > 0 ? list(kinds[datatype], ...shape) : kinds[datatype]),
  ]));
}

/** Something that was found in a picture and read by a model of these classes. */
function foundSchema(classes: readonly string[]): Json {
  const length = { type: "number", minimum: 0 };
  return object({
    box: {
      ...object({ left: length, top: length, width: length, height: length }),
      description: "Where it is, in pixels of the picture.",
    },
    ...predictionSchema(classes),
    pixels: { ...base64, description: "What the network saw: 28 × 28 bytes, ink is 255." },
  });
}

function modelName(cards: Parts["cards"]): Json {
  const names = Object.keys(cards);
  return { enum: names, default: names[0], description: "Which model answers." };
}

function forJson(prediction: Prediction, classes: readonly string[]) {
  const { confidence, accepted, probabilities } = prediction;
  return { ...nameAnswer(prediction, classes), confidence, accepted, probabilities };
}

/** What goes into a model. */
function inputOf({ input: { shape } }: ModelCard) {
  return { name: "pixels", datatype: "FP32", shape };
}

function modelMetadata(name: string, card: ModelCard) {
  const { classes, base, mode, date, metrics } = card;
  const tensors = (list: Tensor[]) =>
    list.map(({ name, datatype, shape }) => ({ name, datatype, shape: [-1, ...shape] }));
  return {
    name,
    versions: [MODEL_VERSION],
    platform: "tensorflowjs_layers",
    inputs: tensors([inputOf(card)]),
    outputs: tensors(outputsOf(classes)),
    parameters: { base, mode, date, test_accuracy: metrics.testAccuracy },
  };
}

/** The model of a name; the first one without a name. */
function findModel(cards: Parts["cards"], name: unknown = Object.keys(cards)[0]): string {
  const names = Object.keys(cards);
  if (names.includes(name as string)) return name as string;
  throw refusal(400, `model to be ${names.join(" or ")}`);
}

/** The fields of a JSON object; none if it is none. */
function fields(body: unknown): Record<string, unknown> {
  return { ...(body as Record<string, unknown>) };
}

function readDigit(value: unknown, name: string): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9) return value as number;
  throw refusal(400, `${name} to be a digit from 0 to 9`);
}

/** A name that a folder can have: samples of a class are kept in one. */
function readClassName(value: unknown): string {
  if (typeof value === "string" && value !== "" && cleanClassName(value) === value) return value;
  throw refusal(
    400,
    `class to be the name of a folder, of at most ${LONGEST_CLASS_NAME} characters`,
  );
}

/** Index of the class that a request names: a digit as `digit`, another class as `character`. */
function readClass({ digit, character }: Record<string, unknown>, classes: string[]): number {
  if (areDigits(classes)) return readDigit(digit, "digit");
  const index = classes.indexOf(character as string);
  if (index >= 0) return index;
  throw refusal(400, `character to be one of ${classes.join("")}`);
}

/** Who asks: the address that a request comes from. */
function clientOf(c: Context): string | undefined {
  return (c.env as Partial<Deno.ServeHandlerInfo<Deno.NetAddr>>)?.remoteAddr?.hostname;
}

/** Turns what decoding a picture throws into the status that says so. */
function pictureError(error: Error): never {
  const { name, message } = error;
  if (name === "RangeError") throw new HTTPException(413, { message });
  if (name === "SyntaxError") throw new HTTPException(415, { message });
  throw error;
}

function refusal(status: 400 | 403 | 415 | 507, expected: string): HTTPException {
  return new HTTPException(status, { message: `Expected ${expected}` });
}
