/** Addresses and what answers them. */

import { Hono } from "hono";
import { areDigits } from "../data/class_sets.ts";
import { type ModelCard, nameAnswer, type Prediction } from "../model/classifier.ts";
import { type BodyLimits, HttpError, readBody, readJson } from "./body.ts";
import { documentPage } from "./document_page.ts";
import type { Metrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import type { PageFile } from "./page_files.ts";
import {
  MODEL_VERSION,
  outputsOf,
  readBase64,
  readInferRequest,
  readInstances,
  writeInferResponse,
} from "./protocols.ts";
import type { Recogniser } from "./recogniser.ts";
import type { Samples } from "./samples.ts";
import { Unavailable } from "./worker_pool.ts";

/** What the service is made of. */
export interface AppOptions {
  recogniser: Recogniser;
  /** Cards of the models by name; the first answers where no model is named. */
  cards: Record<string, ModelCard>;
  metrics: Metrics;
  /** The page's files by name. */
  page: Map<string, PageFile>;
  /** Where corrected samples are kept, if they are. */
  samples?: Samples;
  /** Whether no more requests are taken. */
  closing?: () => boolean;
  limits?: Partial<Limits>;
  /** Told of every request that was answered. */
  onAnswer?: (entry: LogEntry) => void;
}

/** What clients may ask of the service. */
export interface Limits {
  /** Bytes of a request in JSON. */
  jsonBytes: number;
  /** Bytes of a picture file. */
  pictureBytes: number;
  /** Milliseconds for a request's body. */
  bodyMilliseconds: number;
}

/** Limits unless told otherwise. */
export const LIMITS: Limits = {
  jsonBytes: 4 * 2 ** 20,
  pictureBytes: 16 * 2 ** 20,
  bodyMilliseconds: 15_000,
};

/** A line of the log. */
export interface LogEntry {
  method: string;
  path: string;
  status: number;
  milliseconds: number;
  /** Why it was no success. */
  error?: string;
}

/** Headers of every answer: no script, style or picture but the service's own, in nobody's frame. */
export const SAFE_HEADERS: Record<string, string> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Seconds after which a client may try again. */
const RETRY_AFTER = "1";

type Method = "GET" | "POST";
type Answer = (request: Request) => Response | Promise<Response>;

/** Makes the service's router, which answers requests by `app.fetch`. */
export function createApp(options: AppOptions): Hono {
  const { recogniser, cards, metrics, page, samples, closing = () => false, onAnswer } = options;
  const limits = { ...LIMITS, ...options.limits };
  const json: BodyLimits = { bytes: limits.jsonBytes, milliseconds: limits.bodyMilliseconds };
  const picture: BodyLimits = { ...json, bytes: limits.pictureBytes };
  const classesOf = Object.fromEntries(
    Object.entries(cards).map(([name, { classes }]) => [name, classes]),
  );
  const document = openApi(limits, classesOf);
  const isReady = () => recogniser.isUp && !closing();

  const routes: Record<string, Partial<Record<Method, Answer>>> = {
    "/models": {
      GET: () =>
        Response.json({
          models: Object.entries(classesOf).map(([name, classes]) => ({ name, classes })),
        }),
    },
    "/v2": {
      GET: () => Response.json({ name: "digits", version: MODEL_VERSION, extensions: [] }),
    },
    "/v2/health/live": { GET: () => Response.json({ live: true }) },
    "/v2/health/ready": { GET: () => readiness(isReady()) },
    "/predict": {
      POST: async (request) => {
        const model = findModel(new URL(request.url).searchParams.get("model") ?? undefined);
        const file = await readPictureFile(request, picture);
        const found = (await recogniser.readFile(model, file).catch(pictureError))
          .map(({ box, pixels, ...prediction }) => ({
            box,
            ...forJson(prediction, classesOf[model]),
            pixels: pixels.toBase64(),
          }));
        return Response.json(
          areDigits(classesOf[model]) ? { digits: found } : { characters: found },
        );
      },
    },
    "/explain": {
      POST: async (request) => {
        const body = fields(await readJson(request, json));
        const model = findModel(body.model);
        const [pixels, index] = fromClient(() =>
          [readBase64(body.pixels, "pixels"), readClass(body, classesOf[model])] as const
        );
        const { importance, layers } = await recogniser.explain(model, pixels, index);
        return Response.json({
          importance: Array.from(importance, (value) => Math.round(value * 1000) / 1000),
          layers: layers.map((layer) => ({ ...layer, maps: layer.maps.toBase64() })),
        });
      },
    },
    "/samples": {
      GET: () => Response.json({ open: samples !== undefined, kept: samples?.count ?? 0 }),
      POST: async (request) => {
        const kept = samplesOf(samples);
        // A page of somebody else's may send, though not read; samples come from our own.
        if (request.headers.get("sec-fetch-site") === "cross-site") {
          throw new HttpError(403, "Expected a request of this service's own page");
        }
        const { pixels, label } = fields(await readJson(request, json));
        await kept.add(
          ...fromClient(() => [readBase64(pixels, "pixels"), readDigit(label, "label")] as const),
        );
        return Response.json({ kept: kept.count }, { status: 201 });
      },
    },
    "/metrics": {
      GET: async () =>
        new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } }),
    },
    "/openapi.json": { GET: () => Response.json(document) },
    "/docs": {
      GET: async () =>
        new Response(await documentPage(document), {
          headers: { "content-type": "text/html; charset=utf-8" },
        }),
    },
  };
  for (const [model, card] of Object.entries(cards)) {
    const outputs = outputsOf(card.classes);
    Object.assign(routes, {
      [`/v1/models/${model}`]: { GET: () => Response.json(modelStatus(isReady())) },
      [`/v1/models/${model}:predict`]: {
        POST: async (request: Request) => {
          const body = await readJson(request, json);
          const predictions = await recogniser.read(model, fromClient(() => readInstances(body)));
          return Response.json({
            predictions: predictions.map((prediction) => forJson(prediction, card.classes)),
          });
        },
      },
      [`/v2/models/${model}`]: { GET: () => Response.json(modelMetadata(model, card)) },
      [`/v2/models/${model}/ready`]: { GET: () => readiness(isReady()) },
      [`/v2/models/${model}/infer`]: {
        POST: async (request: Request) => {
          const body = await readJson(request, json);
          const asked = fromClient(() => readInferRequest(body, outputs));
          const predictions = await recogniser.read(model, asked.pictures);
          return Response.json(writeInferResponse(model, asked, predictions));
        },
      },
    });
  }
  for (const [name, { type, content }] of page) {
    const headers = { "content-type": type, "cache-control": "no-cache" };
    routes[name === "index.html" ? "/" : `/${name}`] = {
      GET: () => new Response(content, { headers }),
    };
  }

  const app = new Hono();
  for (const [path, answers] of Object.entries(routes)) {
    app.all(path, ({ req: { raw } }) => respond(raw, path, answers));
  }
  app.notFound(({ req: { raw } }) =>
    respond(raw, "other", {
      [raw.method]: () => {
        throw new HttpError(404, "Expected an address that GET /docs lists");
      },
    })
  );
  return app;

  /** The model of a name; the first one without a name. */
  function findModel(name: unknown = Object.keys(cards)[0]): string {
    const names = Object.keys(cards);
    if (names.includes(name as string)) return name as string;
    throw new HttpError(400, `Expected model to be ${names.join(" or ")}`);
  }

  async function respond(
    request: Request,
    route: string,
    answers: Record<string, Answer>,
  ): Promise<Response> {
    const started = performance.now();
    const method = request.method === "HEAD" ? "GET" : request.method;
    const { response, error } = await tryTo(answers[method] ?? wrongMethod(answers), request);
    for (const name in SAFE_HEADERS) response.headers.set(name, SAFE_HEADERS[name]);
    const milliseconds = performance.now() - started;
    const isKnown = route !== "other" && method in answers;
    metrics.request(route, isKnown ? request.method : "other", response.status, milliseconds);
    onAnswer?.({
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
      milliseconds: Math.round(milliseconds * 10) / 10,
      error,
    });
    return response;
  }
}

async function tryTo(
  answer: Answer,
  request: Request,
): Promise<{ response: Response; error?: string }> {
  try {
    return { response: await answer(request) };
  } catch (thrown) {
    const error = (thrown as Error).message;
    if (thrown instanceof HttpError) {
      const { status, headers } = thrown;
      return { error, response: Response.json({ error }, { status, headers }) };
    }
    if (thrown instanceof Unavailable) {
      const headers = { "retry-after": RETRY_AFTER };
      return { error, response: Response.json({ error }, { status: 503, headers }) };
    }
    const apology = { error: "Expected to answer but the service failed" };
    return { error, response: Response.json(apology, { status: 500 }) };
  }
}

function wrongMethod(answers: Record<string, Answer>): Answer {
  return ({ method }) => {
    const allowed = Object.keys(answers);
    throw new HttpError(405, `Expected ${allowed.join(" or ")} but found ${method}`, {
      allow: allowed.join(", "),
    });
  };
}

/** Whatever `read` throws is the client's doing. */
function fromClient<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new HttpError(400, (error as Error).message);
  }
}

/** The fields of a JSON object; none if it is none. */
function fields(body: unknown): Record<string, unknown> {
  return { ...(body as Record<string, unknown>) };
}

function readDigit(value: unknown, name: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 9) {
    throw new RangeError(`Expected ${name} to be a digit from 0 to 9`);
  }
  return value as number;
}

/** Index of the class that a request names: a digit as `digit`, another class as `character`. */
function readClass({ digit, character }: Record<string, unknown>, classes: string[]): number {
  if (areDigits(classes)) return readDigit(digit, "digit");
  const index = classes.indexOf(character as string);
  if (index >= 0) return index;
  throw new RangeError(`Expected character to be one of ${classes.join("")}`);
}

/** A picture file: the body itself, or the file of a form. */
async function readPictureFile(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const type = request.headers.get("content-type") ?? "";
  const body = await readBody(request, limits);
  if (!/^multipart\/form-data/i.test(type)) return body;
  const form = await new Response(body, { headers: { "content-type": type } }).formData()
    .catch(() => new FormData());
  const file = [...form.values()].find((value) => value instanceof File);
  if (!file) throw new HttpError(400, "Expected a form with a picture file but found none");
  return await file.bytes();
}

/** Turns what decoding a picture throws into the status that says so. */
function pictureError(error: Error): never {
  if (error.name === "RangeError") throw new HttpError(413, error.message);
  if (error.name === "SyntaxError") throw new HttpError(415, error.message);
  throw error;
}

function samplesOf(samples: Samples | undefined): Samples {
  if (samples) return samples;
  throw new HttpError(403, "Expected a service that was started with --keep-samples");
}

function forJson(prediction: Prediction, classes: string[]) {
  const { confidence, accepted, probabilities } = prediction;
  return { ...nameAnswer(prediction, classes), confidence, accepted, probabilities };
}

function readiness(ready: boolean): Response {
  const headers: HeadersInit = ready ? {} : { "retry-after": RETRY_AFTER };
  return Response.json({ ready }, { status: ready ? 200 : 503, headers });
}

function modelStatus(ready: boolean) {
  return {
    model_version_status: [{
      version: MODEL_VERSION,
      state: ready ? "AVAILABLE" : "UNLOADING",
      status: { error_code: "OK", error_message: "" },
    }],
  };
}

function modelMetadata(
  name: string,
  { classes, input: { shape }, base, mode, date, metrics }: ModelCard,
) {
  return {
    name,
    versions: [MODEL_VERSION],
    platform: "tensorflowjs_layers",
    inputs: [{ name: "pixels", datatype: "FP32", shape: [-1, ...shape] }],
    outputs: outputsOf(classes).map(({ name, datatype, shape }) => (
      { name, datatype, shape: [-1, ...shape] }
    )),
    parameters: { base, mode, date, test_accuracy: metrics.testAccuracy },
  };
}
