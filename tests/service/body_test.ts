import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { readJson } from "../../lib/service/body.ts";

const LIMITS = { jsonBytes: 10, pictureBytes: 0, bodyMilliseconds: 50 };

/** What a service that sends JSON back answers to a body. */
async function answerTo(body: BodyInit, headers?: HeadersInit): Promise<[number, string]> {
  const app = new Hono();
  app.post("/", async (c) => c.json(await readJson(c, LIMITS, (body) => body as string)));
  app.onError((error, c) => c.text(error.message, (error as HTTPException).status));
  const response = await app.request("/", { method: "POST", body, headers });
  return [response.status, await response.text()];
}

Deno.test("readJson() reads a stream of unknown length", async () => {
  assertEquals(await answerTo(new Blob(['"seven"']).stream()), [200, '"seven"']);
});

Deno.test("readJson() refuses what is announced, or turns out, to be too long", async () => {
  const refused: [number, string] = [413, "Expected a body of at most 10 bytes"];
  const stream = () => new Blob(["eleven byte"]).stream();
  assertEquals(await answerTo(stream(), { "content-length": "11" }), refused);
  assertEquals(await answerTo(stream()), refused);
});

Deno.test("readJson() waits no longer than is allowed", async () => {
  assertEquals(await answerTo(new ReadableStream()), [408, "Expected the body within 50 ms"]);
});

Deno.test("readJson() says that a body broke off", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  assertEquals(await answerTo(broken), [400, "Expected a whole body but it broke off"]);
});

Deno.test("readJson() refuses what is no JSON", async () => {
  for (const text of ["", "{", "NaN", "\xff"]) {
    assertEquals(await answerTo(text), [400, "Expected a body of JSON but it is not"], text);
  }
});
