import { assert, assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { Random } from "../../lib/data/random.ts";
import { SEVEN_PNG } from "../picture/picture_files.ts";
import { withApp } from "./test_app.ts";

type Json = Record<string, unknown>;

/** The document, as far as it is looked into here. */
interface Document extends Json {
  paths: Record<string, Record<string, { requestBody?: Body; responses: Record<number, Json> }>>;
  components: { schemas: Record<string, Json> };
}

interface Body {
  content: Record<string, { schema: Json }>;
}

/** Requests to each address. */
const ROUNDS = 20;

Deno.test("/openapi.json is valid, and allows every answer to requests made up from it, right and wrong", () =>
  withApp({ workers: 2 }, async ({ app }) => {
    const document: Document = await (await app.request("/openapi.json")).json();
    assertEquals(await new Validator().validate(structuredClone(document)), { valid: true });
    const random = new Random(1);
    const ajv = new Ajv2020({ strict: false }).addSchema(document, "document");
    const seen = new Set<number>();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { requestBody, responses }] of Object.entries(methods)) {
        for (let round = 0; round < (requestBody ? ROUNDS : 1); round++) {
          const init = { method: method.toUpperCase(), ...makeBody(document, requestBody, random) };
          const response = await app.request(path, init);
          seen.add(response.status);
          const allowed = responses[response.status];
          assert(allowed, `${method} ${path} answered ${response.status}`);
          const content = allowed.content as Record<string, { schema: Json }>;
          const [type] = response.headers.get("content-type")!.split(";");
          assert(content[type], `${method} ${path} answered with ${type}`);
          if (type !== "application/json") {
            await response.body?.cancel();
            continue;
          }
          const pointer = [path, method, "responses", response.status, "content", type, "schema"]
            .map((part) => encodeURIComponent(String(part).replaceAll("/", "~1"))).join("/");
          const validate = ajv.getSchema(`document#/paths/${pointer}`) as ValidateFunction;
          const body = await response.json();
          assert(validate(body), `${method} ${path}: ${JSON.stringify(validate.errors)}`);
        }
      }
    }
    assertEquals([...seen].sort(), [200, 201, 400, 415]);
  }));

function makeBody(
  document: Document,
  requestBody: Body | undefined,
  random: Random,
): RequestInit {
  if (!requestBody) return {};
  const json = requestBody.content["application/json"];
  if (!json) {
    const bytes = SEVEN_PNG.slice();
    const place = random.integer(bytes.length);
    if (random.integer(2)) bytes[place] ^= random.bits() & 255;
    return { body: bytes, headers: { "content-type": "image/png" } };
  }
  const { schemas } = document.components;
  const value = makeValue(json.schema, schemas, random);
  return {
    body: JSON.stringify(random.integer(2) ? value : spoil(value, random)),
    headers: { "content-type": "application/json" },
  };
}

/** Makes up a value that a schema allows. */
function makeValue(schema: Json, schemas: Record<string, Json>, random: Random): unknown {
  const pick = <Value>(values: Value[]): Value => values[random.integer(values.length)];
  if (typeof schema.$ref === "string") {
    return makeValue(schemas[schema.$ref.split("/").at(-1)!], schemas, random);
  }
  if (schema.enum) return pick(schema.enum as unknown[]);
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return makeValue(pick(forms as Json[]), schemas, random);
  if (schema.contentEncoding) return new Uint8Array(784).fill(random.bits() & 255).toBase64();
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Record<string, Json>)
          .filter(([name]) =>
            (schema.required as string[] | undefined)?.includes(name) || random.integer(2)
          )
          .map(([name, inner]) => [name, makeValue(inner, schemas, random)]),
      );
    case "array": {
      const least = (schema.minItems ?? 0) as number;
      const length = least +
        random.integer(Math.min(4, (schema.maxItems as number ?? 4) - least) + 1);
      return Array.from({ length }, () => makeValue((schema.items ?? {}) as Json, schemas, random));
    }
    case "integer":
      return random.integer(10);
    case "number":
      return random.integer(256);
    case "string":
      return pick(["", "seven", "\u0000", "7".repeat(100)]);
    default:
      return makeJunk(random);
  }
}

function makeJunk(random: Random): unknown {
  const junk = [null, true, -1, 1e308, "7", [], {}, [[[]]], { b64: "?" }, 0.5];
  return junk[random.integer(junk.length)];
}

/** Puts junk somewhere into a value. */
function spoil(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.integer(4) === 0) {
    return makeJunk(random);
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return makeJunk(random);
  const key = keys[random.integer(keys.length)];
  const copy = Array.isArray(value) ? [...value] : { ...value };
  Reflect.set(copy, key, spoil(Reflect.get(value, key), random));
  return copy;
}
