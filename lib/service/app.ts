/** The service's router: who may ask, and what every request goes through. */

import { type Context, Hono, type MiddlewareHandler, type Next } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { getMimeType, mimes } from "hono/utils/mime";
import type { readPage } from "./page_files.ts";
import { createRoutes } from "./routes.ts";

type Parts = Parameters<typeof createRoutes>[0];

/** What the service is made of. */
interface AppOptions extends Parts {
  guests?: Guests;
  page: Awaited<ReturnType<typeof readPage>>;
  /** Told of every request that was answered. */
  log?: (entry: Record<string, unknown>) => void;
}

/** Names and pages that are let in besides the usual ones. */
interface Guests {
  /** Names by which the service may be asked for, besides `localhost` and addresses. */
  hosts?: string[];
  /** Pages of others that may ask, as `https://example.org`. */
  origins?: string[];
}

/** No script, WASM, style or picture but the service's own, in nobody's frame. */
const HEADERS = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "blob:", "data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  xFrameOptions: "DENY",
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

const NOT_FOUND = "Expected an address that GET /docs lists";

/** Makes the service's router: what answers requests. */
export function createApp({ page, guests = {}, log, ...parts }: AppOptions) {
  const app = new Hono();
  const routes = createRoutes(parts);
  for (const [name, read] of page) {
    const type = getMimeType(name, { ...mimes, svg: "image/svg+xml" })!;
    const headers = { "content-type": type, "cache-control": "no-cache" };
    routes.push({
      method: "GET",
      path: name === "index.html" ? "/" : `/${name}`,
      answer: async (c) => c.body(await read(), 200, headers),
    });
  }
  app.use(
    record(new Set(routes.map(({ path }) => path)), parts.metrics, log),
    HEADERS,
    ...guard(guests),
    sayWhenToComeBack,
    methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }),
  );
  for (const { method, path, answer } of routes) {
    app.on(method, path, async (c) => {
      const answered = await answer(c);
      return answered instanceof Response ? answered : c.json(answered);
    });
  }
  app.notFound((c) => c.json({ error: NOT_FOUND }, 404));
  app.onError(answerError);
  const message = "Expected the Host header to be a name or an address, with a port or without";
  const refusing = new Hono().use(HEADERS).all("*", (c) => c.json({ error: message }, 400));
  return (request: Request, info?: Deno.ServeHandlerInfo): Response | Promise<Response> =>
    // An address that cannot be read has no path to look up.
    hasAddress(request) ? app.fetch(request, info) : refusing.request("/");
}

/** Whether the address of a request can be read: a name with a blank in it cannot. */
function hasAddress(request: Request): boolean {
  try {
    return URL.canParse(request.url);
  } catch {
    return false;
  }
}

/** An address as a URL has it: of version 4, or of version 6 in brackets. */
const ADDRESS = /^(\d+(\.\d+){3}|\[[\da-f:.]+\])$/i;

/**
 * Refuses requests for a name that is not the service's: a page whose name was made to lead here (DNS
 * rebinding) is one. An address cannot be made to. Refuses requests, other than to read, that a browser sends
 * for another page: the same host at another port is another page. Browsers may read answers for the pages of
 * others that are let in.
 */
function guard({ hosts = [], origins = [] }: Guests): MiddlewareHandler[] {
  const names = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);
  const refuse: MiddlewareHandler = async (c, next) => {
    const { hostname, host } = new URL(c.req.url);
    if (!names.has(hostname) && !ADDRESS.test(hostname)) {
      const message =
        `Expected a request for a name of this service but found ${hostname}: serve --allow-host lets it in`;
      throw new HTTPException(403, { message });
    }
    const origin = c.req.header("origin");
    const isOwn = origin === undefined
      ? c.req.header("sec-fetch-site") !== "cross-site"
      : origins.includes(origin) || URL.canParse(origin) && new URL(origin).host === host;
    if (!isOwn && !["GET", "HEAD", "OPTIONS"].includes(c.req.method)) {
      const message = "Expected a request of this service's own page: serve --cors lets others in";
      throw new HTTPException(403, { message });
    }
    await next();
  };
  const allowMethods = ["GET", "POST", "DELETE"];
  return origins.length > 0 ? [refuse, cors({ origin: origins, allowMethods })] : [refuse];
}

/** Counts and logs every request. */
function record(
  paths: Set<string>,
  metrics: Parts["metrics"],
  log: AppOptions["log"],
): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const milliseconds = performance.now() - started;
    const { method, path, url } = c.req;
    const { status } = c.res;
    const isKnown = status !== 404 && status !== 405;
    const route = paths.has(path) ? path : "other";
    metrics.request(route, isKnown ? method : "other", status, milliseconds);
    log?.({
      method,
      path: new URL(url).pathname,
      status,
      milliseconds: Math.round(milliseconds * 10) / 10,
      error: status === 404 ? NOT_FOUND : c.error?.message,
    });
  };
}

async function sayWhenToComeBack(c: Context, next: Next): Promise<void> {
  await next();
  if (c.res.status === 503) c.header("retry-after", "1");
}

function refuseMethod(c: Context, methods: string[]): never {
  const allowed = methods.filter((method) => method !== "HEAD");
  c.header("allow", allowed.join(", "));
  const message = `Expected ${allowed.join(" or ")} but found ${c.req.method}`;
  throw new HTTPException(405, { message });
}

/** Says in one sentence why a request is no success. */
function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  if (error.name === "Unavailable") return c.json({ error: error.message }, 503);
  return c.json({ error: "Expected to answer but the service failed" }, 500);
}
