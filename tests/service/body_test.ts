import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { createBodies } from "../../lib/service/body.ts";

/** What a service that sends JSON back answers to a body. */
async function answerTo(
  body: BodyInit,
  headers?: HeadersInit,
  jsonBytes = 10,
): Promise<[number, string]> {
  const app = new Hono();
  const bodies = createBodies({ bodyMilliseconds: 50, jsonBytes });
  app.post(
    "/",
    async (c) => c.json(await bodies.json(c, (body) => body as string)),
  );
  app.onError((error, c) => c.text(error.message, (error as HTTPException).status));
  const response = await app.request("/", { method: "POST", body, headers });
  return [response.status, await response.text()];
}

Deno.test("createBodies() reads a stream of unknown length", async () => {
  assertEquals(await answerTo(new Blob(['"seven"']).stream()), [200, '"seven"']);
});

Deno.test("createBodies() refuses what is announced, or turns out, to be too long", async () => {
  const refused: [number, string] = [413, "Expected a body of at most 10 bytes"];
  const stream = () => new Blob(["eleven byte"]).stream();
  assertEquals(await answerTo(stream(), { "content-length": "11" }), refused);
  assertEquals(await answerTo(stream()), refused);
});

Deno.test("createBodies() decompresses, up to what is allowed", async () => {
  for (const encoding of ["gzip", "deflate"] as const) {
    const compress = (text: string) =>
      new Blob([text]).stream().pipeThrough(new CompressionStream(encoding));
    const headers = { "content-encoding": encoding };
    assertEquals(await answerTo(compress('"seven"'), headers, 40), [200, '"seven"']);
    const bomb = await new Response(compress(" ".repeat(41))).bytes();
    const tooLong: [number, string] = [413, "Expected a body of at most 40 bytes"];
    assertEquals(await answerTo(bomb, headers, 40), tooLong);
    const message = `Expected a body by ${encoding} but it is not`;
    assertEquals(await answerTo("seven", headers), [400, message]);
  }
  const refused: [number, string] = [415, "Expected a body as it is, or by gzip or deflate"];
  assertEquals(await answerTo("seven", { "content-encoding": "br" }), refused);
});

Deno.test("createBodies() waits no longer than is allowed", async () => {
  assertEquals(await answerTo(new ReadableStream()), [408, "Expected the body within 50 ms"]);
});

Deno.test("createBodies() says that a body broke off", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  assertEquals(await answerTo(broken), [400, "Expected a whole body but it broke off"]);
});

Deno.test("createBodies() refuses what is no JSON", async () => {
  for (const text of ["", "{", "NaN", "\xff"]) {
    assertEquals(await answerTo(text), [400, "Expected a body of JSON but it is not"], text);
  }
});
