/** The table of routes: each with what answers there, and what programs are told of it. */

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { classSetOf } from "../data/class_sets.ts";
import type { Classifier } from "../model/classifier.ts";
import { PICTURE_KINDS } from "../picture/class_folders.ts";
import { createBodies } from "./body.ts";
import type { Metrics } from "./metrics.ts";
import { QrCode } from "./neighbours.ts";
import { type Route, schema, withDocument } from "./openapi.ts";
import { cleanClassName, Lesson } from "./page/lesson.ts";
import { formsOf, readBase64 } from "./protocols.ts";
import type { ReaderPool } from "./reader_pool.ts";
import type { Samples } from "./samples.ts";

/** What the routes answer with. */
interface RouteOptions {
  pool: ReaderPool;
  /** Cards of the models by name; the first answers where no model is named. */
  cards: Record<string, Classifier["card"]>;
  metrics: Metrics;
  /** Where samples are kept, if they are. */
  samples?: Samples;
  /** Where other machines find the service, if they do. */
  addresses?: string[];
  limits?: Parameters<typeof createBodies>[0];
}

/** What they are made of. */
interface Parts extends RouteOptions {
  bodies: ReturnType<typeof createBodies>;
  /** How each model is asked and answers. */
  forms: Record<string, ReturnType<typeof formsOf>>;
}

/** The service's version. */
const VERSION = "1";

const { json, object, list, ref, text, boolean, whole, digit, base64Picture } = schema;

/** Lists all routes but the page's files. */
export function createRoutes(options: RouteOptions): Route[] {
  const models = Object.entries(options.cards);
  const parts: Parts = {
    ...options,
    bodies: createBodies(options.limits),
    forms: Object.fromEntries(models.map(([name, card]) => [name, formsOf(name, card)])),
  };
  const routes = [
    fileRoute(parts),
    ...models.flatMap(([name]) =>
      modelRoutes(name, parts).flatMap((route) => [route, ...versionsOf(route, name, parts)])
    ),
    ...serverRoutes(parts),
    explanationRoute(parts),
    ...sampleRoutes(parts),
    metricsRoute(parts),
  ];
  const mebibytes = (bytes: number) => `${bytes / 2 ** 20} MiB`;
  return withDocument(routes, {
    version: VERSION,
    summary: `Reads ${Object.keys(parts.cards).join(", ")}.`,
    description:
      `Pictures go in, digits come out, in the forms of TensorFlow Serving and of the Open Inference Protocol, or from picture files. A request in JSON has at most ${
        mebibytes(parts.bodies.jsonBytes)
      } and ${schema.pictures.maxItems} pictures, a picture file ${
        mebibytes(parts.bodies.pictureBytes)
      }. Every address with /models/NAME is there with /models/NAME/versions/1 too.`,
  });
}

/** What answers at an address, after what programs are told of it. */
function route(
  address: `${Route["method"]} ${string}`,
  about: Route["about"],
  answer: Route["answer"],
): Route {
  const [method, path] = address.split(" ") as [Route["method"], string];
  return { method, path, about, answer };
}

/** Picture files. */
function fileRoute({ pool, cards, bodies, forms }: Parts): Route {
  const names = Object.keys(cards);
  return route("POST /predict", {
    id: "predictFile",
    summary: "Finds and reads the digits in a picture file",
    description:
      `${PICTURE_KINDS}, of any size that takes at most four seconds to decode, on any paper; as the body, or as the file of a form. Digits, or characters, come in reading order.`,
    parameters: [{
      name: "model",
      in: "query",
      schema: { enum: names, default: names[0], description: "Which model answers." },
    }],
    takes: {
      "image/*": { schema: {} },
      "application/octet-stream": { schema: {} },
      "multipart/form-data": { schema: object({ file: { type: "string", format: "binary" } }) },
    },
    gives: json({ anyOf: names.map((name) => forms[name].files.gives) }),
    errors: [503],
  }, async (c) => {
    const model = findModel(cards, c.req.query("model"));
    const { classes } = cards[model];
    const bytes = await bodies.picture(c);
    const task = { bytes, classes };
    const answer = await pool.readFile(model, task, clientOf(c)).catch(pictureError);
    return forms[model].files.write(answer);
  });
}

/** What can be asked of one model, in the forms of TensorFlow Serving and of Open Inference. */
function modelRoutes(name: string, parts: Parts): Route[] {
  const { pool, cards, bodies } = parts;
  const { serving, inference } = parts.forms[name];
  const [suffix, what] = classSetOf(cards[name].classes) === "digits"
    ? ["", "digit"]
    : [`_${name}`, "character"];
  return [
    route(`POST /v1/models/${name}:predict`, {
      id: `predict${suffix}`,
      summary: `Reads pictures of one ${what} each, in TensorFlow Serving's form`,
      ...serving.about,
      errors: [503],
    }, async (c) => {
      const { pictures, write } = await bodies.json(c, serving.read);
      return write(await pool.read(name, pictures, clientOf(c)));
    }),
    route(`GET /v1/models/${name}`, {
      id: `modelStatus${suffix}`,
      summary: "State of the model, in TensorFlow Serving's form",
      gives: json(object({
        model_version_status: list(object({
          version: text,
          state: { enum: ["AVAILABLE", "UNLOADING"] },
          status: object({ error_code: text, error_message: text }),
        })),
      })),
    }, () => serving.status(pool.readers.isUp)),
    route(`GET /v1/models/${name}/metadata`, {
      id: `signature${suffix}`,
      summary: "Inputs and outputs of the model, in TensorFlow Serving's form",
      gives: json(object({
        model_spec: object({ name: text, signature_name: text, version: text }),
        metadata: { type: "object" },
      })),
    }, () => serving.metadata),
    route(`POST /v2/models/${name}/infer`, {
      id: `infer${suffix}`,
      summary: `Reads pictures of one ${what} each, in the Open Inference Protocol`,
      ...inference.about,
      errors: [503],
    }, async (c) => {
      const { pictures, write } = await bodies.json(c, inference.read);
      const { head, tensors } = write(await pool.read(name, pictures, clientOf(c)));
      return await bodies.answerWithBytes(c, head, tensors);
    }),
    route(`GET /v2/models/${name}`, {
      id: `modelMetadata${suffix}`,
      summary: "Inputs and outputs of the model",
      gives: json(ref("ModelMetadata")),
    }, () => inference.metadata),
    readinessRoute(`/v2/models/${name}/ready`, pool, {
      id: `modelReady${suffix}`,
      summary: "Whether the model answers",
    }),
  ];
}

/** The same at the addresses of the model's versions; the document says so in a sentence. */
function versionsOf({ method, path, answer }: Route, model: string, { forms }: Parts): Route[] {
  const address = `/models/${model}`;
  return forms[model].inference.metadata.versions.map((version) => (
    { method, path: path.replace(address, `${address}/versions/${version}`), answer }
  ));
}

/** What can be asked of the service itself. */
function serverRoutes({ pool, cards, addresses = [] }: Parts): Route[] {
  const models = Object.entries(cards).map(([name, { classes }]) => ({ name, classes }));
  return [
    route("GET /models", {
      id: "models",
      summary: "The models and their classes",
      gives: json(object({ models: list(object({ name: text, classes: list(text) })) })),
    }, () => ({ models })),
    route("GET /addresses", {
      id: "addresses",
      summary: "Where other machines find the service, each with its QR code",
      gives: json(object({ addresses: list(object({ url: text, code: text })) })),
    }, () => ({
      addresses: addresses.map((url) => ({ url, code: new QrCode(url).toPicture() })),
    })),
    route("GET /v2", {
      id: "serverMetadata",
      summary: "Name and version of the service",
      gives: json(object({ name: text, version: text, extensions: list(text) })),
    }, () => ({ name: "digits", version: VERSION, extensions: ["binary_tensor_data"] })),
    route("GET /v2/health/live", {
      id: "live",
      summary: "Whether the service runs",
      gives: json(object({ live: boolean })),
    }, () => ({ live: true })),
    readinessRoute("/v2/health/ready", pool, {
      id: "ready",
      summary: "Whether the service answers",
    }),
  ];
}

function readinessRoute(path: string, pool: ReaderPool, about: { id: string; summary: string }) {
  const success = { 200: "Done.", 503: "Not yet, or no more." };
  const gives = json(object({ ready: boolean }));
  return route(`GET ${path}`, { ...about, gives, success }, (c) => {
    const ready = pool.readers.isUp;
    return c.json({ ready }, ready ? 200 : 503);
  });
}

function explanationRoute({ pool, cards, bodies }: Parts): Route {
  const questions = Object.entries(cards).map(([model, { classes }], i) =>
    object({
      pixels: base64Picture,
      model: { enum: [model] },
      ...(classSetOf(classes) === "digits" ? { digit } : { character: { enum: classes } }),
    }, i === 0 ? ["model"] : [])
  );
  return route("POST /explain", {
    id: "explain",
    summary: "What made the network read a picture as a digit, or as another character",
    takes: json({ anyOf: questions }),
    gives: json(ref("Explanation")),
    errors: [503],
  }, async (c) => {
    const task = await bodies.json(c, (body) => {
      const asked = fields(body);
      const model = findModel(cards, asked.model);
      const pixels = readBase64(asked.pixels, "pixels");
      return { model, pixels, index: readClass(asked, cards[model].classes) };
    });
    const { importance, layers } = await pool.explainer.run(task, clientOf(c));
    return {
      importance: Array.from(importance, (value) => Math.round(value * 1000) / 1000),
      layers: layers.map(({ filters, ...layer }) => ({
        ...layer,
        maps: layer.maps.toBase64(),
        filters: filters &&
          { ...filters, values: new Uint8Array(filters.values.buffer).toBase64() },
      })),
    };
  });
}

/** Pictures that people corrected, or gave as examples. */
function sampleRoutes({ samples, bodies }: Parts): Route[] {
  const name = {
    ...text,
    minLength: 1,
    maxLength: Lesson.LONGEST_NAME,
    description: "A name that a folder can have.",
  };
  return [
    route("GET /samples", {
      id: "countSamples",
      summary: "Whether samples are kept, and how many there are",
      gives: json(object({ open: boolean, kept: whole })),
    }, () => ({ open: samples !== undefined, kept: samples?.count ?? 0 })),
    route("POST /samples", {
      id: "addSample",
      summary: "Keeps a picture with the class that it really is of",
      takes: json(object({ pixels: base64Picture, class: name })),
      gives: json(object({ kept: whole, sample: text })),
      success: { 201: "Kept." },
      errors: [403, 507],
    }, async (c) => {
      if (!samples) throw refusal(403, "a service that was started with --keep-samples");
      if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
        throw refusal(415, "a sample as application/json");
      }
      const sample = await bodies.json(c, (body) => {
        const { pixels, class: name } = fields(body);
        return { pixels: readBase64(pixels, "pixels"), name: readClassName(name) };
      });
      if (!samples.hasPlaceFor(sample.name)) throw refusal(507, "fewer samples: no place is left");
      const added = await samples.add(sample.pixels, sample.name);
      return c.json({ kept: samples.count, sample: added }, 201);
    }),
    route("DELETE /samples", {
      id: "removeSample",
      summary: "Takes a sample back that was kept since the service was started",
      description: "A sample that is not known is none that is kept.",
      parameters: [{ name: "sample", in: "query", schema: text }],
      gives: json(object({ kept: whole })),
    }, async (c) => {
      await samples?.remove(c.req.query("sample") ?? "");
      return { kept: samples?.count ?? 0 };
    }),
  ];
}

function metricsRoute({ metrics: { registry } }: Parts): Route {
  return route("GET /metrics", {
    id: "metrics",
    summary: "Counts and times, for Prometheus",
    gives: { "text/plain": { schema: text } },
  }, async (c) => c.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
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

/** A name that a folder can have: samples of a class are kept in one. */
function readClassName(value: unknown): string {
  if (typeof value === "string" && value !== "" && cleanClassName(value) === value) return value;
  throw refusal(
    400,
    `class to be the name of a folder, of at most ${Lesson.LONGEST_NAME} characters`,
  );
}

/** Index of the class that a request names: a digit as `digit`, another class as `character`. */
function readClass({ digit, character }: Record<string, unknown>, classes: string[]): number {
  const areNumbers = classSetOf(classes) === "digits";
  const index = classes.findIndex((name, i) => areNumbers ? i === digit : name === character);
  if (index >= 0) return index;
  throw refusal(
    400,
    areNumbers ? "digit to be a digit from 0 to 9" : `character to be one of ${classes.join("")}`,
  );
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
