/**
 * The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), made from the table of routes, and a page that
 * shows it to people, without a script.
 */

import type { Context } from "hono";
import { html } from "hono/html";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { PICTURE_KINDS } from "../picture/class_folders.ts";

/** JSON Schema, and what else stands in an OpenAPI document. */
type Json = { [key: string]: unknown };

/** What bodies hold, by their types. */
type Content = Record<string, { schema: Json; example?: object }>;

/** What answers at an address, and what programs are told of it. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** Gives a response, or what is sent in JSON. */
  answer(c: Context): object | Promise<object>;
  /** Without it the document is silent about the route. */
  about?: About;
}

/** What programs are told of a route. */
interface About {
  id: string;
  summary: string;
  description?: string;
  parameters?: Json[];
  takes?: Content;
  gives?: Content;
  /** Statuses with which that is given, and what they mean. */
  success?: Record<number, string>;
  /** Statuses of what can go wrong, besides what can go wrong with any body. */
  errors?: number[];
}

/** What schemas, and bodies of them, are written with. */
export const schema = {
  json: (schema: Json, example?: object): Content => ({ "application/json": { schema, example } }),
  object: (properties: Record<string, Json>, optional: string[] = []): Json => ({
    type: "object",
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  }),
  list: (items: Json, count?: number): Json => ({
    type: "array",
    items,
    minItems: count,
    maxItems: count,
  }),
  /** One of {@linkcode COMPONENTS}. */
  ref: (name: string): Json => ({ $ref: `#/components/schemas/${name}` }),
  text: { type: "string" },
  boolean: { type: "boolean" },
  whole: { type: "integer", minimum: 0 },
  share: { type: "number", minimum: 0, maximum: 1 },
  digit: { type: "integer", minimum: 0, maximum: 9 },
  base64: { type: "string", contentEncoding: "base64" },
  /** 784 bytes (RFC 4648), of which the last stands alone. */
  base64Picture: {
    type: "string",
    contentEncoding: "base64",
    pattern: "^[A-Za-z0-9+\\/]{1045}[AQgw]==$",
    description: "28 × 28 bytes.",
  },
  /** As many pictures as a request may have. */
  pictures: {
    type: "array",
    items: { $ref: "#/components/schemas/Picture" },
    minItems: 1,
    maxItems: 1024,
  },
  /** An object with one property, whose name is free: what has a name in TensorFlow Serving. */
  named: (value: Json): Json => ({
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    propertyNames: { not: { const: "b64" } },
    additionalProperties: value,
  }),
};

const { json, object, list, ref, text, whole, base64, base64Picture, named } = schema;
const pixel: Json = { type: "number", minimum: 0, maximum: 255 };
const pixels: Json = {
  anyOf: [
    list(pixel, IMAGE_PIXELS),
    list(list({ anyOf: [pixel, list(pixel, 1)] }, IMAGE_SIDE), IMAGE_SIDE),
    object({ b64: base64Picture }),
  ],
};
const tensor = { name: text, shape: list({ type: "integer" }), datatype: text };

const COMPONENTS: Record<string, Json> = {
  Error: object({ error: { type: "string", description: "One sentence." } }),
  Picture: {
    description:
      "28 × 28, 28 × 28 × 1 or 784 numbers from 0 (paper) to 255 (ink), or from 0 to 1 where none is above 1; or 784 bytes in base64.",
    anyOf: [pixels, named(pixels)],
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
      filters: {
        ...object({ count: whole, side: whole, values: base64 }),
        description:
          "Of each map's count filters the strongest, channels × side × side signed bytes.",
      },
    }, ["filters"])),
  }),
  InferResponse: object({
    model_name: text,
    model_version: text,
    id: text,
    outputs: list(object({
      ...tensor,
      data: list({ type: ["number", "boolean", "string"] }),
      parameters: object({ binary_data_size: whole }),
    }, ["data", "parameters"])),
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

const ERRORS: Record<number, string> = {
  400: "The request is not as described here.",
  403:
    "The service keeps no samples (start it with --keep-samples), or another site's page sent this.",
  408: "The body came too slowly.",
  413: "The body, or the picture in it, is too large.",
  415:
    `This is no picture that can be read (${PICTURE_KINDS}), a sample that is no JSON, or a body compressed by other means than gzip or deflate.`,
  507: "No more samples are kept.",
  503: "All workers are busy and the line is full, or they are not up yet. Try again later.",
};

const RETRY = { "Retry-After": { description: "Seconds.", schema: whole } };

/** What can go wrong with any body. */
const BODY_ERRORS = [400, 408, 413, 415];

/**
 * Adds what the routes are described by, for programs (`/openapi.json`) and for people (`/docs`).
 *
 * @param about What the document says of the service as a whole.
 */
export function withDocument(
  routes: Route[],
  about: { version: string; summary: string; description: string },
): Route[] {
  const described: Route[] = [...routes, {
    method: "GET",
    path: "/openapi.json",
    answer: () => document,
    about: { id: "document", summary: "This document", gives: json({ type: "object" }) },
  }];
  const paths: Record<string, Json> = {};
  for (const { method, path, about } of described) {
    if (about) paths[path] = { ...paths[path], [method.toLowerCase()]: describe(about) };
  }
  const title = "Handwritten digits";
  const document = {
    openapi: "3.1.0",
    info: { title, ...about, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: { schemas: COMPONENTS },
  };
  const headers = { "content-type": "text/html; charset=utf-8" };
  return [...described, {
    method: "GET",
    path: "/docs",
    answer: async (c) => c.body(await writePage(title, about.description, described), 200, headers),
  }];
}

function describe(about: About) {
  const { id, summary, description, parameters, takes, gives } = about;
  const { success = { 200: "Done." }, errors = [] } = about;
  const responses: Record<number, { description: string; headers?: Json; content: Content }> = {};
  for (const status of [...takes ? BODY_ERRORS : [], ...errors]) {
    const headers = status === 503 ? RETRY : undefined;
    responses[status] = { description: ERRORS[status], headers, content: json(ref("Error")) };
  }
  for (const [status, description] of Object.entries(success)) {
    responses[Number(status)] = { description, content: gives ?? {} };
  }
  return {
    operationId: id,
    summary,
    description,
    parameters,
    requestBody: takes && { required: true, content: takes },
    responses,
  };
}

/** Makes the page of a document; it wears the style of the page to draw on. */
async function writePage(title: string, description: string, routes: Route[]): Promise<string> {
  return `${await html`<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}: for programs</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body class="document">
    <main>
      <p><a href="/">Draw a digit</a> · <a href="/openapi.json">openapi.json</a></p>
      <h1>${title}, for programs</h1>
      <p>${description}</p>
      <pre tabindex="0">curl --form file=@digit.png http://127.0.0.1:8000/predict</pre>
      ${routes.map(showRoute)}
      <h2>Schemas</h2>
      ${
    Object.entries(COMPONENTS).map(([name, schema]) =>
      html`<section id="${name}"><h3>${name}</h3>${code(schema)}</section>`
    )
  }
    </main>
  </body>
</html>`}`;
}

function showRoute({ method, path, about }: Route) {
  if (!about) return "";
  const { summary, description, requestBody, responses } = describe(about);
  return html`<section>
    <h2><span class="method">${method}</span> <code>${path}</code></h2>
    <p>${summary}.${description ? ` ${description}` : ""}</p>
    ${requestBody ? showBody(requestBody.content) : ""}
    <dl>${
    Object.entries(responses).map(([status, { description }]) =>
      html`
        <dt>${status}</dt>
        <dd>${description}</dd>
      `
    )
  }</dl>
  </section>`;
}

function showBody(content: Content) {
  const json = content["application/json"];
  return html`<p>Takes ${
    Object.keys(content).map((type) =>
      html`
        <code>${type}</code>
      `
    )
  }</p>
    ${json ? code(json.example ?? json.schema) : ""}`;
}

function code(value: object) {
  if (Object.keys(value).length === 0) return "";
  return html`<pre tabindex="0">${JSON.stringify(value, leaveOut, 2)}</pre>`;
}

/** Lists in examples show so many values. */
const SHOWN_VALUES = 4;

/** Leaves out the rest of long lists of numbers. */
function leaveOut(_: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= 2 * SHOWN_VALUES || typeof value[0] !== "number") {
    return value;
  }
  return [...value.slice(0, SHOWN_VALUES), `… ${value.length} numbers`];
}
