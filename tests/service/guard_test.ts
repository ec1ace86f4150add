import { assert, assertEquals } from "@std/assert";
import { Metrics } from "../../lib/service/metrics.ts";
import type { ReaderPool } from "../../lib/service/reader_pool.ts";
import { appOf } from "./test_app.ts";

const PAGE = "https://school.example";

type Guests = Parameters<typeof appOf>[0]["guests"];

/** A router without models, of which nothing is asked that needs one. */
const routerFor = (guests: Guests) =>
  appOf({
    pool: {} as ReaderPool,
    cards: {},
    metrics: new Metrics(),
    page: new Map(),
    guests,
  });

async function ask(
  url: string,
  headers: Record<string, string>,
  guests: Guests = {},
  method = "DELETE",
) {
  const response = await routerFor(guests).request(`${url}samples`, { method, headers });
  await response.body?.cancel();
  return [response.status, response.headers.get("access-control-allow-origin")];
}

for (
  const [who, url, headers, status, guests] of [
    ["a program by address", "http://192.168.0.7:8000/", {}, 200, {}],
    ["a program by an address of version 6", "http://[::1]:8000/", {}, 200, {}],
    ["the own page", "http://localhost:8000/", { origin: "http://localhost:8000" }, 200, {}],
    [
      "the same host at another port",
      "http://localhost:8000/",
      { origin: "http://localhost:9000" },
      403,
      {},
    ],
    ["another site's page", "http://localhost/", { origin: PAGE }, 403, {}],
    ["a page without an origin of its own", "http://localhost/", { origin: "null" }, 403, {}],
    [
      "another site's page by an old browser",
      "http://localhost/",
      { "sec-fetch-site": "cross-site" },
      403,
      {},
    ],
    [
      "a name that was made to lead here",
      "http://evil.example/",
      { origin: "http://evil.example" },
      403,
      {},
    ],
    ["a name that is allowed", "http://teacher.local/", { origin: "http://teacher.local" }, 200, {
      hosts: ["Teacher.local"],
    }],
    ["a page that is let in", "http://localhost/", { origin: PAGE }, 200, { origins: [PAGE] }],
  ] as [string, string, Record<string, string>, number, Guests][]
) {
  Deno.test(`createApp() answers ${who} with ${status}`, async () => {
    const [found, allowed] = await ask(url, headers, guests);
    assertEquals([found, allowed], [status, guests?.origins ? PAGE : null]);
  });
}

Deno.test("createApp() lets nobody read by a name that was made to lead here, and everybody's browser load the page", async () => {
  assertEquals((await ask("http://evil.example/", {}, {}, "GET"))[0], 403);
  assertEquals(
    (await ask("http://localhost/", { "sec-fetch-site": "cross-site" }, {}, "GET"))[0],
    200,
  );
});

Deno.test("createApp() lets a page that may keep samples take them back", async () => {
  const app = routerFor({ origins: [PAGE] });
  const headers = { origin: PAGE, "access-control-request-method": "DELETE" };
  const answer = await app.request("http://localhost/samples", { method: "OPTIONS", headers });
  assert(answer.headers.get("access-control-allow-methods")?.split(",").includes("DELETE"));
});
