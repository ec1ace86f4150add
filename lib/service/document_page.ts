/** A page that shows an OpenAPI document to people, without a script. */

import { html } from "hono/html";
import type { Json, OpenApi, Operation } from "./openapi.ts";

/** Lists in examples show so many values. */
const SHOWN_VALUES = 4;

/** Makes the page; it wears the style of the page to draw on. */
export async function documentPage({ info, paths, components }: OpenApi): Promise<string> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(path, method, operation))
  );
  const { schemas } = components as { schemas: Record<string, Json> };
  return `${await html`<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${info.title}: for programs</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body class="document">
    <main>
      <p><a href="/">Draw a digit</a> · <a href="/openapi.json">openapi.json</a></p>
      <h1>${info.title}, for programs</h1>
      <p>${info.description}</p>
      <pre tabindex="0">curl --form file=@digit.png http://127.0.0.1:8000/predict</pre>
      ${operations}
      <h2>Schemas</h2>
      ${
    Object.entries(schemas).map(([name, schema]) =>
      html`<section id="${name}"><h3>${name}</h3>${code(schema)}</section>`
    )
  }
    </main>
  </body>
</html>`}`;
}

function describe(path: string, method: string, operation: Operation) {
  const { summary, description, requestBody, responses } = operation;
  return html`<section>
    <h2><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h2>
    <p>${summary}.${description ? ` ${description}` : ""}</p>
    ${requestBody ? takes(requestBody.content) : ""}
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

function takes(content: NonNullable<Operation["requestBody"]>["content"]) {
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

function code(value: unknown) {
  if (Object.keys(value as Json).length === 0) return "";
  return html`<pre tabindex="0">${JSON.stringify(shorten(value), null, 2)}</pre>`;
}

/** Leaves out the rest of long lists of numbers. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shown = value.slice(
      0,
      value.length > 2 * SHOWN_VALUES && typeof value[0] === "number" ? SHOWN_VALUES : undefined,
    );
    return shown.length < value.length
      ? [...shown, `… ${value.length} numbers`]
      : value.map(shorten);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]));
}
