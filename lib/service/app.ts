/** The service's router: what every request goes through. */

import { type Context, Hono, type MiddlewareHandler, type Next } from "hono";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { Limits } from "./body.ts";
import { guard } from "./guard.ts";
import { bundlePrograms, type PageFile } from "./page_files.ts";
import { createRoutes, type Parts } from "./routes.ts";
import { Unavailable } from "./worker_pool.ts";

/** What the service is made of. */
export interface AppOptions extends Omit<Parts, "limits"> {
  limits?: Partial<Limits>;
  guests?: Parameters<typeof guard>[0];
  page: Map<string, PageFile>;
  /** Told of every request that was answered. */
  log?: (entry: Record<string, unknown>) => void;
}

const LIMITS: Limits = {
  jsonBytes: 4 * 2 ** 20,
  pictureBytes: 16 * 2 ** 20,
  bodyMilliseconds: 15_000,
};

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

/** Makes the service's router, which answers requests by `app.fetch`. */
export function createApp({ page, limits, guests = {}, log, ...parts }: AppOptions): Hono {
  const app = new Hono();
  const routes = createRoutes({ ...parts, limits: { ...LIMITS, ...limits } });
  const files = new Map([...page, programFile("finder"), programFile("teacher")]);
  for (const [name, { type, read }] of files) {
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
  for (const { method, path, answer } of routes) app.on(method, path, answer);
  app.notFound((c) => c.json({ error: NOT_FOUND }, 404));
  app.onError(answerError);
  return app;
}

/** Answers a request; one whose address cannot be read has no path to look up. */
export async function answer(
  app: Hono,
  request: Request,
  info: Deno.ServeHandlerInfo,
): Promise<Response> {
  if (hasAddress(request)) return await app.fetch(request, info);
  const message = "Expected the Host header to be a name or an address, with a port or without";
  const refusing = new Hono().use(HEADERS).all("*", (c) => c.json({ error: message }, 400));
  return await refusing.request("/");
}

/** Whether the address of a request can be read: a name with a blank in it cannot. */
function hasAddress(request: Request): boolean {
  try {
    return URL.canParse(request.url);
  } catch {
    return false;
  }
}

/** A program that the page runs beside itself, to find what is drawn and to learn; bundled when it is asked for. */
function programFile(name: string): [string, PageFile] {
  let program: Promise<string> | undefined;
  return [`${name}.js`, {
    type: "text/javascript; charset=utf-8",
    read() {
      program ??= bundlePrograms(`${name}.ts`).then((files) => files.get(`${name}.js`)!);
      program.catch(() => program = undefined);
      return program;
    },
  }];
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
    metrics.request(
      paths.has(path) ? path : "other",
      isKnown ? method : "other",
      status,
      milliseconds,
    );
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
  throw new HTTPException(405, {
    message: `Expected ${allowed.join(" or ")} but found ${c.req.method}`,
  });
}

/** Says in one sentence why a request is no success. */
function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  if (error instanceof Unavailable) return c.json({ error: error.message }, 503);
  return c.json({ error: "Expected to answer but the service failed" }, 500);
}
