import { assert, assertEquals } from "@std/assert";
import { load } from "../../lib/study/bench/load.ts";

Deno.test("load() asks in turn, no more often than it should, and counts what is right and what is not", async () => {
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.text();
      asked.push(`${new URL(request.url).pathname} ${request.headers.get("content-type")} ${body}`);
      const status = { right: 200, refused: 413, broken: 500 }[body];
      return new Response("", { status, headers: { "content-length": "0" } });
    },
  );
  const questions = {
    path: "/ask",
    bodies: ["right", new TextEncoder().encode("refused"), "broken"],
    type: "text/plain",
    clients: 1,
    every: 20,
    right: [200, 413],
  };
  const { answered, failed } = await load(
    `http://127.0.0.1:${server.addr.port}`,
    questions,
    0.5,
  );
  assertEquals(
    asked.slice(0, 3),
    ["right", "refused", "broken"].map((body) => `/ask text/plain ${body}`),
  );
  assertEquals(answered + failed, asked.length);
  assertEquals(failed, Math.floor(asked.length / 3));
  assert(asked.length <= 26, `${asked.length} questions`);
});
