import { assertEquals, assertRejects } from "@std/assert";
import { HttpError, readBody, readJson } from "../../lib/service/body.ts";

const LIMITS = { bytes: 10, milliseconds: 50 };

function request(body: BodyInit, headers?: HeadersInit): Request {
  return new Request("http://localhost", { method: "POST", body, headers });
}

async function statusOf(read: Promise<unknown>): Promise<number> {
  return (await assertRejects(() => read, HttpError)).status;
}

Deno.test("readBody() reads a stream of unknown length", async () => {
  const stream = new Blob(["seven"]).stream();
  assertEquals(new TextDecoder().decode(await readBody(request(stream), LIMITS)), "seven");
});

Deno.test("readBody() refuses what is announced, or turns out, to be too long", async () => {
  const stream = () => new Blob(["eleven byte"]).stream();
  assertEquals(
    await statusOf(readBody(request(stream(), { "content-length": "11" }), LIMITS)),
    413,
  );
  assertEquals(await statusOf(readBody(request(stream()), LIMITS)), 413);
});

Deno.test("readBody() waits no longer than is allowed", async () => {
  assertEquals(await statusOf(readBody(request(new ReadableStream()), LIMITS)), 408);
});

Deno.test("readBody() says that a body broke off", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  assertEquals(await statusOf(readBody(request(broken), LIMITS)), 400);
});

Deno.test("readJson() refuses what is no JSON", async () => {
  for (const text of ["", "{", "NaN", "\xff"]) {
    assertEquals(await statusOf(readJson(request(text), LIMITS)), 400, text);
  }
});
